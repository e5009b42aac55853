import { useEffect, useRef, useState } from '@wordpress/element';
import { type HeldRows, holdRows } from './held-rows.ts';

/**
 * Rows that do not move while `holding`; otherwise the fresh ones.
 * @param fresh   what the daemon said last
 * @param list    names list and page: another one is shown at once
 * @param holding whether somebody works with the rows
 * @param settled rows that somebody is done with
 * @return the rows, and `show`, which puts the fresh ones there nevertheless
 */
export function useHeldRows< T extends { readonly id: number } >(
	fresh: readonly T[],
	list: string,
	holding: boolean,
	settled: ReadonlySet< string >
): HeldRows< T > & { readonly show: () => void } {
	const shown = useRef( { list, rows: fresh } );
	const [ , render ] = useState( 0 );
	if (
		! holding ||
		shown.current.list !== list ||
		shown.current.rows.length === 0
	) {
		shown.current = { list, rows: fresh };
	}
	const held = holdRows( shown.current.rows, fresh, settled );
	useEffect( () => {
		shown.current = { list, rows: held.rows };
	} );
	const show = () => {
		shown.current = { list, rows: fresh };
		render( ( count ) => count + 1 );
	};
	return { ...held, show };
}
