<?php
/**
 * Route: sites that the log shows.
 *
 * @package Portcullis
 */

namespace Portcullis\REST;

use Portcullis\Capabilities;
use WP_Error;
use WP_REST_Request;
use WP_REST_Response;
use WP_REST_Server;

/**
 * `GET /sites`: when the log last had a line of each site of this installation.
 */
final class Sites_Controller extends Controller {

	/**
	 * Registers the route.
	 */
	public function register_routes(): void {
		$this->route(
			'/sites',
			array(
				WP_REST_Server::READABLE => array(
					'capability' => Capabilities::VIEW,
					'callback'   => array( $this, 'get_items' ),
					'args'       => self::list_arguments( array( 'name', 'last_event_at', 'failures' ) ),
				),
			)
		);
	}

	/**
	 * A page of sites; a sub-site sees itself.
	 *
	 * @param WP_REST_Request $request The request.
	 */
	public function get_items( $request ): WP_REST_Response|WP_Error {
		return self::answer( $this->daemon( $request )->get( '/v1/sites', self::given( $request, array( 'limit', 'cursor', 'sort' ) ), self::LIST_KEYS ) );
	}
}
