<?php
/**
 * What the tests have in common.
 *
 * @package Portcullis\Tests
 */

namespace Portcullis\Tests;

use Portcullis\Circuit_Breaker;
use Portcullis\Connection;
use Portcullis\Daemon_Client;
use WP_Error;
use WP_REST_Request;
use WP_REST_Response;

/**
 * A test on a real WordPress; each begins as administrator and without a pause.
 */
abstract class TestCase extends \PHPUnit\Framework\TestCase {

	/**
	 * Begins anew.
	 */
	protected function setUp(): void {
		parent::setUp();
		( new Circuit_Breaker() )->close();
		delete_transient( 'portcullis_counters' );
		delete_site_transient( 'portcullis_counters' );
		$this->log_in( 'admin' );
	}

	/**
	 * Becomes a user; '' is nobody.
	 *
	 * @param string $login The user.
	 */
	protected function log_in( string $login ): void {
		wp_set_current_user( '' === $login ? 0 : get_user_by( 'login', $login )->ID );
	}

	/**
	 * A client of one of the hostile sockets.
	 *
	 * @param string $name  Of the socket.
	 * @param string $token Of the shared mode.
	 */
	protected function client( string $name, string $token = '' ): Daemon_Client {
		return new Daemon_Client( new Connection( getenv( 'BENCH_HOSTILE' ) . "/$name.sock", $token ) );
	}

	/**
	 * Calls a route of the plugin.
	 *
	 * @param string $method HTTP's.
	 * @param string $path   Behind the namespace.
	 * @param array  $values Parameters, or the body.
	 */
	protected function call( string $method, string $path, array $values = array() ): WP_REST_Response {
		$request = new WP_REST_Request( $method, '/portcullis/v1' . $path );
		if ( 'POST' === $method ) {
			$request->set_header( 'Content-Type', 'application/json' );
			$request->set_body( wp_json_encode( $values ) );
		} else {
			$request->set_query_params( $values );
		}
		return rest_do_request( $request );
	}

	/**
	 * The answer as a browser gets it.
	 *
	 * @param WP_REST_Response $response The answer.
	 */
	protected function body( WP_REST_Response $response ): mixed {
		return json_decode( wp_json_encode( rest_get_server()->response_to_data( $response, false ) ) );
	}

	/**
	 * Expects an error with this code.
	 *
	 * @param string $code  Without the prefix.
	 * @param mixed  $error What came.
	 */
	protected function assertError( string $code, mixed $error ): void {
		$this->assertInstanceOf( WP_Error::class, $error );
		$this->assertSame( 'portcullis_' . $code, $error->get_error_code(), $error->get_error_message() );
	}

	/**
	 * Expects a route to refuse.
	 *
	 * @param int              $status   HTTP status.
	 * @param string           $code     Of the error.
	 * @param WP_REST_Response $response The answer.
	 */
	protected function assertRefused( int $status, string $code, WP_REST_Response $response ): void {
		$this->assertSame( array( $status, $code ), array( $response->get_status(), $response->get_data()['code'] ?? null ), wp_json_encode( $response->get_data() ) );
	}
}
