<?php
/**
 * Leaves nothing behind: the plugin keeps three transients, and nothing else.
 *
 * @package Portcullis
 */

defined( 'WP_UNINSTALL_PLUGIN' ) || exit;

delete_site_transient( 'portcullis_pause' );
delete_site_transient( 'portcullis_counters' );
delete_transient( 'portcullis_counters' );
delete_transient( 'portcullis_sessions' );

if ( is_multisite() ) {
	$portcullis_page = 1;
	do {
		$portcullis_sites = get_sites(
			array(
				'fields' => 'ids',
				'number' => 100,
				'offset' => 100 * ( $portcullis_page - 1 ),
			)
		);
		foreach ( $portcullis_sites as $portcullis_site ) {
			switch_to_blog( $portcullis_site );
			delete_transient( 'portcullis_counters' );
			delete_transient( 'portcullis_sessions' );
			restore_current_blog();
		}
		++$portcullis_page;
	} while ( $portcullis_sites );
}
