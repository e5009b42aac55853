import type { Filter, View } from '@wordpress/dataviews';

/** What of a view a person chose, comparable. */
const choice = ( view: View ) =>
	JSON.stringify( [
		view.search ?? '',
		view.filters ?? [],
		view.perPage,
		view.sort,
		view.fields,
		view.layout && 'density' in view.layout ? view.layout.density : null,
	] );

/** Whether a view is other than that of a first visit. The page does not count. */
export const isModified = ( view: View, standard: View ): boolean =>
	choice( view ) !== choice( standard );

/** On a narrow screen rows become cards: a table would show two columns of them. */
export const shapeFor = ( view: View, isNarrow: boolean ): View =>
	isNarrow
		? ( {
				...view,
				type: 'activity',
				layout: { density: 'compact' },
			} as View )
		: view;

/** The same view as it is kept: a table, with the layout that it had. */
export const fromShape = ( next: View, kept: View ): View =>
	next.type === 'activity'
		? ( { ...next, type: kept.type, layout: kept.layout } as View )
		: next;

/** Whether a filter has no value yet. */
export const isBegun = ( { value }: Filter ): boolean =>
	value === undefined || value === null || value === '';

/** The same view with filters that were begun, but for fields that have a filter with a value. */
export const withFilters = ( view: View, begun: readonly Filter[] ): View => {
	const filters = view.filters ?? [];
	const more = begun.filter(
		( { field } ) => ! filters.some( ( known ) => known.field === field )
	);
	return more.length === 0
		? view
		: ( { ...view, filters: [ ...filters, ...more ] } as View );
};
