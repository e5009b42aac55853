import { addFilter } from '@wordpress/hooks';
import { __, _n, _x } from '@wordpress/i18n';

/**
 * What DataViews itself says, in English, and how our own translation says it. DataViews is bundled and asks for core's text
 * domain, which has these texts only where core uses DataViews, too.
 */
const texts: Readonly< Record< string, () => string > > = {
	'%1$s: %2$s': () =>
		/* translators: 1: name of a filter, 2: its value */
		__( '%1$s: %2$s', 'portcullis' ),
	'<Name>%1$s includes: </Name><Value>%2$s</Value>': () =>
		/* translators: 1: name of a filter, 2: its value. Keep the tags. */
		__( '<Name>%1$s includes: </Name><Value>%2$s</Value>', 'portcullis' ),
	'<Name>%1$s is after: </Name><Value>%2$s</Value>': () =>
		/* translators: 1: name of a filter, 2: its value. Keep the tags. */
		__( '<Name>%1$s is after: </Name><Value>%2$s</Value>', 'portcullis' ),
	'<Name>%1$s is before: </Name><Value>%2$s</Value>': () =>
		/* translators: 1: name of a filter, 2: its value. Keep the tags. */
		__( '<Name>%1$s is before: </Name><Value>%2$s</Value>', 'portcullis' ),
	'<Name>%1$s is over: </Name><Value>%2$s</Value>': () =>
		/* translators: 1: name of a filter, 2: its value. Keep the tags. */
		__( '<Name>%1$s is over: </Name><Value>%2$s</Value>', 'portcullis' ),
	'<Name>%1$s is: </Name><Value>%2$s</Value>': () =>
		/* translators: 1: name of a filter, 2: its value. Keep the tags. */
		__( '<Name>%1$s is: </Name><Value>%2$s</Value>', 'portcullis' ),
	'<Name>%1$s is in the past: </Name><Value>%2$s</Value>': () =>
		/* translators: 1: name of a filter, 2: its value. Keep the tags. */
		__(
			'<Name>%1$s is in the past: </Name><Value>%2$s</Value>',
			'portcullis'
		),
	Actions: () => __( 'Actions', 'portcullis' ),
	Activity: () => __( 'Activity', 'portcullis' ),
	'Add filter': () => __( 'Add filter', 'portcullis' ),
	After: () => __( 'After', 'portcullis' ),
	Appearance: () => __( 'Appearance', 'portcullis' ),
	Before: () => __( 'Before', 'portcullis' ),
	Cancel: () => __( 'Cancel', 'portcullis' ),
	Conditions: () => __( 'Conditions', 'portcullis' ),
	'Current page': () => __( 'Current page', 'portcullis' ),
	Days: () => __( 'Days', 'portcullis' ),
	Density: () => __( 'Density', 'portcullis' ),
	'Deselect all': () => __( 'Deselect all', 'portcullis' ),
	'Filter by: %1$s': () =>
		/* translators: %1$s: name of a column */
		__( 'Filter by: %1$s', 'portcullis' ),
	'Hide column': () => __( 'Hide column', 'portcullis' ),
	'In the past': () => __( 'In the past', 'portcullis' ),
	Includes: () => __( 'Includes', 'portcullis' ),
	'Insert left': () => __( 'Insert left', 'portcullis' ),
	'Insert right': () => __( 'Insert right', 'portcullis' ),
	Is: () => __( 'Is', 'portcullis' ),
	'Items per page': () => __( 'Items per page', 'portcullis' ),
	Layout: () => __( 'Layout', 'portcullis' ),
	'List of: %1$s': () =>
		/* translators: %1$s: name of a column */
		__( 'List of: %1$s', 'portcullis' ),
	Months: () => __( 'Months', 'portcullis' ),
	'Move left': () => __( 'Move left', 'portcullis' ),
	'Move right': () => __( 'Move right', 'portcullis' ),
	'Next page': () => __( 'Next page', 'portcullis' ),
	'No elements found': () => __( 'No elements found', 'portcullis' ),
	'No results': () => __( 'No results', 'portcullis' ),
	'No results found': () => __( 'No results found', 'portcullis' ),
	Order: () => __( 'Order', 'portcullis' ),
	Over: () => __( 'Over', 'portcullis' ),
	'Page %1$d of %2$d': () =>
		/* translators: 1: number of the page, 2: number of pages */
		__( 'Page %1$d of %2$d', 'portcullis' ),
	'Previous page': () => __( 'Previous page', 'portcullis' ),
	Properties: () => __( 'Properties', 'portcullis' ),
	Remove: () => __( 'Remove', 'portcullis' ),
	Reset: () => __( 'Reset', 'portcullis' ),
	'Reset view': () => __( 'Reset view', 'portcullis' ),
	Search: () => __( 'Search', 'portcullis' ),
	'Search items': () => __( 'Search items', 'portcullis' ),
	'Select all': () => __( 'Select all', 'portcullis' ),
	'Sort ascending': () => __( 'Sort ascending', 'portcullis' ),
	'Sort by': () => __( 'Sort by', 'portcullis' ),
	'Sort descending': () => __( 'Sort descending', 'portcullis' ),
	Table: () => __( 'Table', 'portcullis' ),
	Unit: () => __( 'Unit', 'portcullis' ),
	Weeks: () => __( 'Weeks', 'portcullis' ),
	Years: () => __( 'Years', 'portcullis' ),
};

const textsWithContext: Readonly< Record< string, () => string > > = {
	'<div>Page</div>%1$s<div>of %2$d</div>': () =>
		/* translators: 1: a field for the page’s number, 2: number of pages. Keep the tags. */
		_x( '<div>Page</div>%1$s<div>of %2$d</div>', 'paging', 'portcullis' ),
	Balanced: () =>
		_x( 'Balanced', 'Density option for DataView layout', 'portcullis' ),
	Compact: () =>
		_x( 'Compact', 'Density option for DataView layout', 'portcullis' ),
	Comfortable: () =>
		_x( 'Comfortable', 'Density option for DataView layout', 'portcullis' ),
	Filter: () => _x( 'Filter', 'verb', 'portcullis' ),
};

const plurals: Readonly< Record< string, ( count: number ) => string > > = {
	'%d Item': ( count ) =>
		/* translators: %d: number of rows */
		_n( '%d Item', '%d Items', count, 'portcullis' ),
	'%d Item selected': ( count ) =>
		/* translators: %d: number of rows */
		_n( '%d Item selected', '%d Items selected', count, 'portcullis' ),
	'%1$d of %2$d Item': ( count ) =>
		/* translators: 1: number of rows, 2: number of all rows */
		_n( '%1$d of %2$d Item', '%1$d of %2$d Items', count, 'portcullis' ),
};

const own = < A extends unknown[] >(
	table: Readonly< Record< string, ( ...given: A ) => string > >,
	text: string,
	translation: string,
	...given: A
) =>
	// Core's own translation goes first, where it has one.
	translation === text && Object.hasOwn( table, text )
		? table[ text ]!( ...given )
		: translation;

const name = 'portcullis/data-views-texts';
addFilter(
	'i18n.gettext_default',
	name,
	( translation: string, text: string ) => own( texts, text, translation )
);
addFilter(
	'i18n.gettext_with_context_default',
	name,
	( translation: string, text: string ) =>
		own( textsWithContext, text, translation )
);
addFilter(
	'i18n.ngettext_default',
	name,
	( translation: string, single: string, plural: string, count: number ) =>
		translation === single || translation === plural
			? own( plurals, single, single, count )
			: translation
);
