import type { View } from '@wordpress/dataviews';

/**
 * The view of a list on a first visit: a dense table of addresses, the latest first.
 * @param latest the column of the order
 * @param fields the columns behind the address
 * @param styles of columns that are not plain text
 */
export const standardView = (
	latest: string,
	fields: readonly string[],
	styles: Record< string, { readonly align: 'end' } > = {}
): View => ( {
	type: 'table',
	search: '',
	filters: [],
	page: 1,
	perPage: 20,
	sort: { field: latest, direction: 'desc' },
	titleField: 'ip',
	fields: [ ...fields ],
	layout: { density: 'compact', styles },
} );
