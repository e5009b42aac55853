import type { Filter, View } from '@wordpress/dataviews';

export const tabs = [
	'bans',
	'overview',
	'history',
	'allow',
	'requests',
] as const;
export type Tab = ( typeof tabs )[ number ];

export const ranges = [ '24h', '7d', '30d' ] as const;
export type Range = ( typeof ranges )[ number ];

/** Where in the panel somebody is: all of it is in the address, so that it can be shared and the back button works. */
export interface Place {
	readonly tab: Tab;
	/** The ban whose details are open. */
	readonly ban: number | null;
	readonly range: Range;
}

/** Parameters of the panel. WordPress owns `page` and whatever else is there. */
const names = [
	'tab',
	'ban',
	'range',
	's',
	'paged',
	'per_page',
	'orderby',
	'order',
	'filter',
] as const;

const oneOf = < T extends string >(
	words: readonly T[],
	word: string | null
): T => words.find( ( one ) => one === word ) ?? words[ 0 ]!;

const whole = (
	text: string | null,
	min: number,
	max: number
): number | undefined => {
	const value = Number( text );
	return text !== null &&
		Number.isInteger( value ) &&
		value >= min &&
		value <= max
		? value
		: undefined;
};

export const readPlace = ( params: URLSearchParams ): Place => ( {
	tab: oneOf( tabs, params.get( 'tab' ) ),
	ban: whole( params.get( 'ban' ), 1, Number.MAX_SAFE_INTEGER ) ?? null,
	range: oneOf( ranges, params.get( 'range' ) ),
} );

/** The view of a list as the address tells it; what it leaves out is as in `start`. */
export function readView( params: URLSearchParams, start: View ): View {
	const orderby = params.get( 'orderby' );
	const filters = params.getAll( 'filter' ).flatMap( parseFilter );
	return {
		...start,
		search: params.get( 's' )?.slice( 0, 200 ) ?? start.search,
		page: whole( params.get( 'paged' ), 1, 1e6 ) ?? start.page,
		perPage: whole( params.get( 'per_page' ), 1, 100 ) ?? start.perPage,
		sort:
			orderby === null
				? start.sort
				: {
						field: orderby,
						direction:
							params.get( 'order' ) === 'asc' ? 'asc' : 'desc',
					},
		filters: params.has( 'filter' ) ? filters : start.filters,
	};
}

/**
 * The address's parameters with place and view in it: only what differs from `start`, the view without parameters.
 */
export function writeAddress(
	params: URLSearchParams,
	place: Place,
	view: View,
	start: View
): URLSearchParams {
	const written = new URLSearchParams( params );
	names.forEach( ( name ) => written.delete( name ) );
	const set = (
		name: ( typeof names )[ number ],
		value: string | number | undefined | null,
		standard: unknown
	) => {
		if ( value !== standard && value !== undefined && value !== null ) {
			written.set( name, String( value ) );
		}
	};
	set( 'tab', place.tab, tabs[ 0 ] );
	set( 'ban', place.ban, null );
	set( 'range', place.range, ranges[ 0 ] );
	set( 's', view.search ?? '', start.search ?? '' );
	set( 'paged', view.page, 1 );
	set( 'per_page', view.perPage, start.perPage );
	if (
		view.sort !== undefined &&
		( view.sort.field !== start.sort?.field ||
			view.sort.direction !== start.sort?.direction )
	) {
		written.set( 'orderby', view.sort.field );
		written.set( 'order', view.sort.direction );
	}
	for ( const { field, operator, value } of view.filters ?? [] ) {
		if ( value !== undefined && value !== null && value !== '' ) {
			written.append(
				'filter',
				`${ field }:${ operator }:${ JSON.stringify( value ) }`
			);
		}
	}
	return written;
}

function parseFilter( text: string ): Filter[] {
	const [ , field, operator, json ] =
		/^([a-z_]{1,40}):([A-Za-z]{1,40}):(.{1,2000})$/s.exec( text ) ?? [];
	try {
		return field === undefined || json === undefined
			? []
			: [
					{
						field,
						operator: operator as Filter[ 'operator' ],
						value: JSON.parse( json ),
					},
				];
	} catch {
		return [];
	}
}
