import { DataViews, filterSortAndPaginate } from '@wordpress/dataviews/wp';
import type { Action, Field, View } from '@wordpress/dataviews';
import type { UseQueryResult } from '@tanstack/react-query';
import { __ } from '@wordpress/i18n';
import type { ReactNode } from 'react';
import { Skeleton } from '../bans/skeleton.tsx';
import { Named } from '../parts/named.tsx';
import { Trouble } from '../parts/trouble.tsx';
import { useListView } from '../query/use-list-view.ts';
import type { Page } from '../wire.ts';

/** DataViews cannot tell of a type that is a parameter what its id is. */
interface Row {
	readonly id: number;
}

interface Props< Item > {
	/** Names the list in the browser's memory. */
	readonly name: string;
	readonly label: string;
	readonly standard: View;
	readonly fields: Field< Item >[];
	readonly found: UseQueryResult< Page< Item > >;
	readonly actions?: Action< Item >[];
	readonly header?: ReactNode;
	readonly empty: string;
	/** Dialogs of the list. */
	readonly children?: ReactNode;
}

/** A list that is here as a whole: the browser searches, filters, sorts and pages. */
export function WholeList< Item extends Row >( {
	name,
	label,
	standard,
	fields,
	found,
	actions,
	header,
	empty,
	children,
}: Props< Item > ) {
	const { view, setView, onReset, layouts } = useListView(
		name,
		standard,
		fields.map( ( { id } ) => id )
	);
	if ( found.isPending ) {
		return <Skeleton rows={ 4 } />;
	}
	if ( ! found.data ) {
		return <Trouble error={ found.error } retry={ found.refetch } />;
	}
	const { data, paginationInfo } = filterSortAndPaginate(
		[ ...found.data.items ],
		view,
		fields
	);
	return (
		<Named label={ label }>
			{ found.error && (
				<Trouble
					error={ found.error }
					heardAt={ found.dataUpdatedAt }
					retry={ found.refetch }
				/>
			) }
			{ children }
			<DataViews< Row >
				data={ data }
				fields={ fields as unknown as Field< Row >[] }
				view={ view }
				onChangeView={ setView }
				actions={ ( actions ?? [] ) as unknown as Action< Row >[] }
				getItemId={ ( { id } ) => String( id ) }
				defaultLayouts={ layouts }
				paginationInfo={ paginationInfo }
				searchLabel={ __( 'Search', 'portcullis' ) }
				empty={ <p>{ empty }</p> }
				onReset={ onReset }
				header={ header }
			/>
		</Named>
	);
}
