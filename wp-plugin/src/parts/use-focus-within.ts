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
		const look = ( event: FocusEvent ) => {
			// Between two elements nothing has the focus: what counts is where it goes.
			const goal =
				event.type === 'focusout' ? event.relatedTarget : event.target;
			const active = goal ?? place.current?.ownerDocument.activeElement;
			setWithin(
				active instanceof Element &&
					( place.current?.contains( active ) ?? false ) &&
					active.closest( part ) !== null
			);
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
