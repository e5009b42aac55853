/** Rows that stay where they are while somebody works with them, though the list goes on. */
export interface HeldRows< T > {
	readonly rows: readonly T[];
	/** Rows of the fresh list that are not shown. */
	readonly waiting: number;
	/** Ids of shown rows that the fresh list no longer has. */
	readonly gone: ReadonlySet< number >;
}

/** The shown rows in their order, each as fresh as it is known. */
export function holdRows< T extends { readonly id: number } >(
	shown: readonly T[],
	fresh: readonly T[]
): HeldRows< T > {
	const byId = new Map( fresh.map( ( row ) => [ row.id, row ] ) );
	const shownIds = new Set( shown.map( ( { id } ) => id ) );
	return {
		rows: shown.map( ( row ) => byId.get( row.id ) ?? row ),
		waiting: fresh.filter( ( { id } ) => ! shownIds.has( id ) ).length,
		gone: new Set( [ ...shownIds ].filter( ( id ) => ! byId.has( id ) ) ),
	};
}
