<?php
/**
 * What site owners may tell their visitors.
 *
 * @package Portcullis
 */

namespace Portcullis;

/**
 * Suggests a text for the privacy policy. This plugin itself stores nothing about visitors.
 */
final class Privacy {

	/**
	 * Adds the hook.
	 */
	public function register(): void {
		add_action( 'admin_init', array( $this, 'suggest' ) );
	}

	/**
	 * Suggests the text.
	 */
	public function suggest(): void {
		$paragraphs = array(
			__( 'When a login fails, this site writes the time, the user name that was entered and the IP address into the log of its web host. The host refuses connections from addresses that fail too often.', 'portcullis' ),
			__( 'The host keeps failures for 30 days and ended bans for 90 days, unless its administrator set other periods. Administrators of this site can see those that concern it. No data is sent to anybody else.', 'portcullis' ),
		);
		wp_add_privacy_policy_content( 'Portcullis', '<p class="privacy-policy-tutorial">' . esc_html__( 'The plugin stores nothing about visitors in WordPress; the host does.', 'portcullis' ) . '</p><p>' . implode( '</p><p>', array_map( 'esc_html', $paragraphs ) ) . '</p>' );
	}
}
