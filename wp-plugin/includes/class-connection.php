<?php
/**
 * Where the daemon listens for this site.
 *
 * @package Portcullis
 */

namespace Portcullis;

use WP_Error;

/**
 * The socket and, where all sites run as one Unix user, this site's token. Both come from wp-config.php only: a form
 * would let a site administrator aim PHP at any socket on the host.
 */
final class Connection {

	/** Where the daemon's sockets are unless wp-config.php says otherwise. */
	public const RUN_DIR = '/run/portcullis';

	/** A Unix socket's path may have so many bytes (sun_path, less the closing NUL). */
	private const MAX_PATH = 107;

	/**
	 * Keeps the two values.
	 *
	 * @param string $path  The socket's path.
	 * @param string $token The token of the shared mode; '' in the isolated mode.
	 */
	public function __construct(
		public readonly string $path,
		#[\SensitiveParameter] private readonly string $token = ''
	) {}

	/**
	 * Reads PORTCULLIS_SOCKET and PORTCULLIS_TOKEN. Without the former: the socket that is named after this site or,
	 * with a token, the one that sites share.
	 */
	public static function from_constants(): self {
		$token   = self::constant( 'PORTCULLIS_TOKEN' );
		$default = '' === $token ? '/sites/' . Site::id() . '.sock' : '/sites/shared.sock';
		$path    = self::constant( 'PORTCULLIS_SOCKET' );
		return new self( '' === $path ? self::RUN_DIR . $default : $path, $token );
	}

	/**
	 * Whether sites share the socket and are told apart by tokens.
	 */
	public function is_shared(): bool {
		return '' !== $this->token;
	}

	/**
	 * Why the path cannot be a socket's, or null.
	 */
	public function problem(): ?WP_Error {
		if ( '/' === substr( $this->path, 0, 1 ) && strlen( $this->path ) <= self::MAX_PATH && ! str_contains( $this->path, "\0" ) ) {
			return null;
		}
		return Daemon_Error::make(
			'bad_socket_path',
			503,
			sprintf(
				/* translators: 1: name of a constant, 2: a path, 3: a number of bytes. */
				__( '%1$s is “%2$s”. It must be an absolute path of at most %3$d bytes; correct it in wp-config.php.', 'portcullis' ),
				'PORTCULLIS_SOCKET',
				Text::cut( $this->path, 120 ),
				self::MAX_PATH
			)
		);
	}

	/**
	 * Points a request at the socket and proves who asks.
	 *
	 * @param \CurlHandle $handle The request.
	 */
	public function apply_to( \CurlHandle $handle ): void {
		// phpcs:disable WordPress.WP.AlternativeFunctions -- WordPress has no other way to a Unix socket; the request itself is wp_remote_request()'s.
		curl_setopt( $handle, CURLOPT_UNIX_SOCKET_PATH, $this->path );
		curl_setopt( $handle, CURLOPT_PROXY, '' );
		if ( $this->is_shared() ) {
			curl_setopt( $handle, CURLOPT_HTTPAUTH, CURLAUTH_BEARER );
			curl_setopt( $handle, CURLOPT_XOAUTH2_BEARER, $this->token );
		}
		// phpcs:enable
	}

	/**
	 * Keeps the token out of dumps.
	 */
	public function __debugInfo(): array {
		return array(
			'path'  => $this->path,
			'token' => $this->is_shared() ? '[redacted]' : '',
		);
	}

	/**
	 * A constant's text, '' where there is none.
	 *
	 * @param string $name The constant.
	 */
	private static function constant( string $name ): string {
		$value = defined( $name ) ? constant( $name ) : '';
		return is_string( $value ) ? trim( $value ) : '';
	}
}
