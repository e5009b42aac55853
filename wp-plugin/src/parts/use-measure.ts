import { useEffect, useState, useSyncExternalStore } from '@wordpress/element';

/** Whether a media query holds. */
export function useMedia( query: string ): boolean {
	return useSyncExternalStore(
		( listener ) => {
			const media = window.matchMedia( query );
			media.addEventListener( 'change', listener );
			return () => media.removeEventListener( 'change', listener );
		},
		() => window.matchMedia( query ).matches
	);
}

/** The width of an element in pixels, as it changes; `first` until it is known. */
export function useWidth(
	place: { readonly current: Element | null },
	first: number
): number {
	const [ width, setWidth ] = useState( first );
	useEffect( () => {
		const { current } = place;
		if ( current === null ) {
			return undefined;
		}
		const observer = new ResizeObserver( ( [ entry ] ) => {
			if ( entry !== undefined && entry.contentRect.width > 0 ) {
				setWidth( Math.round( entry.contentRect.width ) );
			}
		} );
		observer.observe( current );
		return () => observer.disconnect();
	}, [ place ] );
	return width;
}
