<?php
/**
 * Text from the daemon for people.
 *
 * @package Portcullis
 */

namespace Portcullis;

/**
 * Attackers wrote parts of it: what cannot be seen is made visible. Escaping for HTML comes on top, where it is printed.
 */
final class Text {

	/** Longer text is cut. */
	private const MAX = 300;

	/**
	 * A text on one line whose control, format and direction characters show as their code points.
	 *
	 * @param string $text From the daemon.
	 */
	public static function visible( string $text ): string {
		$valid = mb_scrub( $text, 'UTF-8' );
		$shown = preg_replace_callback(
			'/[\p{C}\p{Zl}\p{Zp}]/u',
			static fn( array $found ): string => sprintf( '<U+%04X>', mb_ord( $found[0], 'UTF-8' ) ),
			mb_substr( $valid, 0, self::MAX )
		);
		return (string) $shown . ( mb_strlen( $valid ) > self::MAX ? '…' : '' );
	}

	/**
	 * An instant in the site's time zone and format.
	 *
	 * @param string $instant RFC 3339.
	 */
	public static function instant( string $instant ): string {
		$seconds = strtotime( $instant );
		return false === $seconds ? $instant : (string) wp_date( get_option( 'date_format' ) . ' ' . get_option( 'time_format' ), $seconds );
	}

	/**
	 * How long ago an instant was, as '3 minutes ago'.
	 *
	 * @param string|null $instant RFC 3339; null: never.
	 */
	public static function ago( ?string $instant ): string {
		$seconds = null === $instant ? false : strtotime( $instant );
		if ( false === $seconds ) {
			return __( 'never', 'portcullis' );
		}
		/* translators: %s: a span of time. */
		return sprintf( __( '%s ago', 'portcullis' ), human_time_diff( $seconds ) );
	}
}
