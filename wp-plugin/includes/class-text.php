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
		$valid = self::scrub( $text );
		$shown = preg_replace_callback(
			'/[\p{C}\p{Zl}\p{Zp}]/u',
			static fn( array $found ): string => sprintf( '<U+%04X>', self::code_point( $found[0] ) ),
			mb_substr( $valid, 0, self::MAX )
		);
		return (string) $shown . ( mb_strlen( $valid ) > self::MAX ? '…' : '' );
	}

	/**
	 * The text with U+FFFD in place of what is not UTF-8. PHP's mbstring may be missing; WordPress stands in only for
	 * two of its functions.
	 *
	 * @param string $text From anywhere.
	 */
	public static function scrub( string $text ): string {
		return htmlspecialchars_decode( htmlspecialchars( $text, ENT_NOQUOTES | ENT_SUBSTITUTE, 'UTF-8' ), ENT_NOQUOTES );
	}

	/**
	 * At most that many characters of a text, with an ellipsis where there were more.
	 *
	 * @param string $text   UTF-8.
	 * @param int    $length At least 1.
	 */
	public static function cut( string $text, int $length ): string {
		return mb_strlen( $text ) <= $length ? $text : mb_substr( $text, 0, $length - 1 ) . '…';
	}

	/**
	 * The code point of a character.
	 *
	 * @param string $character One, in UTF-8.
	 */
	private static function code_point( string $character ): int {
		$bytes = array_map( 'ord', str_split( $character ) );
		$lead  = array_shift( $bytes );
		$point = array() === $bytes ? $lead : $lead & ( 0x3F >> count( $bytes ) );
		foreach ( $bytes as $byte ) {
			$point = $point << 6 | ( $byte & 0x3F );
		}
		return $point;
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
