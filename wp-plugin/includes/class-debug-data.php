<?php
/**
 * Tools → Site Health → Info.
 *
 * @package Portcullis
 */

namespace Portcullis;

/**
 * What a helper wants to know, without secrets: no token, no address, no user name.
 */
final class Debug_Data {

	/**
	 * Keeps the client.
	 *
	 * @param Daemon_Client $daemon Talks to the daemon.
	 */
	public function __construct( private readonly Daemon_Client $daemon ) {}

	/**
	 * Adds the hook.
	 */
	public function register(): void {
		add_filter( 'debug_information', array( $this, 'add' ) );
	}

	/**
	 * Adds the section.
	 *
	 * @param array $sections WordPress' own.
	 */
	public function add( array $sections ): array {
		if ( ! current_user_can( Capabilities::VIEW ) ) {
			return $sections;
		}
		$site   = $this->daemon->get( '/v1/site', array(), array( 'id', 'version' ) );
		$curl   = function_exists( 'curl_version' ) ? curl_version()['version'] : __( 'missing', 'portcullis' ); // phpcs:ignore WordPress.WP.AlternativeFunctions.curl_curl_version
		$values = array(
			'version'     => array( __( 'Plugin', 'portcullis' ), VERSION ),
			'socket'      => array( __( 'Socket', 'portcullis' ), $this->daemon->connection()->path ),
			'token'       => array( __( 'Token', 'portcullis' ), $this->daemon->connection()->is_shared() ? __( 'set', 'portcullis' ) : __( 'not set', 'portcullis' ) ),
			'unix_user'   => array( __( 'Unix user of PHP', 'portcullis' ), Site::unix_user() ),
			'curl'        => array( 'curl', $curl ),
			'site_name'   => array( __( 'Name in the log', 'portcullis' ), Site::name() ),
			'wp_fail2ban' => array( 'WP fail2ban', ( new WP_Fail2Ban() )->is_active() ? __( 'active', 'portcullis' ) : __( 'not active', 'portcullis' ) ),
			'daemon'      => array( __( 'Daemon', 'portcullis' ), is_wp_error( $site ) ? $site->get_error_code() : $site['version'] ),
		);
		if ( is_array( $site ) ) {
			$values['id']         = array( __( 'Registered as', 'portcullis' ), $site['id'] );
			$values['mode']       = array( __( 'Mode', 'portcullis' ), $site['mode'] ?? '' );
			$values['rights']     = array( __( 'Rights', 'portcullis' ), implode( ', ', (array) ( $site['rights'] ?? array() ) ) );
			$values['last_event'] = array( __( 'Last event in the log', 'portcullis' ), $site['last_event_at'] ?? __( 'never', 'portcullis' ) );
		}
		$fields = array();
		foreach ( $values as $key => list( $label, $value ) ) {
			$fields[ $key ] = array(
				'label' => $label,
				'value' => (string) $value,
			);
		}
		$sections['portcullis'] = array(
			'label'  => __( 'Portcullis', 'portcullis' ),
			'fields' => $fields,
		);
		return $sections;
	}
}
