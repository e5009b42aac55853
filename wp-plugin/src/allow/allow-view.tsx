import { Button } from '@wordpress/components';
import type { Action, Field } from '@wordpress/dataviews';
import { useMemo, useState } from '@wordpress/element';
import { __ } from '@wordpress/i18n';
import { rightsOf } from '../bans/rights.ts';
import { disallowDeed } from '../deeds/ban-deeds.ts';
import { useDeferral } from '../deeds/deferral.tsx';
import { standardView } from '../lists/standard-view.ts';
import { subSiteField } from '../lists/sub-site-field.tsx';
import { WholeList } from '../lists/whole-list.tsx';
import { Address } from '../parts/address.tsx';
import { Moment } from '../parts/moment.tsx';
import { useAllowed, useSite } from '../queries.ts';
import { useSurroundings } from '../surroundings.ts';
import type { AllowEntry } from '../wire.ts';
import { visible } from '../words/visible.ts';
import { AddAddress } from './add-address.tsx';

const standard = standardView( 'added_at', [
	'note',
	'until',
	'added_at',
	'added_by',
] );
/** The network's screen says of which site each is. */
const networkStandard = standardView( 'added_at', [
	'sub_site',
	'note',
	'until',
	'added_at',
	'added_by',
] );

type Render = { readonly item: AllowEntry };
const entryFields = ( network: boolean ): Field< AllowEntry >[] => [
	{
		id: 'ip',
		label: __( 'Address', 'portcullis' ),
		enableHiding: false,
		enableGlobalSearch: true,
		filterBy: false,
		render: ( { item }: Render ) => <Address ip={ item.ip } />,
	},
	...( network ? [ subSiteField< AllowEntry >() ] : [] ),
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
	const { network } = settings;
	const { data: site } = useSite();
	const allowed = useAllowed();
	const { defer, busy } = useDeferral();
	const [ isAdding, setAdding ] = useState( false );
	const fields = useMemo( () => entryFields( network ), [ network ] );
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
	return (
		<WholeList
			name={ network ? 'network-allow' : 'allow' }
			label={ __( 'Allow list', 'portcullis' ) }
			standard={ network ? networkStandard : standard }
			fields={ fields }
			found={ allowed }
			actions={ actions }
			empty={ __( 'No address is allowed.', 'portcullis' ) }
			header={
				rights.allow && (
					<Button
						variant="primary"
						size="compact"
						onClick={ () => setAdding( true ) }
					>
						{ __( 'Allow an address', 'portcullis' ) }
					</Button>
				)
			}
		>
			{ isAdding && <AddAddress close={ () => setAdding( false ) } /> }
		</WholeList>
	);
}
