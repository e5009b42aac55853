<?php
/**
 * Plugin Name: Stand-in for WP fail2ban
 * Description: Writes logins into the system log in WP fail2ban's words. For tests: the real plugin is in no package registry.
 *
 * @package Portcullis\Bench
 */

namespace Portcullis\Bench;

const FACILITY = LOG_AUTH;

/*
 * The Portcullis plugin asks whether WP fail2ban is there.
 */
define( 'WP_FAIL2BAN_VER', '5.3.4' );

/**
 * The site as the ident names it: the Host header, with the path of a sub-site of a network.
 */
function site_name(): string {
	$host = isset( $_SERVER['HTTP_HOST'] ) ? (string) $_SERVER['HTTP_HOST'] : ''; // phpcs:ignore
	if ( ! is_multisite() || is_subdomain_install() ) {
		return $host;
	}
	$path = trim( (string) wp_parse_url( get_home_url(), PHP_URL_PATH ), '/' );
	return '' === $path ? $host : "$host/$path";
}

/**
 * The client: the connection's address, or what a trusted proxy says first.
 */
function client_address(): string {
	$remote    = (string) ( $_SERVER['REMOTE_ADDR'] ?? '' ); // phpcs:ignore
	$forwarded = (string) ( $_SERVER['HTTP_X_FORWARDED_FOR'] ?? '' ); // phpcs:ignore
	$proxies   = defined( 'WP_FAIL2BAN_PROXIES' ) ? explode( ',', constant( 'WP_FAIL2BAN_PROXIES' ) ) : array();
	if ( '' === $forwarded || ! in_array( $remote, $proxies, true ) ) {
		return $remote;
	}
	return trim( strtok( $forwarded, ',' ) );
}

/**
 * Writes one line.
 *
 * @param int    $priority LOG_NOTICE or LOG_INFO.
 * @param string $message  Without the address.
 */
function log_line( int $priority, string $message ): void {
	openlog( 'wordpress(' . site_name() . ')', LOG_NDELAY | LOG_PID, FACILITY );
	syslog( $priority, $message . ' from ' . client_address() );
	closelog();
}

/**
 * Where the login came in, as the messages begin.
 */
function channel(): string {
	return defined( 'XMLRPC_REQUEST' ) && XMLRPC_REQUEST ? 'XML-RPC ' : ( defined( 'REST_REQUEST' ) && REST_REQUEST ? 'REST ' : '' );
}

add_action(
	'wp_login',
	static function ( $user_login ): void {
		log_line( LOG_INFO, "Accepted password for $user_login" );
	}
);

add_action(
	'wp_login_failed',
	static function ( $username ): void {
		$is_known = false !== wp_cache_get( sanitize_user( $username ), 'userlogins' ) || false !== wp_cache_get( $username, 'useremail' );
		if ( '' !== channel() ) {
			$message = $is_known ? 'authentication failure for ' : 'authentication attempt for unknown user ';
			log_line( LOG_NOTICE, channel() . $message . $username );
			return;
		}
		log_line( LOG_NOTICE, ( $is_known ? 'Authentication failure for ' : 'Authentication attempt for unknown user ' ) . $username );
	}
);

add_filter(
	'authenticate',
	static function ( $user, $username, $password ) {
		if ( '' === (string) $username && '' !== (string) $password ) {
			log_line( LOG_NOTICE, 'Empty username' );
		}
		return $user;
	},
	1,
	3
);
