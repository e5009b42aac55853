<?php
/**
 * Help on the panel's screen.
 *
 * @package Portcullis
 */

namespace Portcullis;

/**
 * What administrators ask first.
 */
final class Help_Tabs {

	/**
	 * Adds the tabs.
	 *
	 * @param \WP_Screen|null $screen The screen.
	 */
	public function add_to( ?\WP_Screen $screen ): void {
		if ( null === $screen ) {
			return;
		}
		foreach ( $this->tabs() as $id => list( $title, $paragraphs ) ) {
			$screen->add_help_tab(
				array(
					'id'      => 'portcullis-' . $id,
					'title'   => $title,
					'content' => '<p>' . implode( '</p><p>', array_map( 'esc_html', $paragraphs ) ) . '</p>',
				)
			);
		}
		$screen->set_help_sidebar( '<p><strong>' . esc_html__( 'On the host:', 'portcullis' ) . '</strong></p><p><code>portcullis status</code></p><p><code>portcullis why ADDRESS</code></p><p><code>portcullis doctor</code></p>' );
	}

	/**
	 * Titles and paragraphs.
	 *
	 * @return array<string, array{0: string, 1: string[]}>
	 */
	private function tabs(): array {
		return array(
			'bans'     => array(
				__( 'Bans', 'portcullis' ),
				array(
					__( 'WP fail2ban writes failed logins into the host’s log. A program on the host counts them and has the firewall refuse addresses that fail too often. This screen shows those that failed at this site.', 'portcullis' ),
					__( 'A ban holds for every site of the host. It ends by itself; you may end it earlier if this site alone has evidence. Otherwise you can ask the host’s administrator.', 'portcullis' ),
				),
			),
			'yourself' => array(
				__( 'If you are banned yourself', 'portcullis' ),
				array(
					__( 'Then this site does not load at all from your address. Use another connection, such as a phone, or ask the host’s administrator to run “portcullis unban ADDRESS --allow 1d”.', 'portcullis' ),
				),
			),
			'allow'    => array(
				__( 'Allow list', 'portcullis' ),
				array(
					__( 'An address on the allow list is not banned for what it does at this site. An entry names one address, or the /64 network of an IPv6 client, and ends after 30 days at most. What the address does at other sites still counts there.', 'portcullis' ),
				),
			),
			'cdn'      => array(
				__( 'Behind a proxy or CDN', 'portcullis' ),
				array(
					__( 'The host’s firewall sees who connects to the host. If visitors come through a CDN, that is the CDN: a ban of a visitor’s address then has no effect, and a ban of the CDN’s locks out everybody. Tell WP fail2ban your proxies with WP_FAIL2BAN_PROXIES, and ban at the CDN.', 'portcullis' ),
				),
			),
		);
	}
}
