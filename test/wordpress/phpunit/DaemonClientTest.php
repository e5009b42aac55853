<?php
/**
 * The client, against a real daemon and against what may listen in its place.
 *
 * @package Portcullis\Tests
 */

namespace Portcullis\Tests;

use Portcullis\Connection;
use Portcullis\Daemon_Client;

/**
 * Tests of Daemon_Client.
 */
final class DaemonClientTest extends TestCase {

	/** Runs after each test. */
	protected function tearDown(): void {
		remove_all_filters( 'portcullis_has_curl' );
		remove_all_filters( 'pre_http_request' );
		parent::tearDown();
	}

	/** A real daemon. */
	public function test_reads_from_a_real_daemon(): void {
		$status = ( new Daemon_Client() )->get( '/v1/status', array(), array( 'version', 'healthy' ) );
		$this->assertIsArray( $status );
		$this->assertTrue( $status['healthy'] );
	}

	/** Its refusals come through. */
	public function test_passes_on_what_the_daemon_refuses(): void {
		$answer = ( new Daemon_Client() )->change( 'DELETE', '/v1/bans/198.51.100.250', array(), null, array( 'ended' ) );
		$this->assertError( 'not_banned', $answer );
		$this->assertStringContainsString( '198.51.100.250', $answer->get_error_message() );
		$this->assertNull( ( new \Portcullis\Circuit_Breaker() )->error() );
	}

	/** Claims the user, percent-encoded. */
	public function test_names_the_user_in_a_header_that_other_plugins_may_see(): void {
		wp_get_current_user()->user_login = "Zoë\r\nX-Evil: 1\u{202e}";
		$request                          = $this->client( 'echo' )->get( '/v1/bans' )['request'];
		wp_get_current_user()->user_login = 'admin';
		$this->assertStringContainsString( 'X-Portcullis-User: Zo%C3%ABX-Evil%3A%201', $request );
	}

	/** The token goes where other plugins do not look. */
	public function test_sends_the_token_and_shows_it_to_nobody_else(): void {
		$seen = array();
		$spy  = static function ( $value, ...$more ) use ( &$seen ) {
			$seen[] = wp_json_encode( array( $value, $more ) );
			return $value;
		};
		add_filter( 'http_request_args', $spy, 10, 2 );
		add_action( 'http_api_debug', $spy, 10, 5 );
		$client  = $this->client( 'tokenless', 's3cret' );
		$refused = $client->get( '/v1/bans' );
		remove_filter( 'http_request_args', $spy );
		remove_action( 'http_api_debug', $spy );
		( new \Portcullis\Circuit_Breaker() )->close();
		$request = $this->client( 'echo', 's3cret' )->get( '/v1/bans' )['request'];

		$this->assertStringContainsString( 'Authorization: Bearer s3cret', $request );
		$this->assertNotEmpty( $seen );
		$this->assertStringNotContainsString( 's3cret', implode( $seen ) );
		$this->assertError( 'bad_token', $refused );
		$this->assertStringNotContainsString( 's3cret', wp_json_encode( $refused ) . print_r( $client, true ) );
	}

	/** Parts of the path and parameters arrive as they are. */
	public function test_sends_the_body_and_the_parameters_as_they_are(): void {
		$request = $this->client( 'echo' )->change( 'POST', '/v1/allow', array( 'a b' => 'x&y/ä' ), array( 'note' => 'Büro' ) )['request'];
		$this->assertStringStartsWith( 'POST /v1/allow?a%20b=x%26y%2F%C3%A4 HTTP/1.1', $request );
		$this->assertStringContainsString( 'Content-Type: application/json', $request );
		$this->assertStringEndsWith( '{"note":"B\u00fcro"}', $request );
	}

