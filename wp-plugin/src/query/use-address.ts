import { useCallback, useSyncExternalStore } from '@wordpress/element';

const changed = 'portcullis:address';

const subscribe = ( listener: () => void ) => {
	window.addEventListener( 'popstate', listener );
	window.addEventListener( changed, listener );
	return () => {
		window.removeEventListener( 'popstate', listener );
		window.removeEventListener( changed, listener );
	};
};

/**
 * The parameters of the page's address, and how to change them.
 * `step` adds an entry to the browser's history; typing and sorting do not.
 */
export function useAddress() {
	const search = useSyncExternalStore(
		subscribe,
		() => window.location.search
	);
	const change = useCallback( ( params: URLSearchParams, step: boolean ) => {
		const address = `${ window.location.pathname }?${ params }`;
		if ( `?${ params }` === window.location.search ) {
			return;
		}
		if ( step ) {
			window.history.pushState( null, '', address );
		} else {
			window.history.replaceState( null, '', address );
		}
		window.dispatchEvent( new Event( changed ) );
	}, [] );
	return { search, change };
}
