<?php
/**
 * A box on the dashboard.
 *
 * @package Portcullis
 */

namespace Portcullis;

/**
 * Three numbers on the dashboards of the site and of the network, for those who may see the panel.
 */
final class Dashboard_Widget {

	/**
	 * Keeps the source of the numbers.
	 *
	 * @param Counters $counters The numbers.
	 */
	public function __construct( private readonly Counters $counters ) {}

	/**
	 * Adds the hooks.
	 */
	public function register(): void {
		add_action( 'wp_dashboard_setup', array( $this, 'add' ) );
		add_action( 'wp_network_dashboard_setup', array( $this, 'add' ) );
	}

	/**
	 * Adds the box.
	 */
	public function add(): void {
		if ( current_user_can( Capabilities::VIEW, ...( is_network_admin() ? array( Capabilities::NETWORK ) : array() ) ) ) {
			wp_add_dashboard_widget( 'portcullis_bans', __( 'Banned addresses', 'portcullis' ), array( $this, 'render' ) );
		}
	}

	/**
	 * Prints the box.
	 */
	public function render(): void {
		$counters = $this->counters->get( is_network_admin() );
		if ( is_wp_error( $counters ) ) {
			Bans_Table::render_problem( $counters );
			return;
		}
		$lines = array(
			/* translators: %s: a number. */
			sprintf( _n( '%s address is banned.', '%s addresses are banned.', $counters['bans'], 'portcullis' ), number_format_i18n( $counters['bans'] ) ),
			/* translators: %s: a number. */
			sprintf( _n( '%s failure in the last 24 hours.', '%s failures in the last 24 hours.', $counters['failures'], 'portcullis' ), number_format_i18n( $counters['failures'] ) ),
			/* translators: %s: '3 minutes ago' or 'never'. */
			sprintf( __( 'Last event in the log: %s.', 'portcullis' ), Text::ago( $counters['last_event_at'] ) ),
		);
		echo '<ul><li>' . implode( '</li><li>', array_map( 'esc_html', $lines ) ) . '</li></ul>';
		echo '<p><a href="' . esc_url( Admin_Page::url( is_network_admin() ) ) . '">' . esc_html__( 'Show bans', 'portcullis' ) . '</a></p>';
	}
}
