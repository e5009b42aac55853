<?php
/**
 * Routes: failures, and what was done about them.
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
 * `GET /failures`: the latest first. `GET /audit`: what this site's users did.
 */
final class Failures_Controller extends Controller {

	/**
	 * Registers the routes.
	 */
	public function register_routes(): void {
		$instant = array(
			'type'   => 'string',
			'format' => 'date-time',
		);
		$ip      = array( 'required' => false ) + self::ip_argument( true );
		$this->route(
			'/failures',
			array(
				WP_REST_Server::READABLE => array(
					'capability' => Capabilities::VIEW,
					'callback'   => array( $this, 'get_items' ),
					'args'       => self::list_arguments() + array(
						'site'    => self::text_argument( __( 'Only failures at this site.', 'portcullis' ), 300 ),
						'ip'      => $ip,
						'event'   => self::text_argument( __( 'Only this kind of event.', 'portcullis' ), 40 ),
						'user'    => self::text_argument( __( 'Only failures with this user name.', 'portcullis' ), 1024 ),
						'since'   => $instant,
						'until'   => $instant,
						'counted' => array(
							'description' => __( 'Only those that counted, or only those that did not.', 'portcullis' ),
							'type'        => 'boolean',
						),
					),
				),
			)
		);
		$this->route(
			'/audit',
			array(
				WP_REST_Server::READABLE => array(
					'capability' => Capabilities::VIEW,
					'callback'   => array( $this, 'get_audit' ),
					'args'       => self::list_arguments() + array( 'ip' => $ip ),
				),
			)
		);
	}

	/**
	 * A page of failures.
	 *
	 * @param WP_REST_Request $request The request.
	 */
	public function get_items( $request ): WP_REST_Response|WP_Error {
		$query = self::given( $request, array( 'limit', 'cursor', 'site', 'ip', 'event', 'user', 'since', 'until', 'counted' ) );
		if ( isset( $query['counted'] ) ) {
			$query['counted'] = $query['counted'] ? 'true' : 'false';
		}
		return self::answer( $this->daemon( $request )->get( '/v1/failures', $query, self::LIST_KEYS ) );
	}

	/**
	 * A page of what was done.
	 *
	 * @param WP_REST_Request $request The request.
	 */
	public function get_audit( WP_REST_Request $request ): WP_REST_Response|WP_Error {
		return self::answer( $this->daemon( $request )->get( '/v1/audit', self::given( $request, array( 'limit', 'cursor', 'ip' ) ), self::LIST_KEYS ) );
	}
}
