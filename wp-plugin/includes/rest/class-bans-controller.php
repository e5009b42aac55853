<?php
/**
 * Routes: bans.
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
 * `GET /bans`, `GET /bans/<id>`, `DELETE /bans?ip=…`. An address is a parameter and not part of the path, because web servers
 * refuse the encoded slash of a network there.
 */
final class Bans_Controller extends Controller {

	/** What may stand in `for` and `allow`: 30 days at most, which the daemon checks. */
	public const DURATION_PATTERN = '^[1-9][0-9]{0,6}[smhdw]?$';

	private const STATES = array( 'pending', 'active', 'failed', 'ended' );

	/**
	 * Registers the routes.
	 */
	public function register_routes(): void {
		$this->route(
			'/bans',
			array(
				WP_REST_Server::READABLE  => array(
					'capability' => Capabilities::VIEW,
					'callback'   => array( $this, 'get_items' ),
					'args'       => $this->get_collection_params(),
				),
				WP_REST_Server::DELETABLE => array(
					'capability' => Capabilities::UNBAN,
					'callback'   => array( $this, 'delete_item' ),
					'args'       => array(
						'ip'    => self::ip_argument( true ),
						'jail'  => self::text_argument( __( 'Only the ban of this jail.', 'portcullis' ), 30 ),
						'allow' => self::text_argument( __( 'Also allow the address for this long, as “7d”.', 'portcullis' ), 10, array( 'pattern' => self::DURATION_PATTERN ) ),
					),
				),
			)
		);
		$this->route(
			'/bans/(?P<id>[0-9]{1,15})',
			array(
				WP_REST_Server::READABLE => array(
					'capability' => Capabilities::VIEW,
					'callback'   => array( $this, 'get_item' ),
					'args'       => array(
						'id' => array(
							'description' => __( 'The ban’s number.', 'portcullis' ),
							'type'        => 'integer',
							'minimum'     => 1,
						),
					),
				),
			)
		);
	}

	/**
	 * Arguments of the list: those of the daemon.
	 */
	public function get_collection_params(): array {
		$instant = array(
			'type'   => 'string',
			'format' => 'date-time',
		);
		return self::list_arguments( array( 'since', 'until', 'failures', 'times_banned', 'ip' ) ) + array(
			'site'     => self::text_argument( __( 'Only bans with evidence from this site.', 'portcullis' ), 300 ),
			'jail'     => self::text_argument( __( 'Only bans of this jail.', 'portcullis' ), 30 ),
			'ip'       => array(
				'required'    => false,
				'description' => __( 'Only bans that cover this address or network.', 'portcullis' ),
			) + self::ip_argument( true ),
			'state'    => array(
				'description' => __( 'States, separated by commas, or “all”. Left out: those in force.', 'portcullis' ),
				'type'        => 'string',
				'pattern'     => sprintf( '^(all|(%1$s)(,(%1$s))*)$', implode( '|', self::STATES ) ),
			),
			'since'    => array( 'description' => __( 'Only bans that began then or later.', 'portcullis' ) ) + $instant,
			'until'    => array( 'description' => __( 'Only bans that began before.', 'portcullis' ) ) + $instant,
			'campaign' => self::text_argument( __( 'Only bans of addresses that take part in this campaign.', 'portcullis' ), 40 ),
			'search'   => self::text_argument( __( 'Part of the address, a user name or the reason.', 'portcullis' ), 200 ),
		);
	}

	/**
	 * A page of bans.
	 *
	 * @param WP_REST_Request $request The request.
	 */
	public function get_items( $request ): WP_REST_Response|WP_Error {
		return self::answer( $this->daemon( $request )->bans( self::given( $request, array_keys( $this->get_collection_params() ) ) ) );
	}

	/**
	 * One ban with its evidence.
	 *
	 * @param WP_REST_Request $request The request.
	 */
	public function get_item( $request ): WP_REST_Response|WP_Error {
		return self::answer( $this->daemon( $request )->ban( (int) $request['id'] ) );
	}

	/**
	 * Lifts the bans of an address.
	 *
	 * @param WP_REST_Request $request The request.
	 */
	public function delete_item( $request ): WP_REST_Response|WP_Error {
		if ( isset( $request['allow'] ) ) {
			$permitted = $this->permit( Capabilities::ALLOW, $request );
			if ( is_wp_error( $permitted ) ) {
				return $permitted;
			}
		}
		return self::answer(
			$this->daemon( $request )->change( 'DELETE', '/v1/bans/' . rawurlencode( (string) $request['ip'] ), self::given( $request, array( 'jail', 'allow' ) ), null, array( 'ended' ) )
		);
	}
}
