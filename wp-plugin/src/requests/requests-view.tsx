import { DataViews, filterSortAndPaginate } from '@wordpress/dataviews/wp';
import type { Field, View } from '@wordpress/dataviews';
import { useMemo } from '@wordpress/element';
import { __ } from '@wordpress/i18n';
import { Skeleton } from '../bans/skeleton.tsx';
import { Address } from '../parts/address.tsx';
import { Moment } from '../parts/moment.tsx';
import { Named } from '../parts/named.tsx';
import { Trouble } from '../parts/trouble.tsx';
import { useRequests } from '../queries.ts';
import { useListView } from '../query/use-list-view.ts';
import type { UnbanRequest } from '../wire.ts';
import { visible } from '../words/visible.ts';

const columns = [ 'ip', 'state', 'note', 'asked_at', 'asked_by' ];
const standard: View = {
	type: 'table',
	search: '',
	filters: [],
	page: 1,
	perPage: 20,
	sort: { field: 'asked_at', direction: 'desc' },
	titleField: 'ip',
	fields: [ 'state', 'note', 'asked_at', 'asked_by' ],
	layout: { density: 'compact' },
};

const stateInWords = ( state: UnbanRequest[ 'state' ] ): string =>
	( {
		open: __( 'Waits for an answer', 'portcullis' ),
		approved: __( 'Approved', 'portcullis' ),
		declined: __( 'Declined', 'portcullis' ),
	} )[ state ];

type Render = { readonly item: UnbanRequest };
const requestFields = (): Field< UnbanRequest >[] => [
	{
		id: 'ip',
		label: __( 'Address', 'portcullis' ),
		enableHiding: false,
		enableGlobalSearch: true,
		filterBy: false,
		render: ( { item }: Render ) => <Address ip={ item.ip } />,
	},
	{
		id: 'state',
		label: __( 'State', 'portcullis' ),
		elements: ( [ 'open', 'approved', 'declined' ] as const ).map(
			( value ) => ( { value, label: stateInWords( value ) } )
		),
		filterBy: { operators: [ 'isAny' ] },
		render: ( { item }: Render ) => (
			<span className={ `portcullis-state is-${ item.state }` }>
				{ stateInWords( item.state ) }
			</span>
		),
	},
	{
		id: 'note',
		label: __( 'Why', 'portcullis' ),
		enableGlobalSearch: true,
		filterBy: false,
		render: ( { item }: Render ) => (
			<bdi>{ visible( item.note, 500 ) }</bdi>
		),
	},
	{
		id: 'asked_at',
		label: __( 'Asked', 'portcullis' ),
		filterBy: false,
		render: ( { item }: Render ) => <Moment at={ item.asked_at } past />,
	},
	{
		id: 'asked_by',
		label: __( 'By', 'portcullis' ),
		filterBy: false,
		render: ( { item }: Render ) => <bdi>{ visible( item.asked_by ) }</bdi>,
	},
];

/** What this site has asked of the administrator of the host. */
export function RequestsView() {
	const requests = useRequests();
	const { view, setView, onReset, layouts } = useListView(
		'requests',
		standard,
		columns
	);
	const fields = useMemo( requestFields, [] );
	if ( requests.isPending ) {
		return <Skeleton rows={ 4 } />;
	}
	if ( ! requests.data ) {
		return <Trouble error={ requests.error } retry={ requests.refetch } />;
	}
	const { data, paginationInfo } = filterSortAndPaginate(
		[ ...requests.data.items ],
		view,
		fields
	);
	return (
		<Named label={ __( 'Requests for unbans', 'portcullis' ) }>
			{ requests.error && (
				<Trouble
					error={ requests.error }
					heardAt={ requests.dataUpdatedAt }
					retry={ requests.refetch }
				/>
			) }
			<DataViews< UnbanRequest >
				data={ data }
				fields={ fields }
				view={ view }
				onChangeView={ setView }
				getItemId={ ( { id } ) => String( id ) }
				defaultLayouts={ layouts }
				paginationInfo={ paginationInfo }
				searchLabel={ __( 'Search', 'portcullis' ) }
				empty={
					<p>
						{ __(
							'Nothing has been asked. Where a ban rests on the evidence of other sites, too, you can ask the administrator of the host to lift it.',
							'portcullis'
						) }
					</p>
				}
				onReset={ onReset }
			/>
		</Named>
	);
}
