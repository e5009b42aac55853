<?php
/**
 * What the plugin consists of.
 *
 * @package Portcullis
 */

namespace Portcullis;

/**
 * Hangs each part of the plugin on WordPress. None of them calls the daemon before a screen, a route or a command of
 * this plugin is asked for: the front end and the login never wait for it.
 */
final class Plugin {

	/**
	 * Keeps the client that all parts share.
	 *
	 * @param Daemon_Client $daemon Talks to the daemon.
	 */
	public function __construct( private readonly Daemon_Client $daemon ) {}

	/**
	 * Adds the hooks.
	 */
	public function register(): void {
		( new Capabilities() )->register();
		add_action( 'rest_api_init', array( $this, 'register_routes' ) );
		( new CLI( $this->daemon->for_network() ) )->register();
		// Site Health runs its weekly checks in cron, where is_admin() is false.
		( new Site_Health( $this->daemon ) )->register();
		( new Debug_Data( $this->daemon ) )->register();
		if ( ! is_admin() ) {
			return;
		}
		$page = new Admin_Page( $this->daemon );
		$page->register();
		( new Unban_Form( $this->daemon ) )->register();
		( new Dashboard_Widget( new Counters( $this->daemon ) ) )->register();
		( new Plugin_Links() )->register();
		( new Privacy() )->register();
	}

	/**
	 * Registers the routes, a controller per noun.
	 */
	public function register_routes(): void {
		$controllers = array(
			REST\Status_Controller::class,
			REST\Bans_Controller::class,
			REST\Campaigns_Controller::class,
			REST\Allow_Controller::class,
			REST\Requests_Controller::class,
			REST\Failures_Controller::class,
			REST\Stats_Controller::class,
			REST\Sites_Controller::class,
		);
		foreach ( $controllers as $controller ) {
			( new $controller( $this->daemon ) )->register_routes();
		}
	}
}
