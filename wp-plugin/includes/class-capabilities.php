<?php
/**
 * Who may do what in the panel.
 *
 * @package Portcullis
 */

namespace Portcullis;

/**
 * Three capabilities of our own. None is stored: each follows from one that WordPress has, so that roles stay as they
 * are and nothing remains when the plugin goes. What the daemon lets this site do is another matter, and decided there.
 */
final class Capabilities {

	public const VIEW  = 'portcullis_view';
	public const UNBAN = 'portcullis_unban';
	public const ALLOW = 'portcullis_allow';

	/** Passed as argument of a check: the whole network's bans, not one site's. */
	public const NETWORK = 'network';

	/**
	 * Adds the hook.
	 */
	public function register(): void {
		add_filter( 'map_meta_cap', array( $this, 'map' ), 10, 4 );
	}

	/**
	 * What each capability asks for. The daemon keeps sub-sites of a network apart, so that an administrator of one needs no
	 * more than that of a single site.
	 *
	 * @param string[] $required Capabilities that WordPress asks for.
	 * @param string   $wanted   The capability that is checked.
	 * @param int      $user_id  The user. Unused.
	 * @param array    $args     NETWORK, or nothing.
	 * @return string[]
	 */
	public function map( array $required, string $wanted, int $user_id, array $args ): array {
		if ( ! in_array( $wanted, array( self::VIEW, self::UNBAN, self::ALLOW ), true ) ) {
			return $required;
		}
		$network = in_array( self::NETWORK, $args, true );
		return array( $network ? 'manage_network_options' : 'manage_options' );
	}
}
