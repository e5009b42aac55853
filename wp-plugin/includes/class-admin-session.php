<?php
/**
 * Tells the daemon from where an administrator works.
 *
 * @package Portcullis
 */

namespace Portcullis;

/**
 * While the panel is open, a ban of the reader's own address that rests on this site's lines alone waits for the host's
 * administrator. Said at most once in five minutes for each address, and only from the panel's own requests.
 */
final class Admin_Session {

	public const TRANSIENT = 'portcullis_sessions';

	private const PAUSE = 5 * MINUTE_IN_SECONDS;

	/** Addresses that are remembered as said; the daemon believes a site as many. */
	private const MAX = 5;

	/**
	 * Says it, if that is due. Whatever comes of it: a daemon that does not know of this goes without.
	 *
	 * @param Daemon_Client $daemon Who is told.
	 */
	public static function tell( Daemon_Client $daemon ): void {
		$ip = Own_Address::describe()['ip'];
		if ( '' === $ip ) {
			return;
		}
		$now  = time();
		$said = get_transient( self::TRANSIENT );
		$said = array_filter( is_array( $said ) ? $said : array(), static fn( $at ) => is_int( $at ) && $at > $now - self::PAUSE );
		if ( isset( $said[ $ip ] ) ) {
			return;
		}
		$said[ $ip ] = $now;
		set_transient( self::TRANSIENT, array_slice( $said, -self::MAX, null, true ), self::PAUSE );
		$daemon->change( 'POST', '/v1/session', array(), array( 'ip' => $ip ) );
	}
}
