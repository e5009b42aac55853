import {
	createContext,
	useContext,
	useEffect,
	useState,
} from '@wordpress/element';
import type { ReactNode } from 'react';

const NowContext = createContext( 0 );

/** The time, in steps of 5 s while the page is visible: what it says about time stays true. */
export function NowProvider( { children }: { readonly children: ReactNode } ) {
	const [ now, setNow ] = useState( Date.now );
	useEffect( () => {
		const tick = () => {
			if ( document.visibilityState === 'visible' ) {
				setNow( Date.now() );
			}
		};
		const timer = setInterval( tick, 5_000 );
		document.addEventListener( 'visibilitychange', tick );
		return () => {
			clearInterval( timer );
			document.removeEventListener( 'visibilitychange', tick );
		};
	}, [] );
	return (
		<NowContext.Provider value={ now }>{ children }</NowContext.Provider>
	);
}

export const useNow = (): number => useContext( NowContext );
