import type { Field } from '@wordpress/dataviews';
import { createInterpolateElement } from '@wordpress/element';
import { __, _n, sprintf } from '@wordpress/i18n';
import { CampaignId } from '../campaigns/campaign-id.tsx';
import { Address } from '../parts/address.tsx';
import { Moment } from '../parts/moment.tsx';
import { useDeferral } from '../deeds/deferral.tsx';
import type { Settings, SiteName } from '../settings.ts';
import { useSurroundings } from '../surroundings.ts';
import type { Ban } from '../wire.ts';
import type { CampaignName } from '../words/campaign.ts';
import { stateInWords } from '../words/ban-state.ts';
import { failuresInWords } from '../words/failures.ts';
import { endedInWords } from '../words/lifted.ts';
import { countryInWords, networkInWords } from '../words/origin.ts';
import { visible } from '../words/visible.ts';

type Render = { readonly item: Ban };

/** What a column or a filter of one list needs to know. */
export interface FieldContext {
	readonly sites: readonly SiteName[];
	readonly jails: readonly string[];
	/** Campaigns that the list can be narrowed to; empty: no ban is of one. */
	readonly campaigns: readonly CampaignName[];
	/** Whether the daemon knows where addresses come from. */
	readonly hasOrigins: boolean;
}

/** Every column that a list of bans can have. */
export const banColumns = [
	'ip',
	'country',
	'network',
	'why',
	'campaign',
	'sites',
	'since',
	'until',
	'ended',
	'times_banned',
	'failures',
	'users',
	'state',
	'jail',
] as const;

const states = [ 'active', 'pending', 'failed', 'ended' ] as const;

export function banFields( {
	sites,
	jails,
	campaigns,
	hasOrigins,
}: FieldContext ): Field< Ban >[] {
	return [
		{
			id: 'ip',
			label: __( 'Address', 'portcullis' ),
			enableHiding: false,
			filterBy: false,
			render: AddressCell,
		},
		...( hasOrigins ? originFields() : [] ),
		{
			id: 'why',
			label: __( 'Why', 'portcullis' ),
			enableSorting: false,
			filterBy: false,
			getValue: ( { item } ) => item.reason,
			render: WhyCell,
		},
		...( campaigns.length > 0 ? [ campaignField( campaigns ) ] : [] ),
		{
			id: 'sites',
			label: __( 'Sites', 'portcullis' ),
			enableSorting: false,
			getValue: ( { item } ) => Object.keys( item.sites ),
			elements: sites.map( ( { name, title } ) => ( {
				value: name,
				label: title === '' ? name : `${ title } (${ name })`,
			} ) ),
			filterBy: sites.length > 1 ? { operators: [ 'is' ] } : false,
			render: SitesCell,
		},
		{
			id: 'since',
			type: 'datetime',
			label: __( 'Banned', 'portcullis' ),
			filterBy: { operators: [ 'inThePast', 'before', 'after' ] },
			render: ( { item }: Render ) => (
				<span>
					<CardLabel text={ __( 'Banned', 'portcullis' ) } />
					<Moment at={ item.since } past />
				</span>
			),
		},
		{
			id: 'until',
			label: __( 'Ends', 'portcullis' ),
			filterBy: false,
			render: EndsCell,
		},
		{
			id: 'ended',
			label: __( 'Ended', 'portcullis' ),
			enableSorting: false,
			filterBy: false,
			getValue: ( { item } ) => item.ended_at ?? '',
			render: EndedCell,
		},
		{
			id: 'times_banned',
			type: 'integer',
			label: __( 'Times banned', 'portcullis' ),
			header: __( 'Times', 'portcullis' ),
			render: ( { item }: Render ) => (
				<span>
					<CardLabel text={ __( 'Times banned:', 'portcullis' ) } />
					{ item.times_banned }
				</span>
			),
			// The order would tell a site of bans that are not its own.
			enableSorting: false,
			filterBy: false,
		},
		{
			id: 'failures',
			type: 'integer',
			label: __( 'Failures', 'portcullis' ),
			filterBy: false,
		},
		{
			id: 'users',
			label: __( 'User names tried', 'portcullis' ),
			enableSorting: false,
			filterBy: false,
			getValue: ( { item } ) => item.users.join( ', ' ),
			render: UsersCell,
		},
		{
			id: 'state',
			label: __( 'State', 'portcullis' ),
			enableSorting: false,
			elements: states.map( ( value ) => ( {
				value,
				label: stateInWords( value ),
			} ) ),
			filterBy: { operators: [ 'isAny' ] },
			render: ( { item }: Render ) => (
				<span className={ `portcullis-state is-${ item.state }` }>
					{ stateInWords( item.state ) }
				</span>
			),
		},
		{
			id: 'jail',
			label: __( 'Jail', 'portcullis' ),
			enableSorting: false,
			elements: jails.map( ( value ) => ( { value, label: value } ) ),
			filterBy: jails.length > 1 ? { operators: [ 'is' ] } : false,
		},
	];
}

