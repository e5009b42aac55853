<?php
/**
 * What went wrong between WordPress and the daemon, in sentences.
 *
 * @package Portcullis
 */

namespace Portcullis;

use WP_Error;

/**
 * Makes a WP_Error of everything that can go wrong. Its data is what the REST API prints: `status`, and where there is
 * something to say `hint`, `command` (to run on the host) and `problems`.
 */
final class Daemon_Error {

	/** Codes after which the daemon is not called again for a while: nobody answers, or not the daemon. */
	private const OF_THE_CONNECTION = array( 'unreachable', 'unknown_site', 'bad_token', 'bad_answer', 'no_curl', 'bad_socket_path' );

	/** Errors of the system that connect() gives. The same on every Linux. */
	private const EACCES       = 13;
	private const ENOENT       = 2;
	private const ECONNREFUSED = 111;

	/**
	 * An error as the REST API will print it.
	 *
	 * @param string $code    Without the prefix.
	 * @param int    $status  For HTTP.
	 * @param string $message A sentence for people.
	 * @param array  $data    More for the panel: hint, command, problems.
	 */
	public static function make( string $code, int $status, string $message, array $data = array() ): WP_Error {
		return new WP_Error( 'portcullis_' . $code, $message, array( 'status' => $status ) + array_filter( $data ) );
	}

	/**
	 * Whether the next calls would fail in the same way, at the same cost.
	 *
	 * @param WP_Error $error The error of a call.
	 */
	public static function is_of_the_connection( WP_Error $error ): bool {
		return in_array( substr( (string) $error->get_error_code(), strlen( 'portcullis_' ) ), self::OF_THE_CONNECTION, true );
	}

	/**
	 * What is wrong with the connection, for whoever looks at it: what to run on the host names all sites of a network, which
	 * is for those who manage it.
	 *
	 * @param WP_Error $error An error of the connection, or of a pause after one.
	 */
	public static function for_reader( WP_Error $error ): WP_Error {
		if ( ! is_multisite() || current_user_can( 'manage_network_options' ) || ( defined( 'WP_CLI' ) && WP_CLI ) ) {
			return $error;
		}
		$data = array( 'hint' => __( 'Tell the network’s administrator.', 'portcullis' ) ) + (array) $error->get_error_data();
		unset( $data['command'] );
		return new WP_Error( $error->get_error_code(), $error->get_error_message(), $data );
	}

	/**
	 * PHP cannot reach a Unix socket at all.
	 */
	public static function no_curl(): WP_Error {
		return self::make(
			'no_curl',
			503,
			__( 'PHP lacks its curl extension, without which it cannot reach the daemon’s socket. Install it on the host and restart PHP.', 'portcullis' ),
			array( 'command' => 'apt install php-curl' )
		);
	}

	/**
	 * Somebody else answered in curl's place.
	 */
	public static function diverted(): WP_Error {
		return self::make(
			'bad_answer',
			502,
			__( 'The request did not go to the daemon’s socket: another plugin, or another transport of WordPress, took it. Its answer was thrown away.', 'portcullis' )
		);
	}

	/**
	 * No connection, by the system's own word.
	 *
	 * @param Connection $connection Where to.
	 * @param int        $errno      What connect() gave; 0 where it does not say.
	 * @param bool       $runs       Whether the daemon seems to run.
	 */
	public static function no_connection( Connection $connection, int $errno, bool $runs ): WP_Error {
		$path = $connection->path;
		if ( self::ENOENT === $errno && $runs ) {
			return self::unknown_site( $connection );
		}
		$status = array( 'command' => 'portcullis status' );
		if ( self::ENOENT === $errno ) {
			/* translators: %s: path of a socket. */
			return self::make( 'unreachable', 503, sprintf( __( 'There is no socket %s. The daemon does not run, or has another run_dir.', 'portcullis' ), $path ), $status );
		}
		if ( self::ECONNREFUSED === $errno ) {
			/* translators: %s: path of a socket. */
			return self::make( 'unreachable', 503, sprintf( __( 'Nothing listens on %s. The daemon has ended without removing its socket.', 'portcullis' ), $path ), $status );
		}
		if ( self::EACCES === $errno ) {
			return self::make(
				'unreachable',
				503,
				sprintf(
					/* translators: 1: name of a Unix user, 2: path of a socket. */
					__( 'PHP runs as %1$s, which may not open %2$s. The socket belongs to the user that this site is registered with.', 'portcullis' ),
					Site::unix_user(),
					$path
				),
				array( 'command' => 'portcullis sites' )
			);
		}
		return self::make(
			'unreachable',
			503,
			/* translators: 1: path of a socket, 2: number of an error of the operating system. */
			sprintf( __( 'The daemon’s socket %1$s cannot be reached (error %2$d of the system).', 'portcullis' ), $path, $errno ),
			$status
		);
	}

