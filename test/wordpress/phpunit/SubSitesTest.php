<?php
/**
 * A sub-site of a network sees and undoes what is its own, and nothing of the others.
 *
 * @package Portcullis\Tests
 */

namespace Portcullis\Tests;

use Portcullis\Connection;
use Portcullis\Daemon_Client;
use Portcullis\Panel_Settings;

/**
 * What an administrator of the sub-site `shop` gets, whatever he tries. The main site is `blog.example.com`.
 *
 * @group network
 */
final class SubSitesTest extends TestCase {

	/** What the log and the daemon call the sub-site. */
	private const SHOP = 'blog.example.com/shop';

	/**
	 * Does something as the administrator of the sub-site, on it.
	 *
	 * @param callable $work What.
	 */
	private function in_shop( callable $work ): mixed {
		switch_to_blog( get_blog_id_from_url( 'blog.example.com', '/shop/' ) );
		$this->log_in( 'shopkeeper' );
		try {
			return $work();
		} finally {
			restore_current_blog();
			$this->log_in( 'admin' );
		}
	}

	/**
	 * The value that a route gives the sub-site.
	 *
	 * @param string $path   Of the route.
	 * @param array  $values Parameters.
	 */
	private function shop( string $path, array $values = array() ): mixed {
		return $this->in_shop( fn() => $this->body( $this->call( 'GET', $path, $values ) ) );
	}

	/** Bans, whose totals and pages are its own. */
	public function test_sees_bans_with_its_own_evidence_and_their_number(): void {
		$bans = $this->shop( '/bans', array( 'state' => 'all' ) );
		$this->assertSame( 3, $bans->total );
		$this->assertEqualsCanonicalizing( array( '198.51.100.20', '198.51.100.21', '198.51.100.22' ), array_column( $bans->items, 'ip' ) );
		$first = $this->shop(
			'/bans',
			array(
				'state' => 'all',
				'limit' => 2,
			)
		);
		$this->assertSame( array( 3, 2 ), array( $first->total, count( $first->items ) ) );
		$second = $this->shop(
			'/bans',
			array(
				'state'  => 'all',
				'limit'  => 2,
				'cursor' => $first->next,
			)
		);
		$this->assertSame( array( 3, 1, null ), array( $second->total, count( $second->items ), $second->next ) );
	}

	/** A ban that the main site has evidence for, too. */
	public function test_of_a_shared_ban_it_sees_its_part(): void {
		$ban = $this->shop( '/bans', array( 'ip' => '198.51.100.21' ) )->items[0];
		$this->assertEquals( (object) array( self::SHOP => 2 ), $ban->sites );
		$this->assertSame( array( 1, 2 ), array( $ban->other_sites, $ban->failures ) );
		$ban = $this->shop( '/bans/' . $ban->id );
		$this->assertCount( 2, $ban->evidence->lines );
		$this->assertStringNotContainsString( 'wordpress(blog.example.com)', wp_json_encode( $ban ) );
	}

	/** Everything that can be read. */
	public function test_nothing_that_it_can_read_tells_of_the_main_site(): void {
		foreach ( array( 'allow', 'requests' ) as $noun ) {
			$this->assertSame(
				201,
				$this->call(
					'POST',
					'/' . $noun,
					array(
						'ip'   => '198.51.100.77',
						'note' => 'of the main site',
					) + ( 'allow' === $noun ? array( 'for' => '7d' ) : array() )
				)->get_status()
			);
		}
		$paths = array( '/status', '/site', '/sites', '/bans', '/campaigns', '/failures', '/stats', '/allow', '/requests', '/audit' );
		$all   = array_map( fn( $path ) => $this->shop( $path ), $paths );
		foreach ( array( 'asc', 'desc' ) as $order ) {
			foreach ( array( 'since', 'until', 'failures', 'ip' ) as $field ) {
				$all[] = $this->shop(
					'/bans',
					array(
						'state' => 'all',
						'sort'  => ( 'asc' === $order ? '' : '-' ) . $field,
					)
				);
			}
		}
		$all[] = $this->in_shop( fn() => ( new Panel_Settings( false ) )->all( ( new Panel_Settings( false ) )->preload() ) );
		$text  = wp_json_encode( $all );
		$this->assertStringContainsString( 'carol', $text );
		foreach ( array( 'bob', 'grace', 'heidi', '198.51.100.10', '198.51.100.77', 'of the main site', 'wordpress(blog.example.com)' ) as $secret ) {
			$this->assertStringNotContainsString( $secret, $text );
		}
	}