const campaignField = (
	campaigns: readonly CampaignName[]
): Field< Ban > => ( {
	id: 'campaign',
	label: __( 'Campaign', 'portcullis' ),
	enableSorting: false,
	elements: campaigns.map( ( { id, label } ) => ( { value: id, label } ) ),
	filterBy: { operators: [ 'is' ] },
	getValue: ( { item } ) => item.campaign ?? '',
	render: ( { item }: Render ) =>
		item.campaign === undefined ? null : (
			<span>
				<CardLabel text={ __( 'Campaign', 'portcullis' ) } />
				<CampaignId id={ item.campaign } />
			</span>
		),
} );

/** The daemon looks origins up page by page: it can neither sort nor filter by them. */
const originFields = (): Field< Ban >[] => [
	{
		id: 'country',
		label: __( 'Country', 'portcullis' ),
		enableSorting: false,
		filterBy: false,
		getValue: ( { item } ) => item.country ?? '',
		render: CountryCell,
	},
	{
		id: 'network',
		label: __( 'Network', 'portcullis' ),
		enableSorting: false,
		filterBy: false,
		getValue: ( { item } ) => networkInWords( item ),
		render: ( { item }: Render ) => (
			<bdi className="portcullis-network">{ networkInWords( item ) }</bdi>
		),
	},
];

function CountryCell( { item }: Render ) {
	const { locale } = useSurroundings();
	return (
		<span className="portcullis-country">
			{ countryInWords( item.country, locale ) }
		</span>
	);
}

/** On cards, where no column says what a value is. */
const CardLabel = ( { text }: { readonly text: string } ) => (
	<span className="portcullis-card-label">{ text } </span>
);

function AddressCell( { item }: Render ) {
	const { busy } = useDeferral();
	const note = busy.has( String( item.id ) )
		? __( 'Being changed …', 'portcullis' )
		: troubleOf( item );
	return (
		<>
			<Address ip={ item.ip } />
			{ note !== '' && (
				<span className={ `portcullis-state is-${ item.state }` }>
					{ note }
				</span>
			) }
		</>
	);
}

const troubleOf = ( { state }: Ban ): string =>
	state === 'failed' || state === 'pending' ? stateInWords( state ) : '';

function WhyCell( { item }: Render ) {
	const { locale } = useSurroundings();
	return (
		<span className="portcullis-why">
			{ failuresInWords( item, locale ) }
			{ item.campaign !== undefined && (
				<span className="portcullis-aside">
					{ createInterpolateElement(
						__( 'campaign <campaign/>', 'portcullis' ),
						{ campaign: <CampaignId id={ item.campaign } /> }
					) }
				</span>
			) }
		</span>
	);
}

function SitesCell( { item }: Render ) {
	const { settings } = useSurroundings();
	const names = Object.keys( item.sites ).map( ( name ) =>
		siteInWords( name, settings )
	);
	const others =
		item.other_sites > 0
			? [
					sprintf(
						/* translators: %d: number of sites */
						_n(
							'%d other',
							'%d others',
							item.other_sites,
							'portcullis'
						),
						item.other_sites
					),
				]
			: [];
	const shown = [
		...names.slice( 0, 3 ),
		...rest( names.length - 3 ),
		...others,
	];
	return <span className="portcullis-sites">{ shown.join( ', ' ) }</span>;
}

function siteInWords( name: string, { site, network }: Settings ): string {
	if ( name === '' ) {
		return __( 'not named', 'portcullis' );
	}
	return name === site.name && ! network
		? __( 'This site', 'portcullis' )
		: visible( name, 80 );
}

const rest = ( count: number ): string[] =>
	count > 0
		? [
				sprintf(
					/* translators: %d: number of sites */
					__( '%d more', 'portcullis' ),
					count
				),
			]
		: [];

function EndsCell( { item }: Render ) {
	if ( item.until === null ) {
		return <span>{ __( 'Never by itself', 'portcullis' ) }</span>;
	}
	return (
		<span>
			<CardLabel text={ __( 'Ends', 'portcullis' ) } />
			<Moment at={ item.until } />
		</span>
	);
}

function EndedCell( { item }: Render ) {
	if ( item.ended_at === null ) {
		return <span>{ __( 'In force', 'portcullis' ) }</span>;
	}
	return (
		<span>
			<Moment at={ item.ended_at } past />{ ' ' }
			<span className="portcullis-aside">
				<bdi>{ endedInWords( item ) }</bdi>
			</span>
		</span>
	);
}

function UsersCell( { item }: Render ) {
	const shown = item.users.slice( 0, 4 );
	return (
		<span className="portcullis-users">
			{ shown.map( ( user, at ) => (
				<bdi key={ at }>{ visible( user, 40 ) }</bdi>
			) ) }
			{ item.users.length > shown.length && (
				<span>{ rest( item.users.length - shown.length ) }</span>
			) }
		</span>
	);
}
