import type { View } from '@wordpress/dataviews';

/** What a person chose to keep: columns, their order, rows a page, density. Search, filters and page are of the moment. */
type Kept = Pick< View, 'fields' | 'perPage' | 'sort' > & {
	readonly density?: string;
};

export type Shelf = Pick< Storage, 'getItem' | 'setItem' | 'removeItem' >;

const key = ( list: string ) => `portcullis-view-${ list }`;
const densities = [ 'compact', 'balanced', 'comfortable' ];

/**
 * The start view with what was kept; unreadable or outdated things are left aside.
 * @param shelf   where it is kept
 * @param list    the list's name
 * @param start   the view of a first visit
 * @param columns the columns that there are
 */
export function recallView(
	shelf: Shelf,
	list: string,
	start: View,
	columns: readonly string[]
): View {
	const kept = read( shelf, list );
	if ( kept === null || start.type !== 'table' ) {
		return start;
	}
	const fields = Array.isArray( kept.fields )
		? kept.fields.filter( ( field ) => columns.includes( field ) )
		: start.fields;
	return {
		...start,
		fields,
		perPage:
			Number.isInteger( kept.perPage ) &&
			kept.perPage! >= 1 &&
			kept.perPage! <= 100
				? kept.perPage
				: start.perPage,
		sort:
			typeof kept.sort?.field === 'string' &&
			[ 'asc', 'desc' ].includes( kept.sort.direction )
				? kept.sort
				: start.sort,
		layout: {
			...start.layout,
			density: densities.includes( kept.density ?? '' )
				? ( kept.density as 'compact' )
				: start.layout?.density,
		},
	};
}

export function keepView( shelf: Shelf, list: string, view: View ): void {
	const density =
		view.type === 'table' && view.layout?.density
			? { density: view.layout.density }
			: {};
	const { fields, perPage, sort } = view;
	const kept: Kept = { fields, perPage, sort, ...density };
	try {
		shelf.setItem( key( list ), JSON.stringify( kept ) );
	} catch {
		// The browser keeps nothing, or the shelf is full: the next visit begins with the standard view.
	}
}

export function forgetView( shelf: Shelf, list: string ): void {
	try {
		shelf.removeItem( key( list ) );
	} catch {
		// As above.
	}
}

function read( shelf: Shelf, list: string ): Partial< Kept > | null {
	try {
		const kept: unknown = JSON.parse( shelf.getItem( key( list ) ) ?? '' );
		return typeof kept === 'object' ? kept : null;
	} catch {
		return null;
	}
}
