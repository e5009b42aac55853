<?php
/**
 * Calls of the daemon.
 *
 * @package Portcullis
 */

namespace Portcullis;

use WP_Error;

/**
 * HTTP over the daemon's Unix socket, through WordPress' own HTTP API and curl. Without curl nothing is sent: WordPress would
 * take another transport and give the request, token included, to whoever listens on TCP port 80.
 */
final class Daemon_Client {

	/** How long a page waits for an answer, connecting included, in milliseconds. */
	public const READ_TIMEOUT = 900;

	/** How long a change may take, which the kernel has to confirm, in milliseconds. */
	public const WRITE_TIMEOUT = 5000;

	/** An answer has at most so many bytes: a page of 1,000 bans has less than half of that. */
	public const MAX_ANSWER = 2 * MB_IN_BYTES;

	/** The daemon takes user names of so many characters, as WordPress does. */
	private const MAX_USER = 60;

	/** The host must be localhost to pass WP_HTTP_BLOCK_EXTERNAL; the name means nothing to the daemon. */
	private const BASE = 'http://localhost';

	/**
	 * Where the daemon listens; found out at the first call.
	 *
	 * @var Connection|null
	 */
	private ?Connection $connection;

	/**
	 * Remembers failures for a while.
	 *
	 * @var Circuit_Breaker
	 */
	private Circuit_Breaker $breaker;

	/**
	 * Whether a sub-site asks for its whole network.
	 *
	 * @var bool
	 */
	private bool $network = false;

	/**
	 * Takes what it works with; no call is made yet.
	 *
	 * @param Connection|null $connection Where the daemon listens; null: as wp-config.php says.
	 */
	public function __construct( ?Connection $connection = null ) {
		$this->connection = $connection;
		$this->breaker    = new Circuit_Breaker();
	}

	/**
	 * The same client, asking for all sites of a network. Only for those who manage it: towards the daemon a network is one
	 * site, and otherwise each call is for the current sub-site alone.
	 */
	public function for_network(): self {
		$client          = clone $this;
		$client->network = true;
		return $client;
	}

	/**
	 * Where the daemon listens.
	 */
	public function connection(): Connection {
		$this->connection ??= Connection::from_constants();
		return $this->connection;
	}

	/**
	 * Reads from the daemon.
	 *
	 * @param string   $path  As '/v1/bans', its parts percent-encoded.
	 * @param array    $query Parameters; null and '' are left out.
	 * @param string[] $keys  What the answer must have, to be the daemon's.
	 * @return array|WP_Error The answer's value.
	 */
	public function get( string $path, array $query = array(), array $keys = array() ): array|WP_Error {
		return $this->call( 'GET', $path, $query, null, $keys );
	}

	/**
	 * A page of bans.
	 *
	 * @param array $query Parameters of the daemon's list.
	 * @return array|WP_Error Its items have at least what Ban::is_one() asks for.
	 */
	public function bans( array $query ): array|WP_Error {
		$page = $this->get( '/v1/bans', $query, array( 'items', 'next', 'total' ) );
		if ( is_wp_error( $page ) ) {
			return $page;
		}
		$bans = is_array( $page['items'] ) ? array_filter( $page['items'], array( Ban::class, 'is_one' ) ) : null;
		return null !== $bans && count( $bans ) === count( $page['items'] ) ? $page : $this->not_bans();
	}

	/**
	 * One ban with its evidence.
	 *
	 * @param int $id Its number.
	 */
	public function ban( int $id ): array|WP_Error {
		$ban = $this->get( '/v1/bans/' . $id );
		return is_wp_error( $ban ) || ( Ban::is_one( $ban ) && is_array( $ban['evidence']['lines'] ?? null ) ) ? $ban : $this->not_bans();
	}

	/**
	 * Has the daemon do something.
	 *
	 * @param string     $method POST or DELETE.
	 * @param string     $path   As '/v1/allow', its parts percent-encoded.
	 * @param array      $query  Parameters; null and '' are left out.
	 * @param array|null $body   The value to send.
	 * @param string[]   $keys   What the answer must have, to be the daemon's.
	 * @return array|WP_Error The answer's value.
	 */
	public function change( string $method, string $path, array $query = array(), ?array $body = null, array $keys = array() ): array|WP_Error {
		return $this->call( $method, $path, $query, $body, $keys );
	}

	/**
	 * Lets the next call be made even if the last one failed just now: for people who wait at a terminal.
	 */
	public function end_pause(): void {
		$this->breaker->close();
	}

	/**
	 * The answer is not about bans.
	 */
	private function not_bans(): WP_Error {
		$error = Daemon_Error::bad_answer( $this->connection(), __( 'what it calls bans are none.', 'portcullis' ) );
		$this->breaker->open( $error );
		return $error;
	}

	/**
	 * One call: refused in a pause, and beginning one if nobody answers.
	 *
	 * @param string     $method HTTP's.
	 * @param string     $path   Below BASE.
	 * @param array      $query  Parameters.
	 * @param array|null $body   The value to send.
	 * @param string[]   $keys   What the answer must have.
	 * @return array|WP_Error
	 */
	private function call( string $method, string $path, array $query, ?array $body, array $keys ): array|WP_Error {
		$paused = $this->breaker->error();
		if ( null !== $paused ) {
			return Daemon_Error::for_reader( $paused );
		}
		$answer = $this->send( $method, $path, $query, $body, $keys );
		if ( is_wp_error( $answer ) && Daemon_Error::is_of_the_connection( $answer ) ) {
			$this->breaker->open( $answer );
			return Daemon_Error::for_reader( $answer );
		}
		return $answer;
	}

