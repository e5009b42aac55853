<?php
/**
 * A few numbers for widgets.
 *
 * @package Portcullis
 */

namespace Portcullis;

use WP_Error;

/**
 * Bans in force, failures of the last day, and when the log last named this site: asked at most once in 60 s, for all users.
 */
final class Counters {

	private const TRANSIENT = 'portcullis_counters';

	/** How long an answer is good, in seconds. */
	private const LIFETIME = 60;

	/**
	 * Keeps the client.
	 *
	 * @param Daemon_Client $daemon Talks to the daemon.
	 */
	public function __construct( private readonly Daemon_Client $daemon ) {}

	/**
	 * The numbers.
	 *
	 * @param bool $network Of all sites of the network.
	 * @return array{bans: int, failures: int, last_event_at: string|null}|WP_Error
	 */
	public function get( bool $network ): array|WP_Error {
		$cached = $network ? get_site_transient( self::TRANSIENT ) : get_transient( self::TRANSIENT );
		if ( is_array( $cached ) ) {
			return $cached;
		}
		$counters = self::ask( $network ? $this->daemon->for_network() : $this->daemon );
		if ( is_array( $counters ) ) {
			if ( $network ) {
				set_site_transient( self::TRANSIENT, $counters, self::LIFETIME );
			} else {
				set_transient( self::TRANSIENT, $counters, self::LIFETIME );
			}
		}
		return $counters;
	}

	/**
	 * Asks the daemon.
	 *
	 * @param Daemon_Client $daemon Asked for one site, or for all of them.
	 */
	private static function ask( Daemon_Client $daemon ): array|WP_Error {
		$bans = $daemon->bans( array( 'limit' => 1 ) );
		if ( is_wp_error( $bans ) ) {
			return $bans;
		}
		$since = gmdate( 'Y-m-d\TH:i:s.000\Z', time() - DAY_IN_SECONDS );
		$stats = $daemon->get( '/v1/stats', array( 'since' => $since ), array( 'failures' ) );
		if ( is_wp_error( $stats ) ) {
			return $stats;
		}
		$site = $daemon->get( '/v1/site', array(), array( 'id', 'version' ) );
		return is_wp_error( $site ) ? $site : array(
			'bans'          => (int) $bans['total'],
			'failures'      => (int) $stats['failures'],
			'last_event_at' => $site['last_event_at'] ?? null,
		);
	}
}
