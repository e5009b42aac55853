<?php
/**
 * What all routes have in common.
 *
 * @package Portcullis
 */

namespace Portcullis\REST;

use Portcullis\Capabilities;
use Portcullis\Daemon_Client;
use Portcullis\Daemon_Error;
use WP_Error;
use WP_REST_Request;
use WP_REST_Response;

/**
 * A noun of the daemon's API under /wp-json/portcullis/v1. The schema of a route's arguments is its validation; what comes
 * back is what the daemon said.
 */
abstract class Controller extends \WP_REST_Controller {

	public const NAMESPACE = 'portcullis/v1';

	/** The daemon's answer to a list. */
	protected const LIST_KEYS = array( 'items', 'next', 'total' );

	/** Fields whose value is a map from names to numbers. */
	protected const MAPS = array( 'sites', 'events' );

	/**
	 * Keeps the client.
	 *
	 * @param Daemon_Client $daemon Talks to the daemon.
	 */
	public function __construct( private readonly Daemon_Client $daemon ) {
		$this->namespace = self::NAMESPACE;
	}

	/**
	 * Registers one route of this noun.
	 *
	 * @param string $path       Below the namespace.
	 * @param array  $operations By HTTP method: [ capability, callback, arguments, whether it may be part of a batch ].
	 */
	protected function route( string $path, array $operations ): void {
		$endpoints = array();
		$batch     = false;
		foreach ( $operations as $method => $operation ) {
			$endpoints[] = array(
				'methods'             => $method,
				'permission_callback' => fn( WP_REST_Request $request ) => $this->permit( $operation['capability'], $request ),
				'callback'            => $operation['callback'],
				'args'                => $operation['args'] + array( 'scope' => $this->scope_argument() ),
			);
			$batch       = $batch || 'GET' !== $method;
		}
		if ( $batch ) {
			$endpoints['allow_batch'] = array( 'v1' => true );
		}
		register_rest_route( self::NAMESPACE, $path, $endpoints );
	}

	/**
	 * Whether the current user may do this; nobody learns from the refusal whether the daemon is there.
	 *
	 * @param string          $capability One of Capabilities.
	 * @param WP_REST_Request $request    The request.
	 * @return true|WP_Error
	 */
	protected function permit( string $capability, WP_REST_Request $request ): bool|WP_Error {
		$scope = $this->is_network( $request ) ? array( Capabilities::NETWORK ) : array();
		if ( current_user_can( $capability, ...$scope ) ) {
			return true;
		}
		return Daemon_Error::make( 'forbidden', rest_authorization_required_code(), __( 'You are not allowed to do that with bans.', 'portcullis' ) );
	}

	/**
	 * The daemon as this request may see it: of a network the current sub-site, or all of it.
	 *
	 * @param WP_REST_Request $request The request.
	 */
	protected function daemon( WP_REST_Request $request ): Daemon_Client {
		return $this->is_network( $request ) ? $this->daemon->for_network() : $this->daemon;
	}

	/**
	 * The arguments that were given, of those that are named.
	 *
	 * @param WP_REST_Request $request The request.
	 * @param string[]        $names   Arguments that the daemon knows.
	 */
	protected static function given( WP_REST_Request $request, array $names ): array {
		return array_intersect_key( $request->get_params(), array_flip( $names ) );
	}

	/**
	 * An answer of the daemon as one of the REST API.
	 *
	 * @param array|WP_Error $answer What the daemon said.
	 * @param int            $status HTTP status if it is a value.
	 */
	protected static function answer( array|WP_Error $answer, int $status = 200 ): WP_REST_Response|WP_Error {
		if ( is_wp_error( $answer ) ) {
			return $answer;
		}
		return new WP_REST_Response( static::with_maps( $answer ), $status, array( 'Cache-Control' => 'no-store' ) );
	}

	/**
	 * The answer with its maps as objects: PHP's empty array would be printed as `[]`.
	 *
	 * @param array $value A value, or a part of it.
	 */
	protected static function with_maps( array $value ): array {
		foreach ( $value as $key => $part ) {
			if ( ! is_array( $part ) ) {
				continue;
			}
			$value[ $key ] = in_array( $key, static::MAPS, true ) ? (object) $part : static::with_maps( $part );
		}
		return $value;
	}

	/**
	 * The argument `ip`: looked at closely by the daemon.
	 *
	 * @param bool $network Whether an IPv6 network will do.
	 */
	protected static function ip_argument( bool $network ): array {
		return array(
			'description'       => __( 'An IP address, or the /64 network of an IPv6 client.', 'portcullis' ),
			'type'              => 'string',
			'required'          => true,
			'minLength'         => 2,
			'maxLength'         => 43,
			'sanitize_callback' => static fn( $value ) => is_string( $value ) ? trim( $value ) : $value,
			'validate_callback' => static fn( $value ) => \Portcullis\Address::validate( $value, $network ),
		);
	}

	/**
	 * The arguments of a list.
	 *
	 * @param string[] $sorts Fields to sort by; none: a fixed order.
	 */
	protected static function list_arguments( array $sorts = array() ): array {
		$arguments = array(
			'limit'  => array(
				'description' => __( 'Items a page.', 'portcullis' ),
				'type'        => 'integer',
				'minimum'     => 1,
				'maximum'     => 1000,
				'default'     => 100,
			),
			'cursor' => array(
				'description' => __( 'Where the page begins: “next” of the page before.', 'portcullis' ),
				'type'        => 'string',
				'maxLength'   => 500,
			),
		);
		if ( $sorts ) {
			$arguments['sort'] = array(
				'description' => __( 'Field to sort by; a leading “-” sorts downwards.', 'portcullis' ),
				'type'        => 'string',
				'enum'        => array_merge( $sorts, array_map( static fn( $field ) => '-' . $field, $sorts ) ),
			);
		}
		return $arguments;
	}

	/**
	 * A text argument with a largest length.
	 *
	 * @param string $description What it is.
	 * @param int    $max_length  In characters.
	 * @param array  $more        More of its schema.
	 */
	protected static function text_argument( string $description, int $max_length, array $more = array() ): array {
		return array(
			'description' => $description,
			'type'        => 'string',
			'maxLength'   => $max_length,
		) + $more;
	}

	/**
	 * The argument `scope`.
	 */
	private function scope_argument(): array {
		return array(
			'description' => __( 'What this site may see, or the whole network.', 'portcullis' ),
			'type'        => 'string',
			'enum'        => array( 'site', 'network' ),
			'default'     => 'site',
		);
	}

	/**
	 * Whether the request is about the whole network.
	 *
	 * @param WP_REST_Request $request The request.
	 */
	private function is_network( WP_REST_Request $request ): bool {
		return 'network' === $request['scope'];
	}
}