	/**
	 * Sends the request and reads the answer.
	 *
	 * @param string     $method HTTP's.
	 * @param string     $path   Below BASE.
	 * @param array      $query  Parameters.
	 * @param array|null $body   The value to send.
	 * @param string[]   $keys   What the answer must have.
	 * @return array|WP_Error
	 */
	private function send( string $method, string $path, array $query, ?array $body, array $keys ): array|WP_Error {
		if ( ! $this->has_curl() ) {
			return Daemon_Error::no_curl();
		}
		$problem = $this->connection()->problem();
		if ( null !== $problem ) {
			return $problem;
		}
		$query   = array_filter( $query, static fn( $value ) => null !== $value && '' !== $value );
		$request = new Socket_Request(
			$this->connection(),
			self::BASE . $path . ( $query ? '?' . http_build_query( $query, '', '&', PHP_QUERY_RFC3986 ) : '' ),
			'GET' === $method ? self::READ_TIMEOUT : self::WRITE_TIMEOUT,
			self::MAX_ANSWER
		);
		$json    = null === $body ? null : wp_json_encode( $body );
		if ( false === $json ) {
			return Daemon_Error::make( 'invalid_request', 400, __( 'The request is not valid UTF-8.', 'portcullis' ) );
		}
		$response = $request->send( $method, $this->headers( null !== $json ), $json );
		return is_wp_error( $response ) ? $response : $this->read( $response, $keys );
	}

	/**
	 * Headers of a request. The token is not among them: other plugins see these.
	 *
	 * @param bool $has_body Whether there is a body.
	 * @return array<string, string>
	 */
	private function headers( bool $has_body ): array {
		$user    = self::claimed_user();
		$headers = array( 'Accept' => 'application/json' );
		if ( '' !== $user ) {
			$headers['X-Portcullis-User'] = rawurlencode( $user );
		}
		if ( is_multisite() && ! $this->network ) {
			$headers['X-Portcullis-Sub-Site'] = rawurlencode( Site::name() );
		}
		if ( $has_body ) {
			$headers['Content-Type'] = 'application/json';
		}
		return $headers;
	}

	/**
	 * For whom the daemon is asked, as its audit log will say: without what cannot be seen, and no longer than a login is.
	 */
	public static function claimed_user(): string {
		$user = (string) wp_get_current_user()->user_login;
		if ( '' === $user && defined( 'WP_CLI' ) && WP_CLI ) {
			$user = 'wp-cli';
		}
		return mb_substr( (string) preg_replace( '/[\p{C}\p{Zl}\p{Zp}]/u', '', Text::scrub( $user ) ), 0, self::MAX_USER );
	}

	/**
	 * The value of an answer, if it is one that the daemon gives.
	 *
	 * @param array    $response What wp_remote_request() gave.
	 * @param string[] $keys     What the value must have.
	 * @return array|WP_Error
	 */
	private function read( array $response, array $keys ): array|WP_Error {
		$status = (int) wp_remote_retrieve_response_code( $response );
		$value  = json_decode( wp_remote_retrieve_body( $response ), true, 64 );
		if ( ! is_array( $value ) ) {
			return Daemon_Error::bad_answer( $this->connection(), __( 'its answer is not JSON.', 'portcullis' ) );
		}
		if ( $status >= 400 ) {
			$is_problem = is_string( $value['code'] ?? null ) && is_string( $value['detail'] ?? null )
				&& 'urn:portcullis:' . $value['code'] === ( $value['type'] ?? null );
			return $is_problem
				? Daemon_Error::from_problem( $this->connection(), $value, $status )
				/* translators: %d: an HTTP status. */
				: Daemon_Error::bad_answer( $this->connection(), sprintf( __( 'it answers with status %d, without Portcullis’ explanation.', 'portcullis' ), $status ) );
		}
		if ( 200 !== $status && 201 !== $status ) {
			/* translators: %d: an HTTP status. */
			return Daemon_Error::bad_answer( $this->connection(), sprintf( __( 'it answers with status %d.', 'portcullis' ), $status ) );
		}
		if ( array_diff( $keys, array_keys( $value ) ) ) {
			return Daemon_Error::bad_answer( $this->connection(), __( 'its answer lacks what the daemon’s has.', 'portcullis' ) );
		}
		$version = $value['version'] ?? null;
		if ( is_string( $version ) && ! self::fits( $version ) ) {
			return Daemon_Error::other_version( $version );
		}
		return $value;
	}

	/**
	 * Whether a daemon of this version speaks this plugin's API: while the major version is 0, each minor one may change it.
	 *
	 * @param string $version The daemon's.
	 */
	private static function fits( string $version ): bool {
		$ours   = explode( '.', VERSION );
		$theirs = explode( '.', $version );
		return $ours[0] === $theirs[0] && ( '0' !== $ours[0] || $ours[1] === ( $theirs[1] ?? '' ) );
	}

	/**
	 * Whether PHP has curl, with Unix sockets, and may use it.
	 */
	private function has_curl(): bool {
		$has = function_exists( 'curl_init' ) && function_exists( 'curl_exec' ) && defined( 'CURLOPT_UNIX_SOCKET_PATH' );
		/**
		 * Filters whether curl is used. `false` makes the plugin refuse; nothing makes it use another transport.
		 *
		 * @param bool $has Whether PHP has curl with Unix sockets.
		 */
		return $has && apply_filters( 'portcullis_has_curl', true );
	}
}
