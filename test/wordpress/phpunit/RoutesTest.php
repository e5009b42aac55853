<?php
/**
 * The routes, with a real daemon behind them.
 *
 * @package Portcullis\Tests
 */

namespace Portcullis\Tests;

/**
 * Tests of the controllers.
 */
final class RoutesTest extends TestCase {

	/** A list as the daemon gives it. */
	public function test_lists_bans_as_the_daemon_does(): void {
		$page = $this->body(
			$this->call(
				'GET',
				'/bans',
				array(
					'ip'    => '198.51.100.10',
					'limit' => 1,
				)
			)
		);
		$this->assertSame( 1, $page->total );
		$this->assertSame( '198.51.100.10', $page->items[0]->ip );
		$this->assertEquals( (object) array( 'blog.example.com' => 3 ), $page->items[0]->sites );
		$this->assertSame( array( 'bob' ), $page->items[0]->users );
	}

	/** Details have evidence, and maps stay maps. */
	public function test_gives_one_ban_with_its_evidence(): void {
		$page = $this->body( $this->call( 'GET', '/bans', array( 'ip' => '198.51.100.10' ) ) );
		$ban  = $this->body( $this->call( 'GET', '/bans/' . $page->items[0]->id ) );
		$this->assertCount( 3, $ban->evidence->lines );
		$this->assertEquals( (object) array( 'login_failure' => 3 ), $ban->evidence->events );
	}

	/** Unban. */
	public function test_lifts_a_ban(): void {
		$response = $this->call( 'DELETE', '/bans', array( 'ip' => '198.51.100.11' ) );
		$this->assertSame( 200, $response->get_status(), wp_json_encode( $response->get_data() ) );
		$this->assertSame( '198.51.100.11', $this->body( $response )->ended[0]->ip );
		$this->assertRefused( 404, 'portcullis_not_banned', $this->call( 'DELETE', '/bans', array( 'ip' => '198.51.100.11' ) ) );
	}

	/** An IPv6 client is a network, whose slash web servers refuse in a path. */
	public function test_lifts_the_ban_of_an_ipv6_network(): void {
		$response = $this->call( 'DELETE', '/bans', array( 'ip' => '2001:db8:7::/64' ) );
		$this->assertSame( '2001:db8:7::/64', $this->body( $response )->ended[0]->ip ?? wp_json_encode( $response->get_data() ) );
	}

	/** Many at once. */
	public function test_lifts_bans_in_a_batch(): void {
		$request = new \WP_REST_Request( 'POST', '/batch/v1' );
		$request->set_body_params(
			array(
				'requests' => array(
					array(
						'method' => 'DELETE',
						'path'   => '/portcullis/v1/bans?ip=198.51.100.12',
					),
					array(
						'method' => 'DELETE',
						'path'   => '/portcullis/v1/bans?ip=198.51.100.13',
					),
				),
			)
		);
		$answers = $this->body( rest_do_request( $request ) )->responses;
		$this->assertSame( array( 200, 404 ), array_column( $answers, 'status' ) );
	}

	/** Allow, and take it back. */
	public function test_allows_an_address_and_takes_it_back(): void {
		$response = $this->call(
			'POST',
			'/allow',
			array(
				'ip'   => '198.51.100.200',
				'for'  => '7d',
				'note' => '<b>Büro</b> & “Home”',
			)
		);
		$this->assertSame( 201, $response->get_status(), wp_json_encode( $response->get_data() ) );
		$entry = $this->body( $response )->entry;
		$this->assertSame( '<b>Büro</b> & “Home”', $entry->note );
		$this->assertContains( $entry->id, array_column( $this->body( $this->call( 'GET', '/allow' ) )->items, 'id' ) );
		$this->assertSame( 200, $this->call( 'DELETE', '/allow/' . $entry->id )->get_status() );
	}

