import type { Filter, View } from '@wordpress/dataviews';
import { useCallback, useMemo, useState } from '@wordpress/element';
import { forgetView, keepView, recallView, type Shelf } from './kept-view.ts';
import { readPlace, readView, writeAddress } from './place.ts';
import { useMedia } from '../parts/use-measure.ts';
import { useAddress } from './use-address.ts';
import {
	fromShape,
	isBegun,
	isModified,
	shapeFor,
	withFilters,
} from './view-shape.ts';

/** Where nothing can be kept, as in a private window. */
const noShelf: Shelf = {
	getItem: () => null,
	setItem: () => undefined,
	removeItem: () => undefined,
};

function browserShelf(): Shelf {
	try {
		return window.localStorage;
	} catch {
		return noShelf;
	}
}

/**
 * The view of a list: what the address says, then what this browser kept, then the standard.
 * @param list     the list's name
 * @param standard the view of a first visit
 * @param columns  the columns that there are
 */
export function useListView(
	list: string,
	standard: View,
	columns: readonly string[]
) {
	const { search, change } = useAddress();
	const [ shelf ] = useState( browserShelf );
	const [ chosen, setChosen ] = useState( () =>
		recallView( shelf, list, standard, columns )
	);
	// DataViews adds a filter before it has a value; the address has none of these.
	const [ begun, setBegun ] = useState< readonly Filter[] >( [] );
	const view = useMemo(
		() =>
			withFilters(
				readView( new URLSearchParams( search ), chosen ),
				begun
			),
		[ search, chosen, begun ]
	);
	const isNarrow = useMedia( '(max-width: 600px)' );
	const setView = useCallback(
		( shaped: View ) => {
			const next = fromShape( shaped, view );
			keepView( shelf, list, next );
			setBegun( ( next.filters ?? [] ).filter( isBegun ) );
			// Search, filters and page are in the address alone.
			setChosen(
				( known ) =>
					( {
						...known,
						type: next.type,
						fields: next.fields,
						perPage: next.perPage,
						sort: next.sort,
						layout: next.layout,
					} ) as View
			);
			const params = new URLSearchParams( window.location.search );
			change(
				writeAddress( params, readPlace( params ), next, standard ),
				next.page !== view.page
			);
		},
		[ shelf, list, change, standard, view ]
	);
	const reset = useCallback( () => {
		forgetView( shelf, list );
		setChosen( standard );
		setBegun( [] );
		const params = new URLSearchParams( window.location.search );
		change(
			writeAddress( params, readPlace( params ), standard, standard ),
			false
		);
	}, [ shelf, list, standard, change ] );
	return {
		view: useMemo( () => shapeFor( view, isNarrow ), [ view, isNarrow ] ),
		setView,
		onReset: isModified( view, standard ) ? reset : ( false as const ),
		layouts: isNarrow
			? { activity: true as const }
			: { table: true as const },
	};
}
