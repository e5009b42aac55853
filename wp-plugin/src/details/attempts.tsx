import { __, _n, sprintf } from '@wordpress/i18n';
import type { BanDetails } from '../wire.ts';
import { eventsInWords } from '../words/failures.ts';
import { visible } from '../words/visible.ts';

/** What was tried, as whom, and where. */
export function Attempts( { ban }: { readonly ban: BanDetails } ) {
	const events = Object.entries( ban.evidence.events );
	const sites = Object.entries( ban.sites );
	return (
		<div className="portcullis-columns">
			<section>
				<h2>{ __( 'What was tried', 'portcullis' ) }</h2>
				<ul>
					{ events.map( ( [ event, count ] ) => (
						<li key={ event }>{ eventsInWords( event, count ) }</li>
					) ) }
					{ events.length === 0 && (
						<li>{ __( 'Nothing is known.', 'portcullis' ) }</li>
					) }
				</ul>
			</section>
			<section>
				<h2>{ __( 'User names tried', 'portcullis' ) }</h2>
				<ul className="portcullis-names">
					{ ban.users.map( ( user, at ) => (
						<li key={ at }>
							<bdi>{ visible( user ) }</bdi>
						</li>
					) ) }
					{ ban.users.length === 0 && (
						<li>{ __( 'None', 'portcullis' ) }</li>
					) }
				</ul>
			</section>
			<section>
				<h2>{ __( 'Sites', 'portcullis' ) }</h2>
				<ul>
					{ sites.map( ( [ name, count ] ) => (
						<li key={ name }>
							<bdi>
								{ name === ''
									? __( 'not named', 'portcullis' )
									: visible( name ) }
							</bdi>
							{ ': ' }
							{ sprintf(
								/* translators: %d: number */
								_n(
									'%d failure',
									'%d failures',
									count,
									'portcullis'
								),
								count
							) }
						</li>
					) ) }
					{ ban.other_sites > 0 && (
						<li>
							{ sprintf(
								/* translators: %d: number of sites */
								_n(
									'%d other site of this host',
									'%d other sites of this host',
									ban.other_sites,
									'portcullis'
								),
								ban.other_sites
							) }
						</li>
					) }
				</ul>
			</section>
		</div>
	);
}
