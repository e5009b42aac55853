import { __, _n, sprintf } from '@wordpress/i18n';
import type { Ban } from '../wire.ts';
import { span } from './moment.ts';
import { isolated, visible } from './visible.ts';

/** What of a ban its reason is told from. */
type Reasoned = Pick<
	Ban,
	| 'failures'
	| 'users'
	| 'reason'
	| 'events'
	| 'first_failure_at'
	| 'last_failure_at'
>;

/** How many of one kind of event, in words. */
const kinds: Readonly< Record< string, ( count: number ) => string > > = {
	login_failure: ( count ) =>
		/* translators: %d: number */
		_n( '%d wrong password', '%d wrong passwords', count, 'portcullis' ),
	unknown_user: ( count ) =>
		/* translators: %d: number */
		_n(
			'%d unknown user name',
			'%d unknown user names',
			count,
			'portcullis'
		),
	empty_username: ( count ) =>
		/* translators: %d: number */
		_n(
			'%d login without a user name',
			'%d logins without a user name',
			count,
			'portcullis'
		),
	blocked_user: ( count ) =>
		/* translators: %d: number */
		_n(
			'%d login as a blocked user',
			'%d logins as blocked users',
			count,
			'portcullis'
		),
	blocked_username: ( count ) =>
		/* translators: %d: number */
		_n(
			'%d login with a blocked user name',
			'%d logins with blocked user names',
			count,
			'portcullis'
		),
	user_enumeration: ( count ) =>
		/* translators: %d: number */
		_n(
			'%d search for user names',
			'%d searches for user names',
			count,
			'portcullis'
		),
	authors_enumeration: ( count ) =>
		/* translators: %d: number */
		_n(
			'%d search for authors',
			'%d searches for authors',
			count,
			'portcullis'
		),
	multicall: ( count ) =>
		/* translators: %d: number */
		_n(
			'%d XML-RPC bulk login',
			'%d XML-RPC bulk logins',
			count,
			'portcullis'
		),
	pingback_error: ( count ) =>
		/* translators: %d: number */
		_n( '%d false pingback', '%d false pingbacks', count, 'portcullis' ),
	spam_comment: ( count ) =>
		/* translators: %d: number */
		_n( '%d spam comment', '%d spam comments', count, 'portcullis' ),
	comment_attempt: ( count ) =>
		/* translators: %d: number */
		_n( '%d refused comment', '%d refused comments', count, 'portcullis' ),
};

const anyKind = ( count: number ): string =>
	/* translators: %d: number */
	_n( '%d failure', '%d failures', count, 'portcullis' );

/** `5 wrong passwords`; an event that has no words of its own is a failure. */
export function eventsInWords( event: string, count: number ): string {
	const words = Object.hasOwn( kinds, event )
		? kinds[ event ]!( count )
		: anyKind( count );
	return sprintf( words, count );
}

/** The name of one kind of event, without a number. */
export const eventInWords = ( event: string ): string =>
	visible( event.replaceAll( '_', ' ' ) );

function whatHappened(
	failures: number,
	events: Readonly< Record< string, number > >
): string {
	const known = Object.entries( events )
		.filter(
			( [ event, count ] ) => count > 0 && Object.hasOwn( kinds, event )
		)
		.sort( ( [ , a ], [ , b ] ) => b - a );
	const counted = known.reduce( ( sum, [ , count ] ) => sum + count, 0 );
	if ( known.length === 0 || known.length > 2 || counted < failures ) {
		return sprintf( anyKind( failures ), failures );
	}
	return known
		.map( ( [ event, count ] ) => eventsInWords( event, count ) )
		.join( ', ' );
}

/** Names, the latest first: `bob`, `bob and alice`, `bob and 4 others`. */
function namesInWords( users: readonly string[] ): string {
	const [ first = '', second = '' ] = users;
	if ( users.length < 2 ) {
		return isolated( first );
	}
	return users.length === 2
		? sprintf(
				/* translators: 1: user name, 2: user name */
				__( '%1$s and %2$s', 'portcullis' ),
				isolated( first ),
				isolated( second )
			)
		: sprintf(
				/* translators: 1: user name, 2: number of other user names */
				__( '%1$s and %2$d other names', 'portcullis' ),
				isolated( first ),
				users.length - 1
			);
}

function forWhom( ban: Reasoned ): string {
	if ( ban.users.length === 0 ) {
		return '';
	}
	const names = namesInWords( ban.users );
	const isForThem = Object.keys( ban.events ).every(
		( event ) => event === 'login_failure'
	);
	return isForThem
		? /* translators: %s: user names. Behind "5 wrong passwords" */
			sprintf( __( 'for %s', 'portcullis' ), names )
		: `(${ names })`;
}

function inWhatTime( ban: Reasoned, locale: string ): string {
	const { first_failure_at: first, last_failure_at: last } = ban;
	if ( first === null || last === null || ban.failures < 2 ) {
		return '';
	}
	const ms = Date.parse( last ) - Date.parse( first );
	if ( ms < 1_000 ) {
		return __( 'within a second', 'portcullis' );
	}
	/* translators: %s: a span of time, as "3 min" */
	return sprintf( __( 'in %s', 'portcullis' ), span( ms, locale ) );
}

/** Why the ban is there: `5 wrong passwords for bob in 3 min`. What an administrator wrote stands as it is. */
export function failuresInWords( ban: Reasoned, locale: string ): string {
	if ( ban.failures === 0 ) {
		return visible( ban.reason );
	}
	const parts = [
		whatHappened( ban.failures, ban.events ),
		forWhom( ban ),
		inWhatTime( ban, locale ),
	];
	return parts.filter( ( part ) => part !== '' ).join( ' ' );
}
