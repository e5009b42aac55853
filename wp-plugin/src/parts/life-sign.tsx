import { createInterpolateElement } from '@wordpress/element';
import { __, sprintf } from '@wordpress/i18n';
import { useSite, useStatus } from '../queries.ts';
import { useSurroundings } from '../surroundings.ts';
import { Moment } from './moment.tsx';

/** Proof that it works, end to end: what the log last had of this site, and what the firewall held when last looked at. */
export function LifeSign() {
	const site = useSite();
	const status = useStatus();
	if ( ! site.data && ! status.data ) {
		return null;
	}
	return (
		<p className="portcullis-life">
			{ status.data && (
				<Light
					healthy={ status.data.healthy }
					answers={ ! status.error }
				/>
			) }
			{ site.data && <LastEvent at={ site.data.last_event_at } /> }
			{ status.data && <Enforced bans={ status.data.bans } /> }
		</p>
	);
}

interface LightProps {
	readonly healthy: boolean;
	/** Whether the daemon answered when it was asked last. */
	readonly answers: boolean;
}

const Light = ( { healthy, answers }: LightProps ) => (
	<span
		className={ `portcullis-light ${
			healthy && answers ? 'is-good' : 'is-bad'
		}` }
	>
		{ stateOf( healthy, answers ) }
	</span>
);

function stateOf( healthy: boolean, answers: boolean ): string {
	if ( ! answers ) {
		return __( 'No answer', 'portcullis' );
	}
	return healthy
		? __( 'Working', 'portcullis' )
		: __( 'Needs attention', 'portcullis' );
}

function LastEvent( { at }: { readonly at: string | null } ) {
	const { network } = useSurroundings().settings;
	if ( at === null ) {
		return (
			<span>
				{ network
					? __(
							'The log has had no line from this network yet.',
							'portcullis'
						)
					: __(
							'The log has had no line from this site yet.',
							'portcullis'
						) }
			</span>
		);
	}
	return (
		<span>
			{ createInterpolateElement(
				network
					? /* translators: <time/> is replaced, as in "3 minutes ago" */
						__(
							'Last event from this network: <time/>.',
							'portcullis'
						)
					: /* translators: <time/> is replaced, as in "3 minutes ago" */
						__(
							'Last event from this site: <time/>.',
							'portcullis'
						),
				{ time: <Moment at={ at } past /> }
			) }
		</span>
	);
}

function Enforced( {
	bans,
}: {
	readonly bans: {
		readonly wanted: number;
		readonly enforced: number;
		readonly verified_at: string | null;
	};
} ) {
	if ( bans.verified_at === null ) {
		return (
			<span>
				{ __(
					'The firewall has not been verified yet.',
					'portcullis'
				) }
			</span>
		);
	}
	return (
		<span>
			{ createInterpolateElement(
				sprintf(
					/* translators: 1: number, 2: number. <time/> is replaced, as in "2 seconds ago" */
					__(
						'%1$d of %2$d bans enforced, verified <time/>.',
						'portcullis'
					),
					bans.enforced,
					bans.wanted
				),
				{ time: <Moment at={ bans.verified_at } past /> }
			) }
		</span>
	);
}
