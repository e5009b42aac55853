<?php
/**
 * WP-CLI.
 *
 * @package Portcullis\Tests
 */

namespace Portcullis\Tests;

use Portcullis\CLI;
use Portcullis\Daemon_Client;

require_once __DIR__ . '/wp-cli.php';

/**
 * Tests of `wp portcullis`.
 */
final class CliTest extends TestCase {

	/** Begins anew. */
	protected function setUp(): void {
		parent::setUp();
		\WP_CLI::$lines = array();
	}

	/** Bans. */
	public function test_lists_bans_with_nothing_hidden_in_them(): void {
		( new CLI( new Daemon_Client() ) )->bans(
			array(),
			array(
				'ip'     => '198.51.100.66',
				'fields' => 'ip,sites,users',
			)
		);
		$this->assertStringStartsWith( 'table: 198.51.100.66 | blog.example.com:', \WP_CLI::$lines[0] );
		$this->assertDoesNotMatchRegularExpression( '/[\x00-\x1f\x7f]|\x{202e}/u', \WP_CLI::$lines[0] );
	}

	/** Status. */
	public function test_says_that_all_is_well(): void {
		( new CLI( new Daemon_Client() ) )->status( array(), array() );
		$this->assertContains( 'table: healthy | yes', \WP_CLI::$lines );
	}

	/** Errors, with what to run, even in a pause. */
	public function test_asks_again_even_if_the_daemon_was_away_just_now(): void {
		$this->client( 'refusing' )->get( '/v1/status' );
		( new CLI( new Daemon_Client() ) )->status( array(), array() );
		$this->assertNotEmpty( \WP_CLI::$lines );
		$this->expectExceptionMessage( '$ portcullis status' );
		( new CLI( $this->client( 'refusing' ) ) )->status( array(), array() );
	}

	/** Too much. */
	public function test_allows_no_network(): void {
		$this->expectExceptionMessage( 'too wide' );
		( new CLI( new Daemon_Client() ) )->allow( array( '0.0.0.0/0' ), array( 'for' => '7d' ) );
	}

	/** Allow and unban. */
	public function test_allows_and_unbans(): void {
		$cli = new CLI( new Daemon_Client() );
		$cli->allow(
			array( '198.51.100.201' ),
			array(
				'for'  => '1d',
				'note' => 'x',
			)
		);
		$this->assertSame( 'Success: 198.51.100.201 is allowed for 1d.', \WP_CLI::$lines[0] );
		$this->expectExceptionMessage( 'No ban of 198.51.100.202' );
		$cli->unban( array( '198.51.100.202' ), array() );
	}
}