	/** Without curl nothing is sent. */
	public function test_sends_nothing_at_all_without_curl(): void {
		$sent = 0;
		$spy  = static function ( $value ) use ( &$sent ) {
			++$sent;
			return $value;
		};
		add_filter( 'portcullis_has_curl', '__return_false' );
		add_filter( 'pre_http_request', $spy );
		$this->assertError( 'no_curl', $this->client( 'echo', 's3cret' )->get( '/v1/status' ) );
		$this->assertSame( 0, $sent );
	}

	/** Another plugin answers. */
	public function test_throws_away_an_answer_that_did_not_come_through_the_socket(): void {
		$forged = static fn() => array(
			'headers'  => array(),
			'body'     => '{"items":[],"next":null,"total":0}',
			'response' => array( 'code' => 200 ),
			'cookies'  => array(),
		);
		add_filter( 'pre_http_request', $forged );
		$this->assertError( 'bad_answer', ( new Daemon_Client() )->get( '/v1/bans' ) );
	}

	/** The hook is for our request only. */
	public function test_leaves_other_requests_alone(): void {
		$this->client( 'echo' )->get( '/v1/bans' );
		$this->assertFalse( has_action( 'http_api_curl' ) );
	}

	/**
	 * What misbehaves, and the code that says so.
	 *
	 * @return array<string, array{0: string, 1: string}>
	 */
	public function misbehaviour(): array {
		return array(
			'nobody behind the socket'       => array( 'refusing', 'unreachable' ),
			'closed at once'                 => array( 'closing', 'bad_answer' ),
			'another protocol'               => array( 'banner', 'bad_answer' ),
			'a web server'                   => array( 'html', 'bad_answer' ),
			'Docker'                         => array( 'docker', 'bad_answer' ),
			'another program that says JSON' => array( 'json', 'bad_answer' ),
			'a list'                         => array( 'list', 'bad_answer' ),
			'a redirection'                  => array( 'redirecting', 'bad_answer' ),
			'5 GB announced'                 => array( 'announcing', 'bad_answer' ),
			'an answer without end'          => array( 'endless', 'bad_answer' ),
			'an older daemon'                => array( 'older', 'other_version' ),
			'a daemon without this route'    => array( 'unrouted', 'other_version' ),
			'an unknown token'               => array( 'tokenless', 'bad_token' ),
			'no such socket'                 => array( 'missing', 'unreachable' ),
		);
	}

	/**
	 * Each has a clear answer, soon.
	 *
	 * @dataProvider misbehaviour
	 * @param string $name Of the socket.
	 * @param string $code Of the error.
	 */
	public function test_tells_what_is_wrong( string $name, string $code ): void {
		$memory = memory_get_peak_usage();
		$start  = microtime( true );
		$answer = $this->client( $name )->get( '/v1/status', array(), array( 'version', 'healthy' ) );
		$this->assertError( $code, $answer );
		$this->assertLessThan( 1.0, microtime( true ) - $start );
		$this->assertLessThan( 16 * MB_IN_BYTES, memory_get_peak_usage() - $memory );
		$this->assertStringNotContainsString( 'port 80', $answer->get_error_message() );
	}

	/**
	 * Answers that never end.
	 *
	 * @return array<string, array{0: string}>
	 */
	public function flood(): array {
		return array(
			'by its announcement' => array( 'announcing' ),
			'by what has come'    => array( 'endless' ),
		);
	}

	/**
	 * Does not wait for the rest.
	 *
	 * @dataProvider flood
	 * @param string $name Of the socket.
	 */
	public function test_hangs_up_as_soon_as_an_answer_is_too_large( string $name ): void {
		$start  = microtime( true );
		$answer = $this->client( $name )->get( '/v1/status' );
		$this->assertStringContainsString( 'larger than 2 MB', $answer->get_error_message() );
		$this->assertLessThan( 0.6, microtime( true ) - $start );
	}

	/** Bans that are none. */
	public function test_takes_for_a_ban_only_what_is_one(): void {
		$this->assertError( 'bad_answer', $this->client( 'pretending' )->bans( array() ) );
	}

