<?php
/**
 * Lifts a ban without JavaScript.
 *
 * @package Portcullis
 */

namespace Portcullis;

/**
 * A button of the plain table. It goes the way of the panel: the REST route, with its checks.
 */
final class Unban_Form {

	private const ACTION = 'portcullis_unban';

	/**
	 * Adds the hook.
	 */
	public function register(): void {
		add_action( 'admin_post_' . self::ACTION, array( $this, 'handle' ) );
	}

	/**
	 * Prints the button, for those who may use it.
	 *
	 * @param string $ip      The address.
	 * @param bool   $network Whether on the network's screen.
	 */
	public function render( string $ip, bool $network ): void {
		if ( ! current_user_can( Capabilities::UNBAN, ...( $network ? array( Capabilities::NETWORK ) : array() ) ) ) {
			return;
		}
		echo '<form method="post" action="' . esc_url( admin_url( 'admin-post.php' ) ) . '">';
		echo '<input type="hidden" name="action" value="' . esc_attr( self::ACTION ) . '">';
		echo '<input type="hidden" name="ip" value="' . esc_attr( $ip ) . '">';
		echo '<input type="hidden" name="network" value="' . ( $network ? '1' : '' ) . '">';
		wp_nonce_field( self::ACTION . $ip, '_wpnonce', false );
		/* translators: %s: an IP address. */
		echo '<button class="button" aria-label="' . esc_attr( sprintf( __( 'Unban %s', 'portcullis' ), $ip ) ) . '">' . esc_html__( 'Unban', 'portcullis' ) . '</button></form>';
	}

	/**
	 * Lifts the ban and leads back to the table.
	 */
	public function handle(): void {
		$ip = isset( $_POST['ip'] ) ? sanitize_text_field( wp_unslash( $_POST['ip'] ) ) : '';
		check_admin_referer( self::ACTION . $ip );
		$network = ! empty( $_POST['network'] );
		$request = new \WP_REST_Request( 'DELETE', '/' . REST\Controller::NAMESPACE . '/bans' );
		$request->set_query_params(
			array(
				'ip'    => $ip,
				'scope' => $network ? 'network' : 'site',
			)
		);
		$response       = rest_do_request( $request );
		$query          = array(
			'unbanned' => $ip,
			'said'     => $response->is_error() ? $response->as_error()->get_error_message() : '',
		);
		$query['proof'] = self::proof( $query['unbanned'], $query['said'] );
		wp_safe_redirect( add_query_arg( array_map( 'rawurlencode', $query ), Admin_Page::url( $network ) ) );
		exit;
	}

	/**
	 * How the last unban went, from the address of the page; null where there was none, or where somebody made it up.
	 *
	 * @return array{done: bool, message: string}|null
	 */
	public static function outcome(): ?array {
		// phpcs:disable WordPress.Security.NonceVerification.Recommended -- `proof` is a nonce over both texts; nothing is done here.
		$ip    = isset( $_GET['unbanned'] ) ? sanitize_text_field( wp_unslash( $_GET['unbanned'] ) ) : '';
		$said  = isset( $_GET['said'] ) ? sanitize_text_field( wp_unslash( $_GET['said'] ) ) : '';
		$proof = isset( $_GET['proof'] ) ? sanitize_key( wp_unslash( $_GET['proof'] ) ) : '';
		// phpcs:enable
		if ( '' === $ip || ! hash_equals( self::proof( $ip, $said ), $proof ) ) {
			return null;
		}
		return array(
			'done'    => '' === $said,
			/* translators: %s: an IP address. */
			'message' => '' === $said ? sprintf( __( '%s is no longer banned.', 'portcullis' ), $ip ) : $said,
		);
	}

	/**
	 * Shows that this site wrote the texts of a message.
	 *
	 * @param string $ip   The address.
	 * @param string $said What the daemon said.
	 */
	private static function proof( string $ip, string $said ): string {
		return wp_hash( self::ACTION . '|' . get_current_user_id() . '|' . $ip . '|' . sanitize_text_field( $said ), 'nonce' );
	}
}
