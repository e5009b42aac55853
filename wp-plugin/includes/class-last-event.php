<?php
/**
 * Proof that the log reaches the daemon.
 *
 * @package Portcullis
 */

namespace Portcullis;

use WP_Error;

/**
 * When the log last had a line of a site.
 */
final class Last_Event {

	/**
	 * The instant, null if the daemon knows of none.
	 *
	 * @param Daemon_Client $daemon Talks to the daemon.
	 * @param Network_Scope $scope  Of which site, or of all of this installation.
	 * @return string|null|WP_Error
	 */
	public static function of( Daemon_Client $daemon, Network_Scope $scope ): string|null|WP_Error {
		if ( null === $scope->name ) {
			$site = $daemon->get( '/v1/site', array(), array( 'id', 'version' ) );
			return is_wp_error( $site ) ? $site : ( $site['last_event_at'] ?? null );
		}
		$sites = $daemon->get( '/v1/sites', array( 'limit' => 1000 ), array( 'items' ) );
		if ( is_wp_error( $sites ) ) {
			return $sites;
		}
		return array_column( $sites['items'], 'last_event_at', 'name' )[ $scope->name ] ?? null;
	}
}
