import type { Filter, View } from '@wordpress/dataviews';
import type { BanQuery } from '../wire.ts';

type Filtering = Partial< BanQuery >;

const units: Readonly< Record< string, number > > = {
	days: 86_400_000,
	weeks: 7 * 86_400_000,
	months: 30 * 86_400_000,
	years: 365 * 86_400_000,
};

const instant = ( value: unknown ): string | undefined => {
	const at = typeof value === 'string' ? Date.parse( value ) : Number.NaN;
	return Number.isNaN( at ) ? undefined : new Date( at ).toISOString();
};

/** To the minute, so that the same view asks the same question for a while. */
function ago( value: unknown, now: number ): string | undefined {
	const { value: amount, unit } = ( value ?? {} ) as {
		value?: unknown;
		unit?: string;
	};
	const length = units[ unit ?? '' ];
	if ( typeof amount !== 'number' || length === undefined ) {
		return undefined;
	}
	return new Date(
		Math.floor( ( now - amount * length ) / 60_000 ) * 60_000
	).toISOString();
}

const words = ( value: unknown ): string | undefined => {
	const list = ( Array.isArray( value ) ? value : [ value ] ).filter(
		( one ) => typeof one === 'string' && one !== ''
	);
	return list.length === 0 ? undefined : list.join( ',' );
};

/** What each filter of the screen means to the daemon, by field and operator. */
const meanings: Readonly<
	Record<
		string,
		Readonly<
			Record< string, ( value: unknown, now: number ) => Filtering >
		>
	>
> = {
	state: {
		is: ( value ) => ( { state: words( value ) } ),
		isAny: ( value ) => ( { state: words( value ) } ),
	},
	sites: { is: ( value ) => ( { site: words( value ) } ) },
	jail: { is: ( value ) => ( { jail: words( value ) } ) },
	campaign: { is: ( value ) => ( { campaign: words( value ) } ) },
	covers: { is: ( value ) => ( { ip: words( value ) } ) },
	since: {
		inThePast: ( value, now ) => ( { since: ago( value, now ) } ),
		over: ( value, now ) => ( { until: ago( value, now ) } ),
		after: ( value ) => ( { since: instant( value ) } ),
		before: ( value ) => ( { until: instant( value ) } ),
	},
};

const sortable: readonly string[] = [ 'since', 'until', 'failures', 'ip' ];

const meaning = ( { field, operator, value }: Filter, now: number ) =>
	meanings[ field ]?.[ operator ]?.( value, now ) ?? {};

/** The daemon's query for a view, without paging. Filters that nobody knows ask for nothing. */
export function banQuery(
	view: View,
	standard: Filtering,
	now: number
): Filtering {
	const asked = ( view.filters ?? [] )
		.flatMap( ( filter ) => Object.entries( meaning( filter, now ) ) )
		.filter( ( [ , value ] ) => value !== undefined );
	const { field = 'since', direction = 'desc' } = view.sort ?? {};
	const sort = sortable.includes( field ) ? field : 'since';
	return {
		...standard,
		...Object.fromEntries( asked ),
		sort: `${ direction === 'desc' ? '-' : '' }${ sort }` as BanQuery[ 'sort' ],
		...( view.search ? { search: view.search.slice( 0, 200 ) } : {} ),
	};
}
