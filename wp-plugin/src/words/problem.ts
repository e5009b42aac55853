import { __ } from '@wordpress/i18n';

/** An error as a person reads it. */
export interface Problem {
	readonly code: string;
	readonly sentence: string;
	readonly hint: string;
	/** What to run on the host; empty where nothing helps. */
	readonly command: string;
	/** Whether asking again by itself makes sense. */
	readonly passes: boolean;
}

/** Faults of set-up, which no waiting mends. */
const lasting = new Set( [
	'portcullis_no_curl',
	'portcullis_bad_socket_path',
	'portcullis_unknown_site',
	'portcullis_bad_token',
	'portcullis_other_version',
	'portcullis_forbidden',
	'rest_cookie_invalid_nonce',
	'rest_forbidden',
	'rest_not_logged_in',
] );

const field = ( value: unknown, name: string ): unknown =>
	typeof value === 'object' && value !== null
		? ( value as Record< string, unknown > )[ name ]
		: undefined;
const text = ( value: unknown ): string =>
	typeof value === 'string' ? value : '';

/** Reads whatever apiFetch rejects with. */
export function problemOf( error: unknown ): Problem {
	const code = text( field( error, 'code' ) ) || 'unknown';
	return { ...( ofBrowser( code ) ?? ofServer( error, code ) ), code };
}

/** What WordPress or the browser says without knowing the panel. */
function ofBrowser( code: string ): Omit< Problem, 'code' > | null {
	if ( code === 'rest_cookie_invalid_nonce' ) {
		return {
			sentence: __( 'Your session has expired.', 'portcullis' ),
			hint: __( 'Reload this page and log in again.', 'portcullis' ),
			command: '',
			passes: false,
		};
	}
	if ( code === 'fetch_error' || code === 'offline_error' ) {
		return {
			sentence: __( 'This site cannot be reached.', 'portcullis' ),
			hint: __(
				'Check your connection. If your own address has been banned, only the host can let you in again.',
				'portcullis'
			),
			command: '',
			passes: true,
		};
	}
	return null;
}

function ofServer( error: unknown, code: string ): Omit< Problem, 'code' > {
	const data = field( error, 'data' );
	return {
		sentence:
			text( field( error, 'message' ) ) ||
			__( 'Something went wrong.', 'portcullis' ),
		hint: text( field( data, 'hint' ) ),
		command: text( field( data, 'command' ) ),
		passes: ! lasting.has( code ),
	};
}
