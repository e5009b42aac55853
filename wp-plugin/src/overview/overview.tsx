import { Button } from '@wordpress/components';
import { createInterpolateElement } from '@wordpress/element';
import { __, _n, sprintf } from '@wordpress/i18n';
import { Skeleton } from '../bans/skeleton.tsx';
import { Campaigns } from '../campaigns/campaigns.tsx';
import { Address } from '../parts/address.tsx';
import { Command } from '../parts/command.tsx';
import { useNow } from '../parts/now.tsx';
import { OriginSources } from '../parts/origin-sources.tsx';
import { Trouble } from '../parts/trouble.tsx';
import { useBansOf, useStats } from '../queries.ts';
import { type Range, ranges } from '../query/place.ts';
import { useSurroundings } from '../surroundings.ts';
import type { Stats } from '../wire.ts';
import { eventInWords } from '../words/failures.ts';
import { countryInWords, networkInWords } from '../words/origin.ts';
import { visible } from '../words/visible.ts';
import { Chart } from './chart.tsx';

const hours: Readonly< Record< Range, number > > = {
	'24h': 24,
	'7d': 7 * 24,
	'30d': 30 * 24,
};

const rangeName = ( range: Range ): string =>
	( {
		'24h': __( '24 hours', 'portcullis' ),
		'7d': __( '7 days', 'portcullis' ),
		'30d': __( '30 days', 'portcullis' ),
	} )[ range ];

interface Props {
	readonly range: Range;
	readonly setRange: ( range: Range ) => void;
}

/** What has been going on, and from where you yourself come. */
export function Overview( { range, setRange }: Props ) {
	const now = useNow();
	// To five minutes: every poll of that time asks the same question.
	const step = 5 * 60_000;
	const start = Math.floor( now / step ) * step - hours[ range ] * 3_600_000;
	const stats = useStats( new Date( start ).toISOString() );
	const { network } = useSurroundings().settings;
	return (
		<section aria-label={ __( 'Overview', 'portcullis' ) }>
			<OwnAddress />
			<Campaigns />
			<Ranges current={ range } choose={ setRange } />
			{ stats.isPending && <Skeleton rows={ 6 } /> }
			{ stats.error && (
				<Trouble
					error={ stats.error }
					heardAt={ stats.data && stats.dataUpdatedAt }
					retry={ stats.refetch }
				/>
			) }
			{ stats.data && <Known stats={ stats.data } range={ range } /> }
			{ network && <TryPolicy /> }
		</section>
	);
}

interface RangesProps {
	readonly current: Range;
	readonly choose: ( range: Range ) => void;
}

const Ranges = ( { current, choose }: RangesProps ) => (
	<div
		className="portcullis-ranges"
		role="group"
		aria-label={ __( 'Time shown', 'portcullis' ) }
	>
		{ ranges.map( ( one ) => (
			<Button
				key={ one }
				variant="secondary"
				size="compact"
				isPressed={ one === current }
				onClick={ () => choose( one ) }
			>
				{ rangeName( one ) }
			</Button>
		) ) }
	</div>
);

function Known( { stats, range }: { stats: Stats; range: Range } ) {
	return (
		<>
			<Chart
				stats={ stats }
				title={ sprintf(
					/* translators: 1: "12 failures", 2: "3 bans", 3: "24 hours" */
					__( '%1$s and %2$s in the last %3$s', 'portcullis' ),
					sprintf(
						/* translators: %d: number */
						_n(
							'%d failure',
							'%d failures',
							stats.failures,
							'portcullis'
						),
						stats.failures
					),
					sprintf(
						/* translators: %d: number */
						_n( '%d ban', '%d bans', stats.bans, 'portcullis' ),
						stats.bans
					),
					rangeName( range )
				) }
			/>
			<div className="portcullis-columns">
				<Top
					title={ __( 'User names tried most', 'portcullis' ) }
					entries={ failuresOf( stats.top_users ) }
				/>
				<Top
					title={ __( 'Kinds of failures', 'portcullis' ) }
					entries={ stats.top_events.map(
						( { name, failures } ) => ( {
							name: eventInWords( name ),
							count: failures,
						} )
					) }
				/>
				{ stats.top_sites.length > 1 && (
					<Top
						title={ __( 'Sites', 'portcullis' ) }
						entries={ failuresOf( stats.top_sites ) }
					/>
				) }
				<TopOrigins stats={ stats } />
			</div>
		</>
	);
}

