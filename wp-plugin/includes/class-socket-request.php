<?php
/**
 * One HTTP request over a Unix socket.
 *
 * @package Portcullis
 */

namespace Portcullis;

use WP_Error;

/**
 * Aims one request of wp_remote_request() at a socket, in a callback that is there for this request only, and throws the
 * answer away if the callback did not run: it then came from somewhere else.
 */
final class Socket_Request {

	/**
	 * The request's curl handle, once the callback ran.
	 *
	 * @var \CurlHandle|null
	 */
	private ?\CurlHandle $handle = null;

	/**
	 * Whether the answer was cut off for its size.
	 *
	 * @var bool
	 */
	private bool $is_too_large = false;

	/**
	 * Takes where to send what.
	 *
	 * @param Connection $connection Where the daemon listens.
	 * @param string     $url        Beginning with http://localhost.
	 * @param int        $timeout    For all of it, in milliseconds.
	 * @param int        $max_answer In bytes.
	 */
	public function __construct(
		private readonly Connection $connection,
		private readonly string $url,
		private readonly int $timeout,
		private readonly int $max_answer
	) {}

	/**
	 * Sends it.
	 *
	 * @param string      $method  HTTP's.
	 * @param array       $headers By name.
	 * @param string|null $body    JSON.
	 * @return array|WP_Error What wp_remote_request() gave, or what went wrong, in a sentence.
	 */
	public function send( string $method, array $headers, ?string $body ): array|WP_Error {
		$aim = function ( &$handle, $args, $url ): void {
			if ( $url === $this->url && null === $this->handle ) {
				$this->aim( $handle );
			}
		};
		add_action( 'http_api_curl', $aim, PHP_INT_MAX, 3 );
		try {
			$response = wp_remote_request(
				$this->url,
				array(
					'method'              => $method,
					'headers'             => $headers,
					'body'                => $body,
					// In whole seconds; aim() says it in milliseconds.
					'timeout'             => (int) ceil( $this->timeout / 1000 ),
					'redirection'         => 0,
					'limit_response_size' => $this->max_answer,
					'decompress'          => false,
					'cookies'             => array(),
				)
			);
		} finally {
			remove_action( 'http_api_curl', $aim, PHP_INT_MAX );
		}
		if ( null === $this->handle ) {
			return Daemon_Error::diverted();
		}
		return is_wp_error( $response ) ? $this->explain() : $response;
	}

	/**
	 * Sets the socket and the limits, after everybody else has set theirs.
	 *
	 * @param \CurlHandle $handle The request.
	 */
	private function aim( \CurlHandle $handle ): void {
		$this->handle = $handle;
		$this->connection->apply_to( $handle );
		$watch = function ( $of, $expected, $received ): int {
			$this->is_too_large = max( $expected, $received ) > $this->max_answer;
			// Anything but 0 ends the transfer.
			return $this->is_too_large ? 1 : 0;
		};
		// phpcs:disable WordPress.WP.AlternativeFunctions -- As in Connection::apply_to().
		curl_setopt( $handle, CURLOPT_NOSIGNAL, true );
		curl_setopt( $handle, CURLOPT_CONNECTTIMEOUT_MS, $this->timeout );
		curl_setopt( $handle, CURLOPT_TIMEOUT_MS, $this->timeout );
		curl_setopt( $handle, CURLOPT_FOLLOWLOCATION, false );
		curl_setopt( $handle, CURLOPT_ENCODING, 'identity' );
		curl_setopt( $handle, CURLOPT_NOPROGRESS, false );
		curl_setopt( $handle, CURLOPT_PROGRESSFUNCTION, $watch );
		// phpcs:enable
	}

	/**
	 * What went wrong, by curl's number: its words speak of port 80.
	 */
	private function explain(): WP_Error {
		// phpcs:disable WordPress.WP.AlternativeFunctions -- As in Connection::apply_to().
		$number = curl_errno( $this->handle );
		$errno  = (int) curl_getinfo( $this->handle, CURLINFO_OS_ERRNO );
		// phpcs:enable
		if ( $this->is_too_large ) {
			return Daemon_Error::bad_answer(
				$this->connection,
				/* translators: %s: a size, as '2 MB'. */
				sprintf( __( 'its answer is larger than %s.', 'portcullis' ), (string) size_format( $this->max_answer ) )
			);
		}
		return match ( $number ) {
			CURLE_COULDNT_CONNECT    => Daemon_Error::no_connection( $this->connection, $errno, $this->daemon_runs() ),
			CURLE_OPERATION_TIMEDOUT => Daemon_Error::timeout( $this->timeout ),
			/* translators: %d: number of an error of curl. */
			default                  => Daemon_Error::bad_answer( $this->connection, sprintf( __( 'it does not speak HTTP as it should (curl error %d).', 'portcullis' ), $number ) ),
		};
	}

	/**
	 * Whether the administrator's socket is there, beside the sites': then the daemon runs and only this site's socket is
	 * missing. PHP may not open it, and need not: that it may not is the answer. Nothing is sent.
	 */
	private function daemon_runs(): bool {
		$admin = dirname( $this->connection->path, 2 ) . '/admin.sock';
		$errno = 0;
		$said  = '';
		// phpcs:ignore WordPress.PHP.NoSilencedErrors.Discouraged -- Its warning is the answer.
		$stream = @stream_socket_client( 'unix://' . $admin, $errno, $said, 0.2 );
		if ( is_resource( $stream ) ) {
			stream_socket_shutdown( $stream, STREAM_SHUT_RDWR );
			return true;
		}
		return 13 === $errno;
	}
}
