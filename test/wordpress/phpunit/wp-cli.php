<?php
/**
 * As much of WP-CLI as the commands use: it is in no package of Debian.
 *
 * @package Portcullis\Tests
 */

namespace {
	/**
	 * Collects what commands print.
	 */
	class WP_CLI {

		/**
		 * What was printed.
		 *
		 * @var string[]
		 */
		public static array $lines = array();

		/**
		 * Prints.
		 *
		 * @param string $text A line.
		 */
		public static function line( string $text ): void {
			self::$lines[] = $text;
		}

		/**
		 * Prints what was done.
		 *
		 * @param string $text A line.
		 */
		public static function success( string $text ): void {
			self::$lines[] = "Success: $text";
		}

		/**
		 * Ends the command.
		 *
		 * @param string $text What went wrong.
		 * @throws DomainException Always.
		 */
		public static function error( string $text ): never {
			throw new DomainException( $text );
		}

		/**
		 * Ends the command.
		 *
		 * @param int $code Exit code.
		 * @throws DomainException Always.
		 */
		public static function halt( int $code ): never {
			throw new DomainException( "exit $code" );
		}
	}
}

namespace WP_CLI\Utils {
	/**
	 * Prints rows.
	 *
	 * @param string   $format Of them.
	 * @param array    $items  Rows.
	 * @param string[] $fields Columns.
	 */
	function format_items( string $format, array $items, array $fields ): void {
		foreach ( $items as $item ) {
			\WP_CLI::line( $format . ': ' . implode( ' | ', array_map( static fn( $field ) => is_scalar( $item[ $field ] ) ? $item[ $field ] : wp_json_encode( $item[ $field ] ), $fields ) ) );
		}
	}
}
