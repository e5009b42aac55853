/**
 * Puts text on the clipboard. Pages without TLS have no Clipboard API: the older way is tried then.
 * @param text what to copy
 * @return whether it is there
 */
export async function copyText( text: string ): Promise< boolean > {
	try {
		await navigator.clipboard.writeText( text );
		return true;
	} catch {
		return copyBySelection( text );
	}
}

function copyBySelection( text: string ): boolean {
	const { activeElement } = document;
	const field = document.createElement( 'textarea' );
	field.value = text;
	field.style.position = 'fixed';
	field.style.opacity = '0';
	document.body.append( field );
	field.select();
	const copied = document.execCommand( 'copy' );
	field.remove();
	if ( activeElement instanceof HTMLElement ) {
		activeElement.focus();
	}
	return copied;
}
