<?php
/**
 * Route: is everything working, and who are we to the daemon.
 *
 * @package Portcullis
 */

namespace Portcullis\REST;

use Portcullis\Admin_Session;
use Portcullis\Capabilities;
use WP_Error;
use WP_REST_Request;
use WP_REST_Response;
use WP_REST_Server;

/**
 * `GET /status`: health, and what is enforced. `GET /site`: who the daemon takes this site for, and what it may do.
 */
final class Status_Controller extends Controller {

	/**
	 * Registers the routes.
	 */
	public function register_routes(): void {
		$this->route(
			'/status',
			array(
				WP_REST_Server::READABLE => array(
					'capability' => Capabilities::VIEW,
					'callback'   => array( $this, 'get_status' ),
					'args'       => array(),
				),
			)
		);
		$this->route(
			'/site',
			array(
				WP_REST_Server::READABLE => array(
					'capability' => Capabilities::VIEW,
					'callback'   => array( $this, 'get_site' ),
					'args'       => array(),
				),
			)
		);
	}

	/**
	 * The daemon's health, and the numbers of this site's bans.
	 *
	 * @param WP_REST_Request $request The request.
	 */
	public function get_status( WP_REST_Request $request ): WP_REST_Response|WP_Error {
		$daemon = $this->daemon( $request );
		$status = $daemon->get( '/v1/status', array(), array( 'version', 'healthy', 'bans' ) );
		if ( ! is_wp_error( $status ) ) {
			Admin_Session::tell( $daemon );
		}
		return self::answer( $status );
	}

	/**
	 * This site, as the daemon knows it.
	 *
	 * @param WP_REST_Request $request The request.
	 */
	public function get_site( WP_REST_Request $request ): WP_REST_Response|WP_Error {
		return self::answer( $this->daemon( $request )->get( '/v1/site', array(), array( 'id', 'domains', 'mode', 'rights', 'version' ) ) );
	}
}
