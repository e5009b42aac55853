import { __ } from '@wordpress/i18n';
import { Instant, Moment } from '../parts/moment.tsx';
import type { BanDetails } from '../wire.ts';
import { endedInWords } from '../words/lifted.ts';

interface Step {
	readonly at: string;
	readonly what: string;
	readonly isPast: boolean;
}

/** From the first failure to the ban to its end, in order of time. */
export function stepsOf( ban: BanDetails ): Step[] {
	const { first_failure_at: first, last_failure_at: last } = ban.evidence;
	const steps: Step[] = [];
	const add = ( at: string | null, what: string, isPast = true ) => {
		if ( at !== null ) {
			steps.push( { at, what, isPast } );
		}
	};
	add( first, __( 'First failure', 'portcullis' ) );
	if ( last !== first ) {
		add( last, __( 'Last failure', 'portcullis' ) );
	}
	add( ban.since, __( 'Banned', 'portcullis' ) );
	if ( ban.ended_at === null ) {
		add( ban.until, __( 'Ends', 'portcullis' ), false );
	} else {
		const how = endedInWords( ban );
		add(
			ban.ended_at,
			how === ''
				? __( 'Ended', 'portcullis' )
				: `${ __( 'Ended', 'portcullis' ) }: ${ how }`
		);
	}
	return steps.sort( ( a, b ) => Date.parse( a.at ) - Date.parse( b.at ) );
}

export const Timeline = ( { ban }: { readonly ban: BanDetails } ) => (
	<ol className="portcullis-timeline">
		{ stepsOf( ban ).map( ( { at, what, isPast } ) => (
			<li key={ what } className={ isPast ? 'is-past' : 'is-ahead' }>
				<strong>{ what }</strong>{ ' ' }
				<span>
					<Moment at={ at } past={ isPast } />
					{ ' · ' }
					<span className="portcullis-aside">
						<Instant at={ at } />
					</span>
				</span>
			</li>
		) ) }
		{ ban.until === null && ban.ended_at === null && (
			<li className="is-ahead">
				<strong>{ __( 'Never ends by itself', 'portcullis' ) }</strong>
			</li>
		) }
	</ol>
);
