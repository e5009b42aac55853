import { __, _n, sprintf } from '@wordpress/i18n';
import type { Api, Outcome } from '../api.ts';
import type { Ban } from '../wire.ts';
import type { Deed } from './deferral.tsx';

type Address = Pick< Ban, 'id' | 'ip' >;

/** A sentence about one address or about several. */
const about = ( one: string, many: string, ips: readonly string[] ): string =>
	ips.length === 1 ? sprintf( one, ips[ 0 ]! ) : sprintf( many, ips.length );

/** What became of it: success is told as far as it was answered, and the first refusal in its own words. */
export function outcomeInWords(
	done: string,
	outcomes: readonly Outcome[]
): string {
	const refused = outcomes.filter( ( { problem } ) => problem !== null );
	const [ first ] = refused;
	if ( first?.problem === undefined || first.problem === null ) {
		return done;
	}
	const { sentence, hint } = first.problem;
	if ( outcomes.length === 1 ) {
		return [ sentence, hint ].filter( Boolean ).join( ' ' );
	}
	return sprintf(
		/* translators: 1: number of refused changes, 2: number of all changes, 3: a sentence that says why */
		_n(
			'%1$d of %2$d was refused: %3$s',
			'%1$d of %2$d were refused: %3$s',
			refused.length,
			'portcullis'
		),
		refused.length,
		outcomes.length,
		sentence
	);
}

const rowsOf = ( bans: readonly Address[] ) =>
	bans.map( ( { id } ) => String( id ) );
const ipsOf = ( bans: readonly Address[] ) => [
	...new Set( bans.map( ( { ip } ) => ip ) ),
];

export function unbanDeed( api: Api, bans: readonly Address[] ): Deed {
	const ips = ipsOf( bans );
	return {
		sentence: about(
			/* translators: %s: address */
			__( 'The ban of %s is about to be lifted.', 'portcullis' ),
			/* translators: %d: number of addresses */
			__(
				'The bans of %d addresses are about to be lifted.',
				'portcullis'
			),
			ips
		),
		rows: rowsOf( bans ),
		run: async () =>
			outcomeInWords(
				about(
					/* translators: %s: address */
					__( '%s is no longer banned.', 'portcullis' ),
					/* translators: %d: number of addresses */
					__( '%d addresses are no longer banned.', 'portcullis' ),
					ips
				),
				await api.unban( ips )
			),
	};
}

export function allowDeed(
	api: Api,
	bans: readonly Address[],
	period: string,
	note: string
): Deed {
	const ips = ipsOf( bans );
	return {
		sentence: about(
			/* translators: %s: address */
			__( '%s is about to be unbanned and allowed.', 'portcullis' ),
			/* translators: %d: number of addresses */
			__(
				'%d addresses are about to be unbanned and allowed.',
				'portcullis'
			),
			ips
		),
		rows: rowsOf( bans ),
		run: async () =>
			outcomeInWords(
				about(
					/* translators: %s: address */
					__( '%s is unbanned and allowed.', 'portcullis' ),
					/* translators: %d: number of addresses */
					__(
						'%d addresses are unbanned and allowed.',
						'portcullis'
					),
					ips
				),
				await api.allow(
					ips.map( ( ip ) => ( { ip, for: period, note } ) )
				)
			),
	};
}

export function disallowDeed( api: Api, entries: readonly Address[] ): Deed {
	const ips = ipsOf( entries );
	return {
		sentence: about(
			/* translators: %s: address */
			__( '%s is about to leave the allow list.', 'portcullis' ),
			/* translators: %d: number of addresses */
			__(
				'%d addresses are about to leave the allow list.',
				'portcullis'
			),
			ips
		),
		rows: rowsOf( entries ),
		run: async () =>
			outcomeInWords(
				about(
					/* translators: %s: address */
					__( '%s is no longer allowed.', 'portcullis' ),
					/* translators: %d: number of addresses */
					__( '%d addresses are no longer allowed.', 'portcullis' ),
					ips
				),
				await api.disallow( entries.map( ( { id } ) => id ) )
			),
	};
}
