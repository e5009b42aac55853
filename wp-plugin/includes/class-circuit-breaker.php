<?php
/**
 * Spares pages the wait for a daemon that is away.
 *
 * @package Portcullis
 */

namespace Portcullis;

use WP_Error;

/**
 * After a call that found nobody, none is made for 30 s, by no page of the site or network: each is told what that call
 * found. One transient, at most one row in the database.
 */
final class Circuit_Breaker {

	private const TRANSIENT = 'portcullis_pause';

	/** How long no call is made, in seconds. */
	public const PAUSE = 30;

	/**
	 * The error of the call that began the pause, or null where calls may be made.
	 */
	public function error(): ?WP_Error {
		$pause = get_site_transient( self::TRANSIENT );
		if ( ! is_array( $pause ) || ! isset( $pause['until'], $pause['code'], $pause['message'], $pause['data'] ) ) {
			return null;
		}
		$left = (int) $pause['until'] - time();
		// A clock that was set back must not prolong the pause.
		if ( $left <= 0 || $left > self::PAUSE ) {
			return null;
		}
		$data = array(
			'retry_after' => $left,
			'cause'       => $pause['code'],
		);
		return new WP_Error( 'portcullis_paused', $pause['message'], $data + (array) $pause['data'] );
	}

	/**
	 * Begins a pause.
	 *
	 * @param WP_Error $error What the call found.
	 */
	public function open( WP_Error $error ): void {
		set_site_transient(
			self::TRANSIENT,
			array(
				'until'   => time() + self::PAUSE,
				'code'    => $error->get_error_code(),
				'message' => $error->get_error_message(),
				'data'    => $error->get_error_data(),
			),
			self::PAUSE
		);
	}

	/**
	 * Ends the pause, if there is one.
	 */
	public function close(): void {
		if ( false !== get_site_transient( self::TRANSIENT ) ) {
			delete_site_transient( self::TRANSIENT );
		}
	}
}