	/** Totals, too. */
	public function test_counts_are_its_own(): void {
		$own = count( $this->shop( '/bans' )->items );
		$this->assertSame( $own, $this->shop( '/status' )->bans->wanted );
		$this->assertSame( array( self::SHOP ), $this->shop( '/site' )->domains );
		$sites = $this->shop( '/sites' );
		$this->assertSame( array( 1, self::SHOP ), array( $sites->total, $sites->items[0]->name ) );
		$this->assertSame( 8, $this->shop( '/stats' )->failures );
		$this->assertSame( 8, $this->shop( '/failures' )->total );
		$this->assertSame( 0, $this->shop( '/campaigns' )->total );
		$counters = $this->in_shop( fn() => ( new \Portcullis\Counters( new Daemon_Client() ) )->get( false ) );
		$this->assertSame( array( $own, 8 ), array( $counters['bans'], $counters['failures'] ) );
	}

	/**
	 * Parameters that might lead to others.
	 *
	 * @return array<string, array{0: string, 1: array}>
	 */
	public function questions(): array {
		return array(
			'the main site’s bans'      => array( '/bans', array( 'site' => 'blog.example.com' ) ),
			'another host’s bans'       => array( '/bans', array( 'site' => 'other.example' ) ),
			'the main site’s address'   => array( '/bans', array( 'ip' => '198.51.100.10' ) ),
			'its user'                  => array( '/bans', array( 'search' => 'bob' ) ),
			'the main site’s failures'  => array( '/failures', array( 'site' => 'blog.example.com' ) ),
			'failures of its user'      => array( '/failures', array( 'user' => 'bob' ) ),
			'failures of its attackers' => array( '/failures', array( 'ip' => '198.51.100.10' ) ),
			'its deeds'                 => array( '/audit', array( 'ip' => '198.51.100.77' ) ),
		);
	}

	/**
	 * They lead to nothing.
	 *
	 * @dataProvider questions
	 * @param string $path   Of the route.
	 * @param array  $values Parameters.
	 */
	public function test_no_parameter_leads_to_others( string $path, array $values ): void {
		$page = $this->shop( $path, $values );
		$this->assertSame( array( 0, array(), null ), array( $page->total, $page->items, $page->next ) );
	}

	/** By number. */
	public function test_a_ban_of_the_main_site_and_none_look_alike(): void {
		$other = $this->body( $this->call( 'GET', '/bans', array( 'ip' => '198.51.100.10' ) ) )->items[0];
		$this->assertRefused( 404, 'portcullis_not_found', $this->in_shop( fn() => $this->call( 'GET', '/bans/' . $other->id ) ) );
		$this->assertRefused( 404, 'portcullis_not_found', $this->in_shop( fn() => $this->call( 'GET', '/bans/999999' ) ) );
		$this->assertRefused( 404, 'portcullis_not_banned', $this->in_shop( fn() => $this->call( 'DELETE', '/bans', array( 'ip' => '198.51.100.10' ) ) ) );
	}

	/** Evidence of others. */
	public function test_lifts_no_ban_that_the_main_site_has_evidence_for(): void {
		$refused = $this->in_shop( fn() => $this->call( 'DELETE', '/bans', array( 'ip' => '198.51.100.21' ) ) );
		$this->assertRefused( 409, 'portcullis_shared_evidence', $refused );
		$this->assertSame( 1, $this->body( $this->call( 'GET', '/bans', array( 'ip' => '198.51.100.21' ) ) )->total );
		$allowed = $this->in_shop(
			fn() => $this->body(
				$this->call(
					'POST',
					'/allow',
					array(
						'ip'  => '198.51.100.21',
						'for' => '1d',
					)
				)
			)
		);
		$this->assertSame( array( 0, 1 ), array( $allowed->lifted, $allowed->kept ) );
		$this->assertSame( 1, $this->body( $this->call( 'GET', '/bans', array( 'ip' => '198.51.100.21' ) ) )->total );
	}