/** Countries and networks of banned addresses, where the daemon knows any. */
function TopOrigins( { stats }: { readonly stats: Stats } ) {
	const { locale } = useSurroundings();
	const { top_countries: countries = [], top_networks: networks = [] } =
		stats;
	if (
		! countries.some( ( { country } ) => country !== null ) &&
		! networks.some( ( { asn } ) => asn !== null )
	) {
		return null;
	}
	const unknown = __( 'Not known', 'portcullis' );
	return (
		<>
			<Top
				title={ __( 'Countries of banned addresses', 'portcullis' ) }
				what="bans"
				entries={ countries.map( ( { country, bans } ) => ( {
					name: countryInWords( country, locale ) || unknown,
					count: bans,
				} ) ) }
			/>
			<Top
				title={ __( 'Networks of banned addresses', 'portcullis' ) }
				what="bans"
				entries={ networks.map( ( { bans, ...network } ) => ( {
					name: networkInWords( network ) || unknown,
					count: bans,
				} ) ) }
			/>
			<OriginSources />
		</>
	);
}

const failuresOf = (
	entries: readonly { readonly name: string; readonly failures: number }[]
) => entries.map( ( { name, failures } ) => ( { name, count: failures } ) );

interface TopProps {
	readonly title: string;
	readonly what?: 'failures' | 'bans';
	readonly entries: readonly {
		readonly name: string;
		readonly count: number;
	}[];
}

function Top( { title, what = 'failures', entries }: TopProps ) {
	const { locale } = useSurroundings();
	return (
		<table className="widefat striped portcullis-top">
			<caption>{ title }</caption>
			<thead>
				<tr>
					<th scope="col">{ __( 'Name', 'portcullis' ) }</th>
					<th scope="col" className="portcullis-number">
						{ what === 'bans'
							? __( 'Bans', 'portcullis' )
							: __( 'Failures', 'portcullis' ) }
					</th>
				</tr>
			</thead>
			<tbody>
				{ entries.map( ( { name, count }, at ) => (
					<tr key={ at }>
						<td>
							<bdi>{ visible( name, 60 ) }</bdi>
						</td>
						<td className="portcullis-number">
							{ count.toLocaleString( locale ) }
						</td>
					</tr>
				) ) }
				{ entries.length === 0 && (
					<tr>
						<td colSpan={ 2 }>
							{ __( 'None in this time.', 'portcullis' ) }
						</td>
					</tr>
				) }
			</tbody>
		</table>
	);
}

/** For whoever administers the host, too: of the screens, the network's is the nearest to him. */
const TryPolicy = () => (
	<>
		<p>
			{ __(
				'Before the configuration of the host is changed, this tells there whom the new one would ban besides or no longer, by the logs. It changes nothing:',
				'portcullis'
			) }
		</p>
		<Command line="portcullis policy try FILE" />
	</>
);

function OwnAddress() {
	const { ownAddress } = useSurroundings().settings;
	const { data } = useBansOf( ownAddress.ip );
	return (
		<p>
			{ createInterpolateElement(
				ownAddressInWords( ownAddress.ip, data?.total ),
				{ ip: <Address ip={ ownAddress.ip } /> }
			) }
		</p>
	);
}

/**
 * @param ip   empty where it cannot be told
 * @param bans how many bans cover it; undefined where that is not known
 */
function ownAddressInWords( ip: string, bans: number | undefined ): string {
	if ( ip === '' ) {
		return __(
			'Your own address cannot be told: WordPress does not see it.',
			'portcullis'
		);
	}
	if ( bans === undefined ) {
		return __( 'Your address is <ip/>.', 'portcullis' );
	}
	return bans > 0
		? __( 'Your address is <ip/>: it is banned.', 'portcullis' )
		: __( 'Your address is <ip/>: it is not banned.', 'portcullis' );
}
