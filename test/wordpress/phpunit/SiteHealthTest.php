<?php
/**
 * Site Health.
 *
 * @package Portcullis\Tests
 */

namespace Portcullis\Tests;

use Portcullis\Connection;
use Portcullis\Daemon_Client;
use Portcullis\Debug_Data;
use Portcullis\Own_Address;
use Portcullis\Site_Health;
use Portcullis\WP_Fail2Ban;

/**
 * Tests of Site_Health, Debug_Data and what they look at.
 */
final class SiteHealthTest extends TestCase {

	/** Runs after each test. */
	protected function tearDown(): void {
		unset( $_SERVER['HTTP_X_FORWARDED_FOR'], $_SERVER['HTTP_CF_RAY'] );
		remove_all_filters( 'portcullis_wp_fail2ban_active' );
		parent::tearDown();
	}

	/** A daemon that answers. */
	public function test_finds_a_daemon_that_enforces_everything(): void {
		$result = ( new Site_Health( new Daemon_Client() ) )->test_socket();
		$this->assertSame( 'good', $result['status'], $result['description'] );
	}

	/** One that does not. */
	public function test_says_what_to_run_when_the_daemon_is_away(): void {
		$result = ( new Site_Health( $this->client( 'refusing' ) ) )->test_socket();
		$this->assertSame( 'critical', $result['status'] );
		$this->assertStringContainsString( 'portcullis status', $result['actions'] );
	}

	/** All tests run and have the form that WordPress wants. */
	public function test_every_test_gives_a_result_of_the_right_form(): void {
		$tests = apply_filters(
			'site_status_tests',
			array(
				'direct' => array(),
				'async'  => array(),
			)
		);
		$ours  = array_filter( $tests['direct'] + $tests['async'], static fn( $name ) => str_starts_with( $name, 'portcullis_' ), ARRAY_FILTER_USE_KEY );
		$this->assertCount( 5, $ours );
		foreach ( $ours as $name => $test ) {
			$result = call_user_func( $test['async_direct_test'] ?? $test['test'] );
			$this->assertSame( $name, $result['test'] );
			$this->assertContains( $result['status'], array( 'good', 'recommended', 'critical' ) );
		}
	}

	/** With a daemon, a log and a socket of its own. */
	public function test_finds_everything_in_order_on_a_host_where_it_is(): void {
		$health = new Site_Health( new Daemon_Client() );
		foreach ( array( 'test_socket', 'test_last_event', 'test_mode', 'test_wp_fail2ban', 'test_proxy' ) as $test ) {
			$result = $health->$test();
			$this->assertSame( 'good', $result['status'], $result['description'] );
		}
	}

	/** Proxies. */
	public function test_warns_of_a_proxy_that_wp_fail2ban_does_not_know(): void {
		$health = new Site_Health( new Daemon_Client() );
		$this->assertSame( 'good', $health->test_proxy()['status'] );
		$_SERVER['HTTP_X_FORWARDED_FOR'] = '198.51.100.1, 203.0.113.5';
		$result                          = $health->test_proxy();
		$this->assertSame( 'recommended', $result['status'] );
		$this->assertStringContainsString( 'WP_FAIL2BAN_PROXIES', $result['actions'] );
		$this->assertSame( '203.0.113.5', Own_Address::describe()['ip'] );
		$_SERVER['HTTP_CF_RAY'] = '8f2-ZRH';
		$this->assertStringContainsString( 'Cloudflare', $health->test_proxy()['description'] );
	}

	/** A forged header is not believed, and not printed as it is. */
	public function test_believes_no_header_that_anybody_can_send(): void {
		$_SERVER['HTTP_X_FORWARDED_FOR'] = '<script>alert(1)</script>';
		$this->assertSame( '203.0.113.5', Own_Address::describe()['ip'] );
		$this->assertStringNotContainsString( '<script', ( new Site_Health( new Daemon_Client() ) )->test_proxy()['description'] );
	}

	/** WP fail2ban. */
	public function test_notices_that_wp_fail2ban_is_missing(): void {
		$this->assertSame( array(), ( new WP_Fail2Ban() )->problems() );
		add_filter( 'portcullis_wp_fail2ban_active', '__return_false' );
		$this->assertSame( 'critical', ( new Site_Health( new Daemon_Client() ) )->test_wp_fail2ban()['status'] );
	}

	/** Debug data. */
	public function test_debug_data_hold_no_secret(): void {
		$connection = new Connection( getenv( 'BENCH_HOSTILE' ) . '/refusing.sock', 's3cret' );
		$sections   = ( new Debug_Data( new Daemon_Client( $connection ) ) )->add( array() );
		$text       = wp_json_encode( $sections );
		$this->assertStringNotContainsString( 's3cret', $text );
		$this->assertSame( 'set', $sections['portcullis']['fields']['token']['value'] );
		$this->assertSame( 'portcullis_unreachable', $sections['portcullis']['fields']['daemon']['value'] );
	}

	/** Debug data are for those who see the panel. */
	public function test_debug_data_are_not_for_everybody(): void {
		$this->log_in( 'reader' );
		$this->assertSame( array(), ( new Debug_Data( new Daemon_Client() ) )->add( array() ) );
	}
}
