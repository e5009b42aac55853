<?php
/**
 * Where the current request comes from.
 *
 * @package Portcullis
 */

namespace Portcullis;

/**
 * The client's address as WP fail2ban would log it, and signs that it is a proxy's. A ban in the host's firewall reaches
 * those who connect to the host: behind a CDN these are the CDN's servers.
 */
final class Own_Address {

	/** Headers that the large CDNs add, and their names. */
	private const CDN_HEADERS = array(
		'HTTP_CF_RAY'                  => 'Cloudflare',
		'HTTP_X_AMZ_CF_ID'             => 'Amazon CloudFront',
		'HTTP_FASTLY_FF'               => 'Fastly',
		'HTTP_X_AKAMAI_CONFIG_LOG_DETAIL' => 'Akamai',
		'HTTP_X_AZURE_REF'             => 'Azure Front Door',
		'HTTP_X_SUCURI_CLIENTIP'       => 'Sucuri',
		'HTTP_CDN_LOOP'                => 'CDN',
	);

	/**
	 * What is known of the request's origin.
	 *
	 * @return array{ip: string, remote: string, proxied: bool, cdn: string|null}
	 */
	public static function describe(): array {
		$remote = self::valid( self::header( 'REMOTE_ADDR' ) );
		$cdn    = null;
		foreach ( self::CDN_HEADERS as $header => $name ) {
			if ( '' !== self::header( $header ) ) {
				$cdn = $name;
				break;
			}
		}
		$forwarded = self::header( 'HTTP_X_FORWARDED_FOR' );
		return array(
			'ip'      => '' !== $forwarded && self::is_trusted_proxy( $remote ) ? self::valid( strtok( $forwarded, ',' ) ) : $remote,
			'remote'  => $remote,
			'proxied' => '' !== $forwarded || null !== $cdn,
			'cdn'     => $cdn,
		);
	}

	/**
	 * What WP fail2ban is told of proxies, as a list.
	 *
	 * @return string[]
	 */
	public static function trusted_proxies(): array {
		$proxies = defined( 'WP_FAIL2BAN_PROXIES' ) ? constant( 'WP_FAIL2BAN_PROXIES' ) : array();
		if ( is_string( $proxies ) ) {
			$proxies = explode( ',', $proxies );
		}
		return is_array( $proxies ) ? array_filter( array_map( 'trim', array_filter( $proxies, 'is_string' ) ) ) : array();
	}

	/**
	 * Whether WP fail2ban believes this address what it says of others.
	 *
	 * @param string $remote Who connected.
	 */
	private static function is_trusted_proxy( string $remote ): bool {
		$address = '' === $remote ? false : inet_pton( $remote );
		foreach ( self::trusted_proxies() as $proxy ) {
			$parts   = explode( '/', $proxy, 2 );
			$network = false === filter_var( $parts[0], FILTER_VALIDATE_IP ) ? false : inet_pton( $parts[0] );
			if ( false === $address || false === $network || strlen( $address ) !== strlen( $network ) ) {
				continue;
			}
			$bits = min( strlen( $network ) * 8, isset( $parts[1] ) ? (int) $parts[1] : PHP_INT_MAX );
			if ( self::first_bits( $address, $bits ) === self::first_bits( $network, $bits ) ) {
				return true;
			}
		}
		return false;
	}

	/**
	 * The first bits of an address, as text.
	 *
	 * @param string $address Packed.
	 * @param int    $bits    How many.
	 */
	private static function first_bits( string $address, int $bits ): string {
		$text = '';
		foreach ( str_split( $address ) as $byte ) {
			$text .= sprintf( '%08b', ord( $byte ) );
		}
		return substr( $text, 0, $bits );
	}

	/**
	 * A server variable's text.
	 *
	 * @param string $name Its name.
	 */
	private static function header( string $name ): string {
		return isset( $_SERVER[ $name ] ) ? sanitize_text_field( wp_unslash( $_SERVER[ $name ] ) ) : '';
	}

	/**
	 * The text if it is an IP address, else ''.
	 *
	 * @param string|false $text A header's part.
	 */
	private static function valid( string|false $text ): string {
		$ip = filter_var( trim( (string) $text ), FILTER_VALIDATE_IP );
		return false === $ip ? '' : $ip;
	}
}