	/** Its own. */
	public function test_lifts_and_allows_what_is_its_own(): void {
		$this->assertSame( 200, $this->in_shop( fn() => $this->call( 'DELETE', '/bans', array( 'ip' => '198.51.100.20' ) ) )->get_status() );
		$answer = $this->in_shop(
			fn() => $this->call(
				'DELETE',
				'/bans',
				array(
					'ip'    => '198.51.100.22',
					'allow' => '7d',
				)
			)
		);
		$this->assertSame( 200, $answer->get_status(), wp_json_encode( $answer->get_data() ) );
		$entries = array_column( $this->shop( '/allow' )->items, 'sub_site', 'ip' );
		$this->assertSame( self::SHOP, $entries['198.51.100.22'] );
		$deeds = $this->shop( '/audit', array( 'ip' => '198.51.100.22' ) )->items;
		$this->assertSame( array( 'site:blog:' . self::SHOP ), array_unique( array_column( $deeds, 'actor' ) ) );
		$network = $this->body( $this->call( 'GET', '/allow', array( 'scope' => 'network' ) ) )->items;
		$this->assertContains( '198.51.100.22', array_column( $network, 'ip' ) );
	}

	/** Entries of others. */
	public function test_removes_no_entry_of_others(): void {
		$entry = $this->body(
			$this->call(
				'POST',
				'/allow',
				array(
					'ip'  => '198.51.100.78',
					'for' => '7d',
				)
			)
		)->entry;
		$this->assertRefused( 404, 'portcullis_not_found', $this->in_shop( fn() => $this->call( 'DELETE', '/allow/' . $entry->id ) ) );
		$this->assertContains( $entry->id, array_column( $this->body( $this->call( 'GET', '/allow' ) )->items, 'id' ) );
	}

	/** The whole network is not his, by any way. */
	public function test_the_scope_of_the_network_is_refused_in_a_batch_too(): void {
		$request = new \WP_REST_Request( 'POST', '/batch/v1' );
		$request->set_body_params(
			array(
				'requests' => array(
					array(
						'method' => 'DELETE',
						'path'   => '/portcullis/v1/bans?ip=198.51.100.10&scope=network',
					),
					array(
						'method' => 'POST',
						'path'   => '/portcullis/v1/allow',
						'body'   => array(
							'ip'    => '198.51.100.10',
							'for'   => '1d',
							'scope' => 'network',
						),
					),
				),
			)
		);
		$answers = $this->in_shop( fn() => $this->body( rest_do_request( $request ) ) )->responses;
		$this->assertSame( array( 403, 403 ), array_column( $answers, 'status' ) );
	}

	/** Commands name all sites. */
	public function test_what_to_run_on_the_host_is_for_who_manages_the_network(): void {
		$client = new Daemon_Client( new Connection( dirname( constant( 'PORTCULLIS_SOCKET' ) ) . '/unknown.sock' ) );
		foreach ( array( 'portcullis_unknown_site', 'portcullis_paused' ) as $code ) {
			$error = $this->in_shop( fn() => $client->get( '/v1/status' ) );
			$this->assertSame( $code, $error->get_error_code() );
			$this->assertArrayNotHasKey( 'command', $error->get_error_data() );
			$this->assertSame( 'Tell the network’s administrator.', $error->get_error_data()['hint'] );
		}
		$error = $client->get( '/v1/status' );
		$this->assertStringStartsWith( 'portcullis site add blog.example.com --user', $error->get_error_data()['command'] );
	}

	/** The whole network. */
	public function test_the_network_sees_all_of_its_sites(): void {
		$bans = array_column( $this->body( $this->call( 'GET', '/bans', array( 'scope' => 'network' ) ) )->items, null, 'ip' );
		$this->assertEquals(
			(object) array(
				'blog.example.com' => 1,
				self::SHOP         => 2,
			),
			$bans['198.51.100.21']->sites
		);
		$this->assertArrayHasKey( '198.51.100.10', $bans );
		$names = array_column( $this->body( $this->call( 'GET', '/sites', array( 'scope' => 'network' ) ) )->items, 'name' );
		$this->assertSame( array( 'blog.example.com', self::SHOP ), $names );
	}

	/** The main site is a sub-site, too. */
	public function test_the_main_site_without_the_network_sees_its_own(): void {
		$ban = $this->body( $this->call( 'GET', '/bans', array( 'ip' => '198.51.100.21' ) ) )->items[0];
		$this->assertEquals( (object) array( 'blog.example.com' => 1 ), $ban->sites );
		$this->assertRefused( 409, 'portcullis_shared_evidence', $this->call( 'DELETE', '/bans', array( 'ip' => '198.51.100.21' ) ) );
		$this->assertSame( 0, $this->body( $this->call( 'GET', '/bans', array( 'search' => 'carol' ) ) )->total );
	}
}
