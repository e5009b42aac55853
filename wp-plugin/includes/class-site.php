<?php
/**
 * How this site is called outside of WordPress.
 *
 * @package Portcullis
 */

namespace Portcullis;

/**
 * Names of sites as WP fail2ban writes them into the log and as the daemon spells them: the host in lower case, without
 * port and closing dot, and the path of a sub-site of a network.
 */
final class Site {

	/** More sites of a network than this are not named on one screen. */
	public const MAX_LISTED = 500;

	/** The titles of so many are looked up, each in tables of its own. */
	private const MAX_TITLED = 100;

	/** An id has at most so many bytes: it names a socket. */
	private const MAX_ID = 40;

	/**
	 * The name of a site of this network, or of the only site.
	 *
	 * @param int $blog_id The site; 0 for the current one.
	 */
	public static function name( int $blog_id = 0 ): string {
		if ( is_multisite() ) {
			return self::name_of( get_site( $blog_id ? $blog_id : null ) );
		}
		return self::host( (string) wp_parse_url( get_option( 'home' ), PHP_URL_HOST ) );
	}

	/**
	 * The id under which the daemon knows the site, or the network: it names the socket.
	 */
	public static function id(): string {
		return self::id_of( self::main_name() );
	}

	/**
	 * The name of the network's main site, or of the only site.
	 */
	public static function main_name(): string {
		return self::name( is_multisite() ? get_main_site_id() : 0 );
	}

	/**
	 * The id that `portcullis site add` derives from a name: the name, as far as a file can be called so; a longer one ends in
	 * a part of its hash.
	 *
	 * @param string $name A site's name.
	 */
	public static function id_of( string $name ): string {
		$id = trim( (string) preg_replace( '/[^a-z0-9.-]+/', '-', strtolower( $name ) ), '.-' );
		if ( '' !== $id && 'shared' !== $id && strlen( $id ) <= self::MAX_ID ) {
			return $id;
		}
		$hash = substr( hash( 'sha256', $name ), 0, 8 );
		return ltrim( rtrim( substr( $id, 0, self::MAX_ID - 9 ), '.-' ) . '-' . $hash, '-' );
	}

	/**
	 * The names of all sites of the network, the main one first; of a single site its own.
	 *
	 * @return string[]
	 */
	public static function all_names(): array {
		return is_multisite() ? array_map( array( self::class, 'name_of' ), self::sites() ) : array( self::name() );
	}

	/**
	 * All sites of the network, the main one first, at most MAX_LISTED.
	 *
	 * @return array<int, array{name: string, url: string, title: string}>
	 */
	public static function all(): array {
		if ( ! is_multisite() ) {
			return array( self::describe( 0 ) );
		}
		$sites  = self::sites();
		$titled = count( $sites ) <= self::MAX_TITLED;
		return array_map(
			static fn( \WP_Site $site ) => $titled ? self::describe( (int) $site->blog_id ) : array(
				'name'  => self::name_of( $site ),
				'url'   => set_url_scheme( 'http://' . $site->domain . $site->path ),
				'title' => self::name_of( $site ),
			),
			$sites
		);
	}

	/**
	 * One site for the panel.
	 *
	 * @param int $blog_id The site; 0 for the current one.
	 * @return array{name: string, url: string, title: string}
	 */
	public static function describe( int $blog_id = 0 ): array {
		$title = is_multisite() && $blog_id ? get_blog_option( $blog_id, 'blogname' ) : get_option( 'blogname' );
		return array(
			'name'  => self::name( $blog_id ),
			'url'   => get_home_url( $blog_id ? $blog_id : null, '/' ),
			'title' => wp_specialchars_decode( (string) $title, ENT_QUOTES ),
		);
	}

	/**
	 * The sites of the network, the main one first, at most MAX_LISTED.
	 *
	 * @return \WP_Site[]
	 */
	private static function sites(): array {
		return get_sites(
			array(
				'number'  => self::MAX_LISTED,
				'deleted' => 0,
				'orderby' => 'id',
			)
		);
	}

	/**
	 * A sub-site's name: its path is in its ident, a single site's is not.
	 *
	 * @param \WP_Site|null $site The site.
	 */
	private static function name_of( ?\WP_Site $site ): string {
		return self::host( $site->domain ?? '' ) . untrailingslashit( $site->path ?? '' );
	}

	/**
	 * A host as the daemon spells it.
	 *
	 * @param string $host Perhaps with a port.
	 */
	private static function host( string $host ): string {
		return rtrim( strtolower( (string) preg_replace( '/:\d+$/', '', $host ) ), '.' );
	}

	/**
	 * What to run on the host so that the daemon knows this site, or this network with all its sites.
	 *
	 * @param bool $shared Whether sites share a socket.
	 */
	public static function registration_command( bool $shared ): string {
		$names = self::all_names();
		$main  = array_shift( $names );
		$words = array( 'portcullis', 'site', 'add', $main );
		foreach ( $names as $name ) {
			// A name covers the sub-sites in folders below it.
			if ( ! str_starts_with( $name, $main . '/' ) ) {
				array_push( $words, '--domain', $name );
			}
		}
		array_push( $words, ...( $shared ? array( '--mode', 'shared' ) : array( '--user', self::unix_user() ) ) );
		array_push( $words, '--wp', untrailingslashit( ABSPATH ) );
		return implode( ' ', array_map( array( self::class, 'shell_word' ), $words ) );
	}

	/**
	 * The Unix user that PHP runs as; its number where the name is not known.
	 */
	public static function unix_user(): string {
		if ( ! function_exists( 'posix_geteuid' ) ) {
			return 'www-data';
		}
		$entry = posix_getpwuid( posix_geteuid() );
		return is_array( $entry ) ? $entry['name'] : (string) posix_geteuid();
	}

	/**
	 * A word for a shell, in quotes only where it needs them.
	 *
	 * @param string $word The word.
	 */
	private static function shell_word( string $word ): string {
		return preg_match( '/^[A-Za-z0-9_.:\/@%+=-]+$/', $word ) ? $word : "'" . str_replace( "'", "'\\''", $word ) . "'";
	}
}
