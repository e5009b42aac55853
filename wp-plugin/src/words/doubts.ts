import { __, sprintf } from '@wordpress/i18n';
import type { Failure, IgnoredReason } from '../wire.ts';

/** Each word of the daemon's closed list as a clause; TypeScript sees that none is missing. */
const clauses: Readonly< Record< IgnoredReason, () => string > > = {
	not_wordpress: () => __( 'another program wrote it', 'portcullis' ),
	not_a_failure: () => __( 'it is not a failure', 'portcullis' ),
	no_address: () => __( 'it does not end in an address', 'portcullis' ),
	overlong: () =>
		__(
			'it is longer than any honest line, so its end proves nothing',
			'portcullis'
		),
	reserved_address: () =>
		__( 'no visitor can have this address', 'portcullis' ),
	exempt: () => __( 'the address is exempt or allowed', 'portcullis' ),
	no_jail: () => __( 'this host counts nothing of the kind', 'portcullis' ),
	no_time: () => __( 'its time cannot be read', 'portcullis' ),
	self_test: () => __( 'Portcullis wrote it to test itself', 'portcullis' ),
	proxy: () =>
		__(
			'the address is a proxy’s, behind which many visitors stand',
			'portcullis'
		),
	burst: () =>
		__(
			'a later line of the same request names another address, or none: this one may be written into a user name',
			'portcullis'
		),
	long_name: () =>
		__( 'no account can have a name of this length', 'portcullis' ),
	stored_address: () =>
		__(
			'the address is the one stored with a comment, not that of who was there',
			'portcullis'
		),
	unregistered_site: () =>
		__(
			'it names a site that is not registered on this host',
			'portcullis'
		),
	wrong_sender: () =>
		__(
			'another user of the host than this site’s wrote it',
			'portcullis'
		),
};

/** A word that a newer daemon may have stands as it is. */
const clause = ( word: IgnoredReason ): string =>
	Object.hasOwn( clauses, word ) ? clauses[ word ]() : word;

/** Why a failure does not count, or what is doubtful about one that does; empty where nothing is. */
export function weightInWords( {
	reason,
	doubts,
}: Pick< Failure, 'reason' | 'doubts' > ): string {
	const words = new Set( [
		...( reason === null ? [] : [ reason ] ),
		...doubts,
	] );
	const why = [ ...words ].map( clause ).join( '; ' );
	if ( why === '' ) {
		return '';
	}
	const sentence =
		reason === null
			? /* translators: %s: what is doubtful about a line of the log */
				__( 'It counts all the same, although %s.', 'portcullis' )
			: /* translators: %s: why a line of the log counts for nothing */
				__( 'It weighs nothing: %s.', 'portcullis' );
	return sprintf( sentence, why );
}
