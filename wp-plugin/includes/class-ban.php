<?php
/**
 * What PHP relies on in a ban.
 *
 * @package Portcullis
 */

namespace Portcullis;

/**
 * A ban is the daemon's word, which is passed on as it is; but what this plugin itself prints of it must be there.
 */
final class Ban {

	/**
	 * Whether a value has a ban's fields, as far as PHP looks at them.
	 *
	 * @param mixed $value A part of an answer.
	 */
	public static function is_one( mixed $value ): bool {
		return is_array( $value )
			&& is_int( $value['id'] ?? null )
			&& is_string( $value['ip'] ?? null )
			&& is_string( $value['reason'] ?? null )
			&& is_string( $value['since'] ?? null )
			&& array_key_exists( 'until', $value ) && ( null === $value['until'] || is_string( $value['until'] ) )
			&& is_array( $value['users'] ?? null ) && array_filter( $value['users'], 'is_string' ) === $value['users']
			&& is_array( $value['sites'] ?? null ) && array_filter( $value['sites'], 'is_int' ) === $value['sites']
			&& is_int( $value['other_sites'] ?? 0 );
	}
}
