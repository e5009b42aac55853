/** Rows that stay where they are while somebody works with them, though the list goes on. */
export interface HeldRows< T > {
	readonly rows: readonly T[];
	/** Rows of the fresh list that are not shown. */
	readonly waiting: number;
	/** Ids of shown rows that the fresh list no longer has. */
	readonly gone: ReadonlySet< number >;
}

/**
 * The shown rows in their order, each as fresh as it is known.
 * @param shown   rows on the screen
 * @param fresh   the list as it is now
 * @param settled ids of rows that the person is done with: they go when the list no longer has them
 */
export function holdRows< T extends { readonly id: number } >(
	shown: readonly T[],
	fresh: readonly T[],
	settled: ReadonlySet< string >
): HeldRows< T > {
	const byId = new Map( fresh.map( ( row ) => [ row.id, row ] ) );
	const kept = shown.filter(
		( { id } ) => byId.has( id ) || ! settled.has( String( id ) )
	);
	const shownIds = new Set( kept.map( ( { id } ) => id ) );
	return {
		rows: kept.map( ( row ) => byId.get( row.id ) ?? row ),
		waiting: fresh.filter( ( { id } ) => ! shownIds.has( id ) ).length,
		gone: new Set( [ ...shownIds ].filter( ( id ) => ! byId.has( id ) ) ),
	};
}
