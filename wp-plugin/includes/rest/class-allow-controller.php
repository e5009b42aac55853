<?php
/**
 * Routes: the allow list.
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
 * `GET /allow`, `POST /allow`, `DELETE /allow/<id>`.
 */
final class Allow_Controller extends Controller {

	/** A note has at most so many characters. */
	public const MAX_NOTE = 500;

	/**
	 * Registers the routes.
	 */
	public function register_routes(): void {
		$this->route(
			'/allow',
			array(
				WP_REST_Server::READABLE  => array(
					'capability' => Capabilities::VIEW,
					'callback'   => array( $this, 'get_items' ),
					'args'       => self::list_arguments(),
				),
				WP_REST_Server::CREATABLE => array(
					'capability' => Capabilities::ALLOW,
					'callback'   => array( $this, 'create_item' ),
					'args'       => array(
						'ip'   => self::ip_argument( false ),
						'for'  => self::text_argument(
							__( 'How long, as “7d”; 30 days at most.', 'portcullis' ),
							10,
							array(
								'required' => true,
								'pattern'  => Bans_Controller::DURATION_PATTERN,
							)
						),
						'note' => self::text_argument( __( 'Why, for whoever reads the list later.', 'portcullis' ), self::MAX_NOTE ),
					),
				),
			)
		);
		$this->route(
			'/allow/(?P<id>[0-9]{1,15})',
			array(
				WP_REST_Server::DELETABLE => array(
					'capability' => Capabilities::ALLOW,
					'callback'   => array( $this, 'delete_item' ),
					'args'       => array(
						'id' => array(
							'description' => __( 'The entry’s number.', 'portcullis' ),
							'type'        => 'integer',
							'minimum'     => 1,
						),
					),
				),
			)
		);
	}

	/**
	 * A page of entries.
	 *
	 * @param WP_REST_Request $request The request.
	 */
	public function get_items( $request ): WP_REST_Response|WP_Error {
		return self::answer( $this->daemon( $request )->get( '/v1/allow', self::given( $request, array( 'limit', 'cursor' ) ), self::LIST_KEYS ) );
	}

	/**
	 * Allows an address.
	 *
	 * @param WP_REST_Request $request The request.
	 */
	public function create_item( $request ): WP_REST_Response|WP_Error {
		$entry = self::given( $request, array( 'ip', 'for', 'note' ) );
		return self::answer( $this->daemon( $request )->change( 'POST', '/v1/allow', array(), $entry, array( 'entry', 'lifted' ) ), 201 );
	}

	/**
	 * Removes an entry.
	 *
	 * @param WP_REST_Request $request The request.
	 */
	public function delete_item( $request ): WP_REST_Response|WP_Error {
		return self::answer( $this->daemon( $request )->change( 'DELETE', '/v1/allow/' . (int) $request['id'], array(), null, array( 'id', 'ip' ) ) );
	}
}
