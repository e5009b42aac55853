<?php
/**
 * Links in the list of plugins.
 *
 * @package Portcullis
 */

namespace Portcullis;

/**
 * A link to the panel.
 */
final class Plugin_Links {

	/**
	 * Adds the hooks.
	 */
	public function register(): void {
		$name = plugin_basename( PLUGIN_FILE );
		add_filter( 'plugin_action_links_' . $name, array( $this, 'add' ) );
		add_filter( 'network_admin_plugin_action_links_' . $name, array( $this, 'add' ) );
	}

	/**
	 * Puts the link first.
	 *
	 * @param string[] $links HTML.
	 * @return string[]
	 */
	public function add( array $links ): array {
		$network = is_network_admin();
		if ( current_user_can( Capabilities::VIEW, ...( $network ? array( Capabilities::NETWORK ) : array() ) ) ) {
			array_unshift( $links, '<a href="' . esc_url( Admin_Page::url( $network ) ) . '">' . esc_html__( 'Bans', 'portcullis' ) . '</a>' );
		}
		return $links;
	}
}
