import { useEffect, useRef } from '@wordpress/element';

/** Puts the focus into the first field of a form that appears: what opened it may be gone. */
export function useFirstField() {
	const form = useRef< HTMLFormElement >( null );
	useEffect( () => {
		form.current
			?.querySelector< HTMLElement >( 'input, select, textarea' )
			?.focus();
	}, [] );
	return form;
}
