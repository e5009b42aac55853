<?php
/**
 * IP addresses as people paste them.
 *
 * @package Portcullis
 */

namespace Portcullis;

use WP_Error;

/**
 * Refuses early what the daemon would refuse, with the reason. The daemon decides; this spares the trip and says it in the
 * user's language.
 */
final class Address {

	/** Nothing wider than one IPv6 client's network. */
	private const WIDEST_IPV6 = 64;

	/**
	 * Whether a value is one address or, if that will do, one IPv6 client's network.
	 *
	 * @param mixed $value   What was given.
	 * @param bool  $network Whether a network will do, of any size: it is only looked up.
	 * @return true|WP_Error
	 */
	public static function validate( mixed $value, bool $network = false ): bool|WP_Error {
		if ( ! is_string( $value ) ) {
			return self::refuse( __( 'An IP address is a text.', 'portcullis' ) );
		}
		$parts   = explode( '/', trim( $value ), 2 );
		$is_ipv6 = false !== filter_var( $parts[0], FILTER_VALIDATE_IP, FILTER_FLAG_IPV6 );
		if ( ! $is_ipv6 && false === filter_var( $parts[0], FILTER_VALIDATE_IP, FILTER_FLAG_IPV4 ) ) {
			/* translators: %s: what was entered. */
			return self::refuse( sprintf( __( '“%s” is not an IP address.', 'portcullis' ), self::printable( $value ) ) );
		}
		if ( ! isset( $parts[1] ) ) {
			return true;
		}
		$longest = $is_ipv6 ? 128 : 32;
		if ( ! preg_match( '/^(0|[1-9][0-9]{0,2})$/', $parts[1] ) || (int) $parts[1] > $longest ) {
			/* translators: %s: what was entered. */
			return self::refuse( sprintf( __( '“%s” is not a network.', 'portcullis' ), self::printable( $value ) ) );
		}
		if ( $network || (int) $parts[1] >= ( $is_ipv6 && ! self::is_mapped( $parts[0] ) ? self::WIDEST_IPV6 : $longest ) ) {
			return true;
		}
		return self::refuse(
			/* translators: %s: a network that was entered. */
			sprintf( __( '“%s” is too wide. A site may name single addresses, or the /64 network of one IPv6 client; wider ones are for the host’s administrator.', 'portcullis' ), self::printable( $value ) )
		);
	}

	/**
	 * Whether an IPv6 address stands for an IPv4 one: `::ffff:198.51.100.7`.
	 *
	 * @param string $ip A valid IPv6 address.
	 */
	private static function is_mapped( string $ip ): bool {
		return str_starts_with( (string) inet_pton( $ip ), str_repeat( "\0", 10 ) . "\xff\xff" );
	}

	/**
	 * The refusal of a value.
	 *
	 * @param string $sentence Why.
	 */
	private static function refuse( string $sentence ): WP_Error {
		return Daemon_Error::make( 'invalid_address', 400, $sentence );
	}

	/**
	 * A value for a sentence: without control and direction characters, and not long.
	 *
	 * @param string $value What was given.
	 */
	private static function printable( string $value ): string {
		$clean = preg_replace( '/[^\PC\s]|\s+/u', ' ', wp_check_invalid_utf8( $value, true ) );
		return Text::cut( trim( (string) $clean ), 60 );
	}
}
