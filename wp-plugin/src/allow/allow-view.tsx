import { Button } from '@wordpress/components';
import { DataViews, filterSortAndPaginate } from '@wordpress/dataviews/wp';
import type { Action, Field, View } from '@wordpress/dataviews';
import { useMemo, useState } from '@wordpress/element';
import { __ } from '@wordpress/i18n';
import { rightsOf } from '../bans/rights.ts';
import { Skeleton } from '../bans/skeleton.tsx';
import { disallowDeed } from '../deeds/ban-deeds.ts';
import { useDeferral } from '../deeds/deferral.tsx';
import { Address } from '../parts/address.tsx';
import { Moment } from '../parts/moment.tsx';
import { Named } from '../parts/named.tsx';
import { Trouble } from '../parts/trouble.tsx';
import { useAllowed, useSite } from '../queries.ts';
import { useListView } from '../query/use-list-view.ts';
import { useSurroundings } from '../surroundings.ts';
import type { AllowEntry } from '../wire.ts';
import { visible } from '../words/visible.ts';
import { AddAddress } from './add-address.tsx';

const columns = [ 'ip', 'until', 'note', 'added_at', 'added_by' ];
const standard: View = {
	type: 'table',
	search: '',
	filters: [],
	page: 1,
	perPage: 20,
	sort: { field: 'added_at', direction: 'desc' },
	titleField: 'ip',
	fields: [ 'note', 'until', 'added_at', 'added_by' ],
	layout: { density: 'compact' },
};

type Render = { readonly item: AllowEntry };
const entryFields = (): Field< AllowEntry >[] => [
	{
		id: 'ip',
		label: __( 'Address', 'portcullis' ),
		enableHiding: false,
		enableGlobalSearch: true,
		filterBy: false,
		render: ( { item }: Render ) => <Address ip={ item.ip } />,
	},
	{
		id: 'note',
		label: __( 'Note', 'portcullis' ),
		enableGlobalSearch: true,
		filterBy: false,
		render: ( { item }: Render ) => (
			<bdi>{ visible( item.note, 500 ) }</bdi>
		),
	},
	{
		id: 'until',
		label: __( 'Ends', 'portcullis' ),
		filterBy: false,
		getValue: ( { item } ) => item.until ?? '9999',
		render: ( { item }: Render ) =>
			item.until === null ? (
				<span>{ __( 'Never by itself', 'portcullis' ) }</span>
			) : (
				<Moment at={ item.until } />
			),
	},
	{
		id: 'added_at',
		label: __( 'Added', 'portcullis' ),
		filterBy: false,
		render: ( { item }: Render ) => <Moment at={ item.added_at } past />,
	},
	{
		id: 'added_by',
		label: __( 'By', 'portcullis' ),
		filterBy: false,
		render: ( { item }: Render ) => <bdi>{ visible( item.added_by ) }</bdi>,
	},
];

/** Addresses that are not banned for this site's failures. */
export function AllowView() {
	const { settings, api } = useSurroundings();
	const { data: site } = useSite();
	const allowed = useAllowed();
	const { defer, busy } = useDeferral();
	const { view, setView, onReset, layouts } = useListView(
		'allow',
		standard,
		columns
	);
	const [ isAdding, setAdding ] = useState( false );
	const fields = useMemo( entryFields, [] );
	const rights = rightsOf( settings.capabilities, site );
	const actions: Action< AllowEntry >[] = [
		{
			id: 'remove',
			label: __( 'Remove', 'portcullis' ),
			supportsBulk: true,
			// An entry without site holds for the whole host: its administrator's own.
			isEligible: ( entry ) =>
				rights.allow &&
				entry.site !== null &&
				! busy.has( String( entry.id ) ),
			callback: ( entries ) => defer( disallowDeed( api, entries ) ),
		},
	];
	if ( allowed.isPending ) {
		return <Skeleton rows={ 4 } />;
	}
	if ( ! allowed.data ) {
		return <Trouble error={ allowed.error } retry={ allowed.refetch } />;
	}
	const { data, paginationInfo } = filterSortAndPaginate(
		[ ...allowed.data.items ],
		view,
		fields
	);
	return (
		<Named label={ __( 'Allow list', 'portcullis' ) }>
			{ allowed.error && (
				<Trouble
					error={ allowed.error }
					heardAt={ allowed.dataUpdatedAt }
					retry={ allowed.refetch }
				/>
			) }
			{ isAdding && <AddAddress close={ () => setAdding( false ) } /> }
			<DataViews< AllowEntry >
				data={ data }
				fields={ fields }
				view={ view }
				onChangeView={ setView }
				actions={ actions }
				getItemId={ ( { id } ) => String( id ) }
				defaultLayouts={ layouts }
				paginationInfo={ paginationInfo }
				searchLabel={ __( 'Search', 'portcullis' ) }
				empty={
					<p>{ __( 'No address is allowed.', 'portcullis' ) }</p>
				}
				onReset={ onReset }
				header={
					rights.allow ? (
						<Button
							variant="primary"
							size="compact"
							onClick={ () => setAdding( true ) }
						>
							{ __( 'Allow an address', 'portcullis' ) }
						</Button>
					) : null
				}
			/>
		</Named>
	);
}
