<?php
/**
 * Routes: what this site asks the host's administrator for.
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
 * `GET /requests`, `POST /requests`: for bans that this site may not lift because others have evidence, too.
 */
final class Requests_Controller extends Controller {

	/**
	 * Registers the routes.
	 */
	public function register_routes(): void {
		$this->route(
			'/requests',
			array(
				WP_REST_Server::READABLE  => array(
					'capability' => Capabilities::VIEW,
					'callback'   => array( $this, 'get_items' ),
					'args'       => self::list_arguments() + array(
						'state' => array(
							'description' => __( 'Only requests in this state.', 'portcullis' ),
							'type'        => 'string',
							'enum'        => array( 'open', 'approved', 'declined' ),
						),
					),
				),
				WP_REST_Server::CREATABLE => array(
					'capability' => Capabilities::UNBAN,
					'callback'   => array( $this, 'create_item' ),
					'args'       => array(
						'ip'   => self::ip_argument( false ),
						'note' => self::text_argument( __( 'Why, for the host’s administrator.', 'portcullis' ), Allow_Controller::MAX_NOTE, array( 'default' => '' ) ),
					),
				),
			)
		);
	}

	/**
	 * A page of requests.
	 *
	 * @param WP_REST_Request $request The request.
	 */
	public function get_items( $request ): WP_REST_Response|WP_Error {
		return self::answer( $this->daemon( $request )->get( '/v1/requests', self::given( $request, array( 'limit', 'cursor', 'state' ) ), self::LIST_KEYS ) );
	}

	/**
	 * Asks for an unban.
	 *
	 * @param WP_REST_Request $request The request.
	 */
	public function create_item( $request ): WP_REST_Response|WP_Error {
		$asked = self::given( $request, array( 'ip', 'note' ) );
		return self::answer( $this->daemon( $request )->change( 'POST', '/v1/requests', array(), $asked, array( 'id', 'state' ) ), 201 );
	}
}
