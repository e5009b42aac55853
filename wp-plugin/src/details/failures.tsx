import { __, sprintf } from '@wordpress/i18n';
import { Moment } from '../parts/moment.tsx';
import { Trouble } from '../parts/trouble.tsx';
import { failuresShown, useFailuresOf } from '../queries.ts';
import type { Failure } from '../wire.ts';
import { weightInWords } from '../words/doubts.ts';
import { eventsInWords } from '../words/failures.ts';
import { isolated } from '../words/visible.ts';

/** Failures of the address on this site that do not count, or are doubtful; nothing where all can be trusted. */
export function Failures( { ip }: { readonly ip: string } ) {
	const { data, error, refetch } = useFailuresOf( ip );
	const doubtful = ( data?.items ?? [] ).filter(
		( { counted, doubts } ) => ! counted || doubts.length > 0
	);
	if ( error ) {
		return <Trouble error={ error } retry={ refetch } />;
	}
	if ( data === undefined || doubtful.length === 0 ) {
		return null;
	}
	return (
		<>
			<h2>{ __( 'What cannot be trusted', 'portcullis' ) }</h2>
			{ data.total > failuresShown && (
				<p className="portcullis-aside">
					{ sprintf(
						/* translators: %d: number of failures */
						__( 'Of the latest %d failures.', 'portcullis' ),
						failuresShown
					) }
				</p>
			) }
			<ul className="portcullis-doubtful">
				{ doubtful.map( ( failure ) => (
					<li key={ failure.id }>
						<Doubtful failure={ failure } />
					</li>
				) ) }
			</ul>
		</>
	);
}

function Doubtful( { failure }: { readonly failure: Failure } ) {
	const { time, event, count, user, counted } = failure;
	return (
		<>
			<span
				className={ `portcullis-state ${
					counted ? 'is-pending' : 'is-failed'
				}` }
			>
				{ counted
					? __( 'Doubtful', 'portcullis' )
					: __( 'Does not count', 'portcullis' ) }
			</span>{ ' ' }
			{ eventsInWords( event, count ) }
			{ user !== null && <> ({ isolated( user, 60 ) })</> }
			{ ', ' }
			<Moment at={ time } past />
			<span className="portcullis-weight">
				{ weightInWords( failure ) }
			</span>
		</>
	);
}
