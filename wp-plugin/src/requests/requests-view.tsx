import type { Field } from '@wordpress/dataviews';
import { useMemo } from '@wordpress/element';
import { __ } from '@wordpress/i18n';
import { standardView } from '../lists/standard-view.ts';
import { subSiteField } from '../lists/sub-site-field.tsx';
import { WholeList } from '../lists/whole-list.tsx';
import { Address } from '../parts/address.tsx';
import { Moment } from '../parts/moment.tsx';
import { useRequests } from '../queries.ts';
import { useSurroundings } from '../surroundings.ts';
import type { UnbanRequest } from '../wire.ts';
import { visible } from '../words/visible.ts';

const standard = standardView( 'asked_at', [
	'state',
	'note',
	'asked_at',
	'asked_by',
] );
/** The network's screen says of which site each is. */
const networkStandard = standardView( 'asked_at', [
	'sub_site',
	'state',
	'note',
	'asked_at',
	'asked_by',
] );

const stateInWords = ( state: UnbanRequest[ 'state' ] ): string =>
	( {
		open: __( 'Waits for an answer', 'portcullis' ),
		approved: __( 'Approved', 'portcullis' ),
		declined: __( 'Declined', 'portcullis' ),
	} )[ state ];

type Render = { readonly item: UnbanRequest };
const requestFields = ( network: boolean ): Field< UnbanRequest >[] => [
	{
		id: 'ip',
		label: __( 'Address', 'portcullis' ),
		enableHiding: false,
		enableGlobalSearch: true,
		filterBy: false,
		render: ( { item }: Render ) => <Address ip={ item.ip } />,
	},
	...( network ? [ subSiteField< UnbanRequest >() ] : [] ),
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
	const { network } = useSurroundings().settings;
	const requests = useRequests();
	const fields = useMemo( () => requestFields( network ), [ network ] );
	return (
		<WholeList
			name={ network ? 'network-requests' : 'requests' }
			label={ __( 'Requests for unbans', 'portcullis' ) }
			standard={ network ? networkStandard : standard }
			fields={ fields }
			found={ requests }
			empty={ __(
				'Nothing has been asked. Where a ban rests on the evidence of other sites, too, you can ask the administrator of the host to lift it.',
				'portcullis'
			) }
		/>
	);
}
