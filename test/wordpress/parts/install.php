<?php
/**
 * Installs WordPress with its own functions: `php install.php single|subdirectory|subdomain STEP`. Steps of a network: 1 makes a
 * single site, 2 its tables, 3 its second site and users; each is a process, since the configuration changes in between.
 *
 * @package Portcullis\Bench
 */

list( , $bench_kind, $bench_step ) = $argv;
$bench_host                        = getenv( 'BENCH_HOST' );
$_SERVER['HTTP_HOST']              = $bench_host;
$_SERVER['SERVER_NAME']            = strtok( $bench_host, ':' );
$_SERVER['REQUEST_URI']            = '/';
$_SERVER['REQUEST_METHOD']         = 'GET';
$_SERVER['SERVER_PROTOCOL']        = 'HTTP/1.1';
$_SERVER['REMOTE_ADDR']            = '127.0.0.1';
if ( '1' === $bench_step ) {
	define( 'WP_INSTALLING', true );
}
require getenv( 'BENCH_CORE' ) . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
require_once ABSPATH . 'wp-admin/includes/network.php';

const BENCH_PASSWORD = 'correct horse battery staple';

if ( '1' === $bench_step ) {
	// No post may go out.
	add_filter( 'pre_wp_mail', '__return_true' );
	wp_install( 'Bench', 'admin', 'admin@example.com', false, '', BENCH_PASSWORD );
	update_option( 'permalink_structure', '/%postname%/' );
	update_option( 'template', 'bench' );
	update_option( 'stylesheet', 'bench' );
	update_option( 'timezone_string', 'Europe/Zurich' );
	update_option( 'active_plugins', 'single' === $bench_kind ? array( 'portcullis/portcullis.php' ) : array() );
	wp_insert_user(
		array(
			'user_login' => 'reader',
			'user_pass'  => BENCH_PASSWORD,
			'user_email' => 'reader@example.com',
			'role'       => 'subscriber',
		)
	);
}
if ( '2' === $bench_step ) {
	foreach ( $wpdb->tables( 'ms_global' ) as $bench_table => $bench_name ) {
		$wpdb->$bench_table = $bench_name;
	}
	install_network();
	$bench_done = populate_network( 1, $bench_host, 'admin@example.com', 'Bench network', '/', 'subdomain' === $bench_kind );
	if ( is_wp_error( $bench_done ) && 'no_wildcard_dns' !== $bench_done->get_error_code() ) {
		throw new RuntimeException( $bench_done->get_error_message() );
	}
}
if ( '3' === $bench_step ) {
	update_site_option( 'active_sitewide_plugins', array( 'portcullis/portcullis.php' => 1 ) );
	update_site_option( 'allowedthemes', array( 'bench' => true ) );
	$bench_owner = wp_insert_user(
		array(
			'user_login' => 'shopkeeper',
			'user_pass'  => BENCH_PASSWORD,
			'user_email' => 'shop@example.com',
		)
	);
	$bench_site  = wpmu_create_blog(
		'subdomain' === $bench_kind ? 'shop.' . $bench_host : $bench_host,
		'subdomain' === $bench_kind ? '/' : '/shop/',
		'Shop',
		$bench_owner,
		array( 'public' => 1 ),
		1
	);
	if ( is_wp_error( $bench_site ) ) {
		throw new RuntimeException( $bench_site->get_error_message() );
	}
	switch_to_blog( $bench_site );
	update_option( 'template', 'bench' );
	update_option( 'stylesheet', 'bench' );
	update_option( 'permalink_structure', '/%postname%/' );
}
echo "installed\n";
