import { SnackbarList } from '@wordpress/components';
import {
	createContext,
	useCallback,
	useContext,
	useMemo,
	useRef,
	useState,
} from '@wordpress/element';
import type { ReactNode } from 'react';

export interface Telling {
	/** A button in the snackbar. */
	readonly action?: { readonly label: string; readonly run: () => void };
	/** Stays until it is taken back or dismissed. */
	readonly stays?: boolean;
}

interface Notices {
	/** Shows a sentence in a snackbar, which screen readers say. @return its id */
	tell: ( sentence: string, telling?: Telling ) => string;
	/** Takes a snackbar away. */
	untell: ( id: string ) => void;
	/** Whether somebody points at a snackbar or has the focus in one: it must not go away now. */
	isAttended: () => boolean;
}

const NoticesContext = createContext< Notices | null >( null );

export function useNotices(): Notices {
	const notices = useContext( NoticesContext );
	if ( notices === null ) {
		throw new Error( 'outside of NoticesProvider' );
	}
	return notices;
}

/** Snackbars that are shown at once. */
const maxShown = 5;

export function NoticesProvider( {
	children,
}: {
	readonly children: ReactNode;
} ) {
	const place = useRef< HTMLDivElement >( null );
	const told = useRef( 0 );
	const [ shown, setShown ] = useState<
		readonly ( Telling & { id: string; sentence: string } )[]
	>( [] );
	const untell = useCallback(
		( id: string ) =>
			setShown( ( all ) => all.filter( ( one ) => one.id !== id ) ),
		[]
	);
	const notices = useMemo< Notices >(
		() => ( {
			tell( sentence, telling = {} ) {
				const id = String( ++told.current );
				setShown( ( all ) => [
					...all.slice( 1 - maxShown ),
					{ id, sentence, ...telling },
				] );
				return id;
			},
			untell,
			isAttended: () =>
				place.current?.matches( ':hover, :focus-within' ) ?? false,
		} ),
		[ untell ]
	);
	return (
		<NoticesContext.Provider value={ notices }>
			{ children }
			<div ref={ place } className="portcullis-snackbars">
				<SnackbarList
					notices={ shown.map(
						( { id, sentence, action, stays } ) => ( {
							id,
							content: sentence,
							spokenMessage: sentence,
							explicitDismiss: stays ?? false,
							actions: action
								? [
										{
											label: action.label,
											onClick: action.run,
										},
									]
								: [],
						} )
					) }
					onRemove={ untell }
				/>
			</div>
		</NoticesContext.Provider>
	);
}
