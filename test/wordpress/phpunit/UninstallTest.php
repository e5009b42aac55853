<?php
/**
 * What is left when the plugin is deleted.
 *
 * @package Portcullis\Tests
 */

namespace Portcullis\Tests;

/**
 * Tests of uninstall.php.
 */
final class UninstallTest extends TestCase {

	/** Nothing. */
	public function test_leaves_nothing_in_the_database(): void {
		$this->client( 'refusing' )->get( '/v1/status' );
		set_transient( 'portcullis_counters', array(), 60 );
		set_site_transient( 'portcullis_counters', array(), 60 );
		if ( is_multisite() ) {
			switch_to_blog( get_blog_id_from_url( 'blog.example.com', '/shop/' ) );
			set_transient( 'portcullis_counters', array(), 60 );
			restore_current_blog();
		}
		$this->assertNotSame( array(), $this->remains() );

		define( 'WP_UNINSTALL_PLUGIN', 'portcullis/portcullis.php' );
		require WP_PLUGIN_DIR . '/portcullis/uninstall.php';

		$this->assertSame( array(), $this->remains() );
	}

	/**
	 * Every row that names the plugin, but for the list of active plugins, which is WordPress' own.
	 *
	 * @return string[]
	 */
	private function remains(): array {
		global $wpdb;
		$found = array();
		foreach ( $wpdb->get_col( 'SHOW TABLES' ) as $table ) {
			foreach ( $wpdb->get_results( "SELECT * FROM $table", ARRAY_A ) as $row ) {
				$text = wp_json_encode( $row );
				if ( str_contains( $text, 'portcullis' ) && ! preg_match( '/"(active_plugins|active_sitewide_plugins|recently_activated|cron)"/', $text ) ) {
					$found[] = $table . ' ' . substr( $text, 0, 200 );
				}
			}
		}
		return $found;
	}
}
