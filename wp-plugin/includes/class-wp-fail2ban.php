<?php
/**
 * Whether WP fail2ban's settings suit.
 *
 * @package Portcullis
 */

namespace Portcullis;

/**
 * Reads WP fail2ban's constants. Its plugin, or WP Fail2Ban Redux, must be active: without it nothing is logged.
 */
final class WP_Fail2Ban {

	/** What each of its log constants may be: the facilities that go into auth.log. */
	private const AUTH_FACILITIES = array( LOG_AUTH, LOG_AUTHPRIV );

	/**
	 * Whether one of the plugins, or something that stands in for them, is active.
	 */
	public function is_active(): bool {
		$is_active = defined( 'WP_FAIL2BAN_VER' ) || defined( 'WP_FAIL2BAN_VER_SHORT' ) || function_exists( 'org\\lecklider\\charles\\wordpress\\wp_fail2ban\\openlog' )
			|| class_exists( 'WP_Fail2Ban_Redux', false ) || defined( 'WP_FAIL2BAN_REDUX_VERSION' );
		/**
		 * Filters whether something writes failed logins into the log in WP fail2ban's words.
		 *
		 * @param bool $is_active Whether one of the plugins was found.
		 */
		return (bool) apply_filters( 'portcullis_wp_fail2ban_active', $is_active );
	}

	/**
	 * What is wrong, in sentences; empty: nothing.
	 *
	 * @return string[]
	 */
	public function problems(): array {
		if ( ! $this->is_active() ) {
			return array( __( 'Neither WP fail2ban nor WP Fail2Ban Redux is active. Without it no failed login is written into the log, and nobody is banned.', 'portcullis' ) );
		}
		$problems = array();
		$length   = (int) $this->setting( 'WP_FAIL2BAN_TRUNCATE_HOST' );
		if ( $length > 0 && $length < strlen( Site::name() ) ) {
			/* translators: 1: name of a constant, 2: a number of characters. */
			$problems[] = sprintf( __( '%1$s cuts this site’s name in the log to %2$d characters, so that its lines cannot be told from others’. Remove it from wp-config.php.', 'portcullis' ), 'WP_FAIL2BAN_TRUNCATE_HOST', $length );
		}
		$facility = $this->setting( 'WP_FAIL2BAN_AUTH_LOG' );
		if ( null !== $facility && ! in_array( $facility, self::AUTH_FACILITIES, true ) ) {
			/* translators: %s: name of a constant. */
			$problems[] = sprintf( __( '%s is neither LOG_AUTH nor LOG_AUTHPRIV, so that failed logins go into another file than auth.log.', 'portcullis' ), 'WP_FAIL2BAN_AUTH_LOG' );
		}
		if ( defined( 'WP_FAIL2BAN_PROXIES' ) && array() === Own_Address::trusted_proxies() ) {
			/* translators: %s: name of a constant. */
			$problems[] = sprintf( __( '%s is empty or not a list of addresses.', 'portcullis' ), 'WP_FAIL2BAN_PROXIES' );
		}
		return $problems;
	}

	/**
	 * A constant's value, null where it is not defined.
	 *
	 * @param string $name The constant.
	 */
	private function setting( string $name ): mixed {
		return defined( $name ) ? constant( $name ) : null;
	}
}
