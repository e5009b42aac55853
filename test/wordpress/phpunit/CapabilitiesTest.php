<?php
/**
 * Who may call the routes.
 *
 * @package Portcullis\Tests
 */

namespace Portcullis\Tests;

/**
 * Tests of capabilities.
 */
final class CapabilitiesTest extends TestCase {

	/**
	 * Every route of the plugin, with values that are valid.
	 *
	 * @return array<string, array{0: string, 1: string, 2: array}>
	 */
	public function routes(): array {
		$ip = array( 'ip' => '198.51.100.99' );
		return array(
			'status'       => array( 'GET', '/status', array() ),
			'site'         => array( 'GET', '/site', array() ),
			'sites'        => array( 'GET', '/sites', array() ),
			'bans'         => array( 'GET', '/bans', array() ),
			'ban'          => array( 'GET', '/bans/1', array() ),
			'campaigns'    => array( 'GET', '/campaigns', array() ),
			'unban'        => array( 'DELETE', '/bans', $ip ),
			'allow list'   => array( 'GET', '/allow', array() ),
			'allow'        => array( 'POST', '/allow', $ip + array( 'for' => '7d' ) ),
			'disallow'     => array( 'DELETE', '/allow/1', array() ),
			'failures'     => array( 'GET', '/failures', array() ),
			'audit'        => array( 'GET', '/audit', array() ),
			'stats'        => array( 'GET', '/stats', array() ),
			'requests'     => array( 'GET', '/requests', array() ),
			'ask'          => array( 'POST', '/requests', $ip ),
			'site health'  => array( 'GET', '/site-health/socket', array() ),
		);
	}

	/** The list above has all of them. */
	public function test_covers_every_route(): void {
		$registered = 0;
		foreach ( rest_get_server()->get_routes( 'portcullis/v1' ) as $path => $handlers ) {
			$registered += '/portcullis/v1' === $path ? 0 : count( $handlers );
		}
		$this->assertCount( $registered, $this->routes() );
	}

	/**
	 * A subscriber.
	 *
	 * @dataProvider routes
	 * @param string $method HTTP's.
	 * @param string $path   Of the route.
	 * @param array  $values Parameters.
	 */
	public function test_a_subscriber_is_refused( string $method, string $path, array $values ): void {
		$this->log_in( 'reader' );
		$this->assertSame( 403, $this->call( $method, $path, $values )->get_status() );
	}

	/**
	 * Nobody.
	 *
	 * @dataProvider routes
	 * @param string $method HTTP's.
	 * @param string $path   Of the route.
	 * @param array  $values Parameters.
	 */
	public function test_who_is_not_logged_in_is_refused( string $method, string $path, array $values ): void {
		$this->log_in( '' );
		$this->assertSame( 401, $this->call( $method, $path, $values )->get_status() );
	}

	/**
	 * The whole network is for those who manage it.
	 *
	 * @dataProvider routes
	 * @param string $method HTTP's.
	 * @param string $path   Of the route.
	 * @param array  $values Parameters.
	 */
	public function test_the_network_is_for_its_administrators( string $method, string $path, array $values ): void {
		if ( ! is_multisite() || str_starts_with( $path, '/site-health' ) ) {
			$this->assertSame( array( 'manage_network_options' ), map_meta_cap( 'portcullis_view', 1, 'network' ) );
			return;
		}
		$shop = get_blog_id_from_url( 'blog.example.com', '/shop/' );
		switch_to_blog( $shop );
		$this->log_in( 'shopkeeper' );
		$status = $this->call( $method, $path, $values + array( 'scope' => 'network' ) )->get_status();
		restore_current_blog();
		$this->assertSame( 403, $status );
	}

	/** Roles stay as they are. */
	public function test_stores_no_capability(): void {
		foreach ( wp_roles()->roles as $role ) {
			$this->assertStringNotContainsString( 'portcullis', wp_json_encode( $role ) );
		}
	}
}
