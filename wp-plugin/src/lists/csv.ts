import { visible } from '../words/visible.ts';

/** Spreadsheets take these for the beginning of a formula. */
const formula = /^[=+\-@\t\r]/;

function cell( value: string | number | null ): string {
	if ( typeof value === 'number' ) {
		return String( value );
	}
	const text = visible( value ?? '', 32_000 );
	return `"${ ( formula.test( text ) ? `'${ text }` : text ).replaceAll(
		'"',
		'""'
	) }"`;
}

/** RFC 4180. No cell can be a formula; control characters are spelled out. */
export function toCsv< T >(
	columns: Readonly<
		Record< string, ( item: T ) => string | number | null >
	>,
	items: readonly T[]
): string {
	const lines = [
		Object.keys( columns ).map( cell ),
		...items.map( ( item ) =>
			Object.values( columns ).map( ( read ) => cell( read( item ) ) )
		),
	];
	return lines.map( ( line ) => `${ line.join( ',' ) }\r\n` ).join( '' );
}
