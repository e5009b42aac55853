import { useEffect, useState } from '@wordpress/element';

/**
 * Whether the focus is inside of a part of the element.
 * @param place a reference to the element
 * @param part  a selector
 */
export function useFocusWithin(
	place: { readonly current: HTMLElement | null },
	part: string
): boolean {
	const [ isWithin, setWithin ] = useState( false );
	useEffect( () => {
		const look = () => {
			const active = place.current?.ownerDocument.activeElement ?? null;
			const isInside = place.current?.contains( active ) ?? false;
			setWithin( isInside && active?.closest( part ) !== null );
		};
		document.addEventListener( 'focusin', look );
		document.addEventListener( 'focusout', look );
		return () => {
			document.removeEventListener( 'focusin', look );
			document.removeEventListener( 'focusout', look );
		};
	}, [ place, part ] );
	return isWithin;
}
