<?php
/**
 * What the panel's script is given with the page.
 *
 * @package Portcullis
 */

namespace Portcullis;

/**
 * Makes `window.portcullisSettings`. README-dev.md describes each field.
 */
final class Panel_Settings {

	/** Rows of the first page. */
	public const FIRST_PAGE = 20;

	/**
	 * Remembers which screen it is for.
	 *
	 * @param bool $network Whether the screen is the network's.
	 */
	public function __construct( private readonly bool $network ) {}

	/**
	 * The first page of bans, from what is preloaded anyway.
	 *
	 * @param array $preload What preload() gave.
	 * @return array|null A page, or null if it could not be had.
	 */
	public function first_page( array $preload ): ?array {
		return $preload[ $this->paths()['bans'] ]['body'] ?? null;
	}

	/**
	 * The answers that the panel needs first, by path.
	 *
	 * @return array<string, array{body: mixed, headers: array}>
	 */
	public function preload(): array {
		$answers = array_reduce( array_values( $this->paths() ), 'rest_preload_api_request', array() );
		// WordPress gives an empty list where a request is malformed.
		return is_array( $answers ) ? $answers : array();
	}

	/**
	 * All of it.
	 *
	 * @param array $preload What preload() gave.
	 */
	public function all( array $preload ): array {
		$scope = $this->network ? array( Capabilities::NETWORK ) : array();
		$own   = Own_Address::describe();
		return array(
			'version'      => VERSION,
			'restRoot'     => get_rest_url(),
			'nonce'        => wp_create_nonce( 'wp_rest' ),
			'network'      => $this->network,
			'capabilities' => array(
				'view'  => current_user_can( Capabilities::VIEW, ...$scope ),
				'unban' => current_user_can( Capabilities::UNBAN, ...$scope ),
				'allow' => current_user_can( Capabilities::ALLOW, ...$scope ),
			),
			'preload'      => (object) $preload,
			'site'         => Site::describe( $this->network ? get_main_site_id() : 0 ),
			'sites'        => $this->network ? Site::all() : array( Site::describe() ),
			'ownAddress'   => $own,
			'timeZone'     => wp_timezone_string(),
			'recovery'     => sprintf( 'portcullis unban %s --allow 1d', '' === $own['ip'] ? 'ADDRESS' : $own['ip'] ),
		);
	}

	/**
	 * What is preloaded: paths exactly as the panel asks for them.
	 *
	 * @return array<string, string>
	 */
	private function paths(): array {
		$base  = '/' . REST\Controller::NAMESPACE;
		$paths = array(
			'status' => $base . '/status',
			'site'   => $base . '/site',
			'bans'   => $base . '/bans?limit=' . self::FIRST_PAGE . '&sort=-since',
		);
		$scope = static fn( string $path ): string => $path . ( str_contains( $path, '?' ) ? '&' : '?' ) . 'scope=network';
		return $this->network ? array_map( $scope, $paths ) : $paths;
	}
}