	/** Names what to run. */
	public function test_says_what_to_run_on_the_host(): void {
		$data = $this->client( 'refusing' )->get( '/v1/status' )->get_error_data();
		$this->assertSame( array( 503, 'portcullis status' ), array( $data['status'], $data['command'] ) );
	}

	/**
	 * Sockets that swallow.
	 *
	 * @return array<string, array{0: string}>
	 */
	public function silence(): array {
		return array(
			'no answer'     => array( 'hanging' ),
			'a slow answer' => array( 'trickling' ),
		);
	}

	/**
	 * Costs one wait of less than a second, and then nothing.
	 *
	 * @dataProvider silence
	 * @param string $name Of the socket.
	 */
	public function test_waits_less_than_a_second_once_in_30_s( string $name ): void {
		$start = microtime( true );
		$this->assertError( 'unreachable', $this->client( $name )->get( '/v1/status' ) );
		$this->assertLessThan( 1.0, microtime( true ) - $start );

		$start  = microtime( true );
		$paused = $this->client( $name )->get( '/v1/bans' );
		$this->assertError( 'paused', $paused );
		$this->assertLessThan( 0.05, microtime( true ) - $start );
		$this->assertStringContainsString( '0.9 s', $paused->get_error_message() );
		$this->assertSame( 'portcullis status', $paused->get_error_data()['command'] );
		$this->assertEqualsWithDelta( 30, $paused->get_error_data()['retry_after'], 1 );
	}

	/** A clock that was set back. */
	public function test_does_not_pause_longer_when_the_clock_is_set_back(): void {
		( new \Portcullis\Circuit_Breaker() )->open( new \WP_Error( 'portcullis_unreachable', 'gone', array( 'status' => 503 ) ) );
		$pause          = get_site_transient( 'portcullis_pause' );
		$pause['until'] = time() + 3600;
		set_site_transient( 'portcullis_pause', $pause, 30 );
		$this->assertIsArray( ( new Daemon_Client() )->get( '/v1/status' ) );
	}

	/** The daemon's no is an answer. */
	public function test_does_not_pause_after_a_refusal(): void {
		$this->assertError( 'shared_evidence', $this->client( 'shared' )->get( '/v1/bans' ) );
		$this->assertError( 'shared_evidence', $this->client( 'shared' )->get( '/v1/bans' ) );
	}

	/**
	 * Paths that cannot be sockets.
	 *
	 * @return array<string, array{0: string}>
	 */
	public function bad_paths(): array {
		return array(
			'108 bytes'     => array( '/' . str_repeat( 'x', 107 ) ),
			'not absolute'  => array( 'run/portcullis.sock' ),
			'empty'         => array( '' ),
			'with a NUL'    => array( "/run/x\0.sock" ),
		);
	}

	/**
	 * Refused before anything is sent.
	 *
	 * @dataProvider bad_paths
	 * @param string $path The path.
	 */
	public function test_refuses_a_path_that_cannot_be_a_socket( string $path ): void {
		$this->assertError( 'bad_socket_path', ( new Daemon_Client( new Connection( $path ) ) )->get( '/v1/status' ) );
	}

	/** The daemon runs, this site's socket is not there. */
	public function test_gives_the_command_that_registers_an_unknown_site(): void {
		$folder = getenv( 'BENCH_HOSTILE' ) . '/run';
		wp_mkdir_p( $folder . '/sites' );
		$socket = stream_socket_server( 'unix://' . $folder . '/admin.sock' );
		$answer = ( new Daemon_Client( new Connection( $folder . '/sites/blog.example.com.sock' ) ) )->get( '/v1/status' );
		fclose( $socket );
		$this->assertError( 'unknown_site', $answer );
		$this->assertMatchesRegularExpression( '#^portcullis site add blog\.example\.com --user \S+ --wp /\S+$#', $answer->get_error_data()['command'] );
	}
}