	/**
	 * What a site administrator must not allow.
	 *
	 * @return array<string, array{0: string}>
	 */
	public function too_much(): array {
		return array(
			'everybody'               => array( '0.0.0.0/0' ),
			'everybody, with blanks'  => array( ' 0.0.0.0/0 ' ),
			'all of IPv6'             => array( '::/0' ),
			'a network'               => array( '198.51.100.0/24' ),
			'two addresses'           => array( '198.51.100.0/31' ),
			'several /64'             => array( '2001:db8::/63' ),
			'a list'                  => array( '198.51.100.1, 0.0.0.0/0' ),
			'IPv4 in IPv6, all of it' => array( '::ffff:0:0/96' ),
			'a mask'                  => array( '0.0.0.0/0.0.0.0' ),
			'a negative prefix'       => array( '198.51.100.1/-1' ),
			'a name'                  => array( 'localhost' ),
			'octal'                   => array( '010.0.0.1' ),
			'HTML'                    => array( '<script>alert(1)</script>' ),
			'control characters'      => array( "198.51.100.1\r\nX-Evil: 1" ),
			'another path'            => array( '../../v1/bans' ),
			'8 kB'                    => array( str_repeat( '1', 8192 ) ),
		);
	}

	/**
	 * Refused, with the reason, and nothing is allowed.
	 *
	 * @dataProvider too_much
	 * @param string $ip What is pasted.
	 */
	public function test_refuses_to_allow( string $ip ): void {
		$before   = $this->body( $this->call( 'GET', '/allow' ) )->total;
		$response = $this->call(
			'POST',
			'/allow',
			array(
				'ip'  => $ip,
				'for' => '7d',
			)
		);
		$this->assertSame( 400, $response->get_status(), wp_json_encode( $response->get_data() ) );
		$this->assertSame( $before, $this->body( $this->call( 'GET', '/allow' ) )->total );
		$this->assertLessThan( 2000, strlen( wp_json_encode( $response->get_data() ) ) );
	}

	/**
	 * Parameters that no schema lets through.
	 *
	 * @return array<string, array{0: string, 1: string, 2: array}>
	 */
	public function malformed(): array {
		return array(
			'a limit of 0'          => array( 'GET', '/bans', array( 'limit' => 0 ) ),
			'a limit of 1001'       => array( 'GET', '/bans', array( 'limit' => 1001 ) ),
			'an unknown sort'       => array( 'GET', '/bans', array( 'sort' => 'id; DROP TABLE' ) ),
			'an unknown state'      => array( 'GET', '/bans', array( 'state' => 'active,evil' ) ),
			'no instant'            => array( 'GET', '/bans', array( 'since' => 'yesterday' ) ),
			'a long search'         => array( 'GET', '/bans', array( 'search' => str_repeat( 'x', 201 ) ) ),
			'a list for a text'     => array( 'GET', '/bans', array( 'search' => array( 'x' ) ) ),
			'no address'            => array( 'DELETE', '/bans', array() ),
			'for ever'              => array(
				'POST',
				'/allow',
				array(
					'ip'  => '198.51.100.1',
					'for' => '-1',
				),
			),
			'without an end'        => array( 'POST', '/allow', array( 'ip' => '198.51.100.1' ) ),
			'a long note'           => array(
				'POST',
				'/allow',
				array(
					'ip'   => '198.51.100.1',
					'for'  => '1d',
					'note' => str_repeat( 'x', 501 ),
				),
			),
			'an unknown scope'      => array( 'GET', '/bans', array( 'scope' => 'host' ) ),
		);
	}

	/**
	 * Refused before the daemon hears of it.
	 *
	 * @dataProvider malformed
	 * @param string $method HTTP's.
	 * @param string $path   Of the route.
	 * @param array  $values Parameters.
	 */
	public function test_refuses_what_is_malformed( string $method, string $path, array $values ): void {
		$this->assertSame( 400, $this->call( $method, $path, $values )->get_status() );
	}

	/** Other sites of the host. */
	public function test_sees_nothing_of_a_ban_that_only_other_sites_caused(): void {
		$this->assertSame( 0, $this->body( $this->call( 'GET', '/bans', array( 'ip' => '198.51.100.30' ) ) )->total );
		$this->assertRefused( 404, 'portcullis_not_banned', $this->call( 'DELETE', '/bans', array( 'ip' => '198.51.100.30' ) ) );
		$all = wp_json_encode( array_map( fn( $path ) => $this->body( $this->call( 'GET', $path ) ), array( '/bans', '/campaigns', '/failures', '/stats', '/sites', '/status', '/site' ) ) );
		$this->assertStringNotContainsString( 'other.example', $all );
		$this->assertStringNotContainsString( 'erin', $all );
		$this->assertStringNotContainsString( 'frank', $all );
	}

