<?php
/**
 * Keeps the sites of one network apart.
 *
 * @package Portcullis
 */

namespace Portcullis;

use WP_Error;

/**
 * Towards the daemon a network is one site: it has one Unix user, so nothing in the system keeps its sub-sites apart. Between
 * them WordPress does: an administrator of a sub-site sees what the daemon says of that sub-site, and of the others a number.
 */
final class Network_Scope {

	/**
	 * Use whole() or current().
	 *
	 * @param string|null $name The sub-site's name; null: everything the daemon tells.
	 */
	private function __construct( public readonly ?string $name ) {}

	/**
	 * All that the daemon tells this installation.
	 */
	public static function whole(): self {
		return new self( null );
	}

	/**
	 * What the current site may see: a sub-site its own.
	 */
	public static function current(): self {
		return new self( is_multisite() ? Site::name() : null );
	}

	/**
	 * Parameters of a list, with this site's name in them.
	 *
	 * @param array $query Parameters.
	 */
	public function narrow( array $query ): array {
		return null === $this->name ? $query : array( 'site' => $this->name ) + array_diff_key( $query, array( 'site' => true ) );
	}

	/**
	 * A page of bans as this site may see them.
	 *
	 * @param array|WP_Error $page The daemon's answer.
	 */
	public function redact_page( array|WP_Error $page ): array|WP_Error {
		if ( null !== $this->name && is_array( $page ) ) {
			$page['items'] = array_map( array( $this, 'redact' ), $page['items'] );
		}
		return $page;
	}

	/**
	 * A ban as this site may see it. Which user names were tried at which site the ban does not say, so that they are told
	 * only where no other site has evidence; log lines name their site.
	 *
	 * @param array $ban The daemon's ban.
	 */
	public function redact( array $ban ): array {
		if ( null === $this->name ) {
			return $ban;
		}
		$own    = array_intersect_key( $ban['sites'], array( $this->name => true ) );
		$others = count( $ban['sites'] ) - count( $own ) + (int) ( $ban['other_sites'] ?? 0 );
		if ( count( $own ) < count( $ban['sites'] ) ) {
			$ban['users'] = array();
			if ( isset( $ban['evidence'] ) ) {
				$ban['evidence']['lines']  = array_values( array_filter( $ban['evidence']['lines'], array( $this, 'is_own_line' ) ) );
				$ban['evidence']['events'] = array();
			}
			$ban['failures'] = (int) array_sum( $own );
		}
		$ban['sites']       = $own;
		$ban['other_sites'] = $others;
		return $ban;
	}

	/**
	 * Whether the ban concerns this site at all.
	 *
	 * @param array $ban The daemon's ban.
	 */
	public function concerns( array $ban ): bool {
		return null === $this->name || isset( $ban['sites'][ $this->name ] );
	}

	/**
	 * Why this site may not lift these bans, or null.
	 *
	 * @param array  $bans Bans that cover the address.
	 * @param string $ip   The address.
	 */
	public function objection( array $bans, string $ip ): ?WP_Error {
		if ( null === $this->name ) {
			return null;
		}
		$own = array_filter( $bans, array( $this, 'concerns' ) );
		if ( ! $own ) {
			/* translators: %s: an IP address. */
			return Daemon_Error::make( 'not_banned', 404, sprintf( __( '%s is not banned because of this site.', 'portcullis' ), $ip ) );
		}
		foreach ( $bans as $ban ) {
			if ( count( $ban['sites'] ) > 1 || ! $this->concerns( $ban ) ) {
				return Daemon_Error::make(
					'shared_evidence',
					409,
					/* translators: %s: an IP address. */
					sprintf( __( 'Other sites of the network have evidence against %s.', 'portcullis' ), $ip ),
					array( 'hint' => __( 'Ask the network’s administrator to lift the ban.', 'portcullis' ) )
				);
			}
		}
		return null;
	}

	/**
	 * Whether this site wrote a line, by its ident: `wordpress(host/shop)[123]:`.
	 *
	 * @param string $line A log line.
	 */
	private function is_own_line( string $line ): bool {
		return 1 === preg_match( '/^[^(]* (?:wordpress|wp)\(' . preg_quote( $this->name, '/' ) . '(?::\d+)?\.?\)(?:\[\d+\])?: /i', $line );
	}
}
