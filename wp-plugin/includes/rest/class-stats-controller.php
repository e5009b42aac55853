<?php
/**
 * Route: numbers over time.
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
 * `GET /stats`: failures and bans over time, and what was tried most.
 */
final class Stats_Controller extends Controller {

	/**
	 * Registers the route.
	 */
	public function register_routes(): void {
		$this->route(
			'/stats',
			array(
				WP_REST_Server::READABLE => array(
					'capability' => Capabilities::VIEW,
					'callback'   => array( $this, 'get_item' ),
					'args'       => array(
						'since' => array(
							'description' => __( 'Where the statistics begin.', 'portcullis' ),
							'type'        => 'string',
							'format'      => 'date-time',
						),
						'site'  => self::text_argument( __( 'Only of this site.', 'portcullis' ), 300 ),
					),
				),
			)
		);
	}

	/**
	 * The numbers.
	 *
	 * @param WP_REST_Request $request The request.
	 */
	public function get_item( $request ): WP_REST_Response|WP_Error {
		$query = self::given( $request, array( 'since', 'site' ) );
		return self::answer( $this->daemon( $request )->get( '/v1/stats', $query, array( 'buckets', 'failures', 'bans' ) ) );
	}
}