	/** Shared evidence, and the way out. */
	public function test_asks_the_administrator_where_others_have_evidence_too(): void {
		$ban = $this->body( $this->call( 'GET', '/bans', array( 'ip' => '198.51.100.31' ) ) )->items[0];
		$this->assertEquals( (object) array( 'blog.example.com' => 2 ), $ban->sites );
		$this->assertSame( 1, $ban->other_sites );
		$refused = $this->call( 'DELETE', '/bans', array( 'ip' => '198.51.100.31' ) );
		$this->assertRefused( 409, 'portcullis_shared_evidence', $refused );
		$asked = $this->call(
			'POST',
			'/requests',
			array(
				'ip'   => '198.51.100.31',
				'note' => 'Our printer',
			)
		);
		$this->assertSame( 201, $asked->get_status(), wp_json_encode( $asked->get_data() ) );
		$request = $this->body( $this->call( 'GET', '/requests' ) )->items[0];
		$this->assertSame( array( '198.51.100.31', 'admin', 'Our printer', 'open' ), array( $request->ip, $request->asked_by, $request->note, $request->state ) );
		$this->assertSame( 1, $this->body( $this->call( 'GET', '/site' ) )->requests_open );
	}

	/** The audit log names the user. */
	public function test_what_was_done_names_the_user(): void {
		$this->call(
			'POST',
			'/allow',
			array(
				'ip'   => '198.51.100.203',
				'for'  => '1d',
				'note' => 'Office',
			)
		);
		$deed = $this->body( $this->call( 'GET', '/audit', array( 'ip' => '198.51.100.203' ) ) )->items[0];
		$this->assertSame( array( is_multisite() ? 'site:blog:blog.example.com' : 'site:blog', 'allow', 'as admin: Office' ), array( $deed->actor, $deed->action, $deed->detail ) );
	}

	/** Who this site is. */
	public function test_knows_who_it_is_to_the_daemon(): void {
		$site = $this->body( $this->call( 'GET', '/site' ) );
		$this->assertSame( array( 'blog', array( 'blog.example.com' ), 'isolated' ), array( $site->id, $site->domains, $site->mode ) );
		$this->assertNotNull( $site->last_event_at );
	}

	/** The panel asks for what is not more than a few thousandths of a second. */
	public function test_a_request_of_the_panel_costs_less_than_20_ms(): void {
		$times = array();
		for ( $i = 0; $i < 20; $i++ ) {
			$start = hrtime( true );
			$this->call(
				'GET',
				'/bans',
				array(
					'limit' => 20,
					'sort'  => '-since',
				)
			);
			$times[] = ( hrtime( true ) - $start ) / 1e6;
		}
		// The quickest of them: the machine has other things to do.
		$this->assertLessThan( 20, min( $times ) );
	}

	/** Many addresses with few tries each. */
	public function test_gives_campaigns_with_lists_in_them(): void {
		$campaigns = $this->body( $this->call( 'GET', '/campaigns' ) );
		$this->assertSame( 1, $campaigns->total );
		$campaign = $campaigns->items[0];
		$this->assertTrue( $campaign->lasting );
		$this->assertSame( array( 20, 'heidi', 20 ), array( $campaign->addresses, $campaign->users[0]->name, $campaign->users[0]->addresses ) );
		$this->assertIsArray( $campaign->sites );
		$this->assertSame( 'blog.example.com', $campaign->sites[0]->name );
		$this->assertSame( 0, $this->body( $this->call( 'GET', '/bans', array( 'campaign' => $campaign->id ) ) )->total );
	}

	/** Numbers. */
	public function test_gives_failures_and_numbers(): void {
		$failures = $this->body(
			$this->call(
				'GET',
				'/failures',
				array(
					'ip'      => '198.51.100.10',
					'counted' => 'true',
				)
			)
		);
		$this->assertSame( 3, $failures->total );
		$this->assertGreaterThan( 0, $this->body( $this->call( 'GET', '/stats' ) )->failures );
	}
}