	/**
	 * The daemon runs, and nobody told it of this site.
	 *
	 * @param Connection $connection Where to.
	 */
	public static function unknown_site( Connection $connection ): WP_Error {
		return self::make(
			'unknown_site',
			503,
			/* translators: %s: name of a site. */
			sprintf( __( 'The daemon runs, but does not know %s. Register it on the host, as root.', 'portcullis' ), Site::main_name() ),
			array( 'command' => Site::registration_command( $connection->is_shared() ) )
		);
	}

	/**
	 * A connection, and no answer in time.
	 *
	 * @param int $milliseconds How long was waited.
	 */
	public static function timeout( int $milliseconds ): WP_Error {
		return self::make(
			'unreachable',
			503,
			/* translators: %s: a number of seconds. */
			sprintf( __( 'The daemon did not answer within %s s.', 'portcullis' ), number_format_i18n( $milliseconds / 1000, 1 ) ),
			array( 'command' => 'portcullis status' )
		);
	}

	/**
	 * An answer that the daemon would not give.
	 *
	 * @param Connection $connection Where from.
	 * @param string     $what       What is wrong with it.
	 */
	public static function bad_answer( Connection $connection, string $what ): WP_Error {
		return self::make(
			'bad_answer',
			502,
			/* translators: 1: path of a socket, 2: what is wrong, a sentence. */
			sprintf( __( 'What listens on %1$s does not answer as Portcullis does: %2$s', 'portcullis' ), $connection->path, $what ),
			array( 'command' => 'ss -xlp | grep ' . $connection->path )
		);
	}

	/**
	 * The daemon speaks another version of the API.
	 *
	 * @param string $theirs The daemon's version; '' where it does not say.
	 */
	public static function other_version( string $theirs ): WP_Error {
		return self::make(
			'other_version',
			502,
			sprintf(
				/* translators: 1: version of the daemon, 2: version of the plugin. */
				__( 'The daemon’s version is %1$s, this plugin’s is %2$s, and they do not fit together. Update the older one.', 'portcullis' ),
				'' === $theirs ? __( 'another', 'portcullis' ) : $theirs,
				VERSION
			),
			array( 'command' => 'portcullis --version' )
		);
	}

	/**
	 * The daemon's own refusal (RFC 9457).
	 *
	 * @param Connection $connection Where from.
	 * @param array      $problem    Its document.
	 * @param int        $status     HTTP status.
	 */
	public static function from_problem( Connection $connection, array $problem, int $status ): WP_Error {
		$code = (string) $problem['code'];
		if ( 401 === $status || 'unauthorized' === $code || 'invalid_token' === $code ) {
			return self::make(
				'bad_token',
				503,
				__( 'The daemon does not accept this site’s token. Make a new one on the host and put it into wp-config.php as PORTCULLIS_TOKEN.', 'portcullis' ),
				array( 'command' => 'portcullis site token ' . Site::id() )
			);
		}
		if ( 'unknown_site' === $code ) {
			return self::unknown_site( $connection );
		}
		if ( 'unknown_route' === $code ) {
			return self::other_version( '' );
		}
		return self::make(
			$code,
			$status,
			(string) $problem['detail'],
			array(
				'hint'     => self::hint( $code, is_string( $problem['hint'] ?? null ) ? $problem['hint'] : '' ),
				'problems' => is_array( $problem['problems'] ?? null ) ? $problem['problems'] : array(),
			)
		);
	}

	/**
	 * What to do next: in the words of the panel where the daemon speaks of its API.
	 *
	 * @param string $code The daemon's code.
	 * @param string $hint The daemon's hint.
	 */
	private static function hint( string $code, string $hint ): string {
		return match ( $code ) {
			'shared_evidence' => __( 'Ask the host’s administrator to lift the ban: “Ask for an unban” sends a request with your note.', 'portcullis' ),
			'not_banned'      => __( 'If the address is locked out all the same, ask the host’s administrator.', 'portcullis' ),
			default           => str_contains( $hint, '/v1/' ) ? '' : $hint,
		};
	}
}
