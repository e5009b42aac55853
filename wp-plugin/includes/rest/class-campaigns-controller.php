<?php
/**
 * Route: campaigns.
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
 * `GET /campaigns`: attacks of many addresses with few tries each, as the lines of this site alone show them.
 */
final class Campaigns_Controller extends Controller {

	/** Here `sites` is a list. */
	protected const MAPS = array();

	/**
	 * Registers the route.
	 */
	public function register_routes(): void {
		$this->route(
			'/campaigns',
			array(
				WP_REST_Server::READABLE => array(
					'capability' => Capabilities::VIEW,
					'callback'   => array( $this, 'get_items' ),
					'args'       => self::list_arguments(),
				),
			)
		);
	}

	/**
	 * A page of campaigns; a sub-site sees its own.
	 *
	 * @param WP_REST_Request $request The request.
	 */
	public function get_items( $request ): WP_REST_Response|WP_Error {
		return self::answer( $this->daemon( $request )->get( '/v1/campaigns', self::given( $request, array( 'limit', 'cursor' ) ), self::LIST_KEYS ) );
	}
}
