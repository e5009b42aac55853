<?php
/**
 * The bans as the document itself has them.
 *
 * @package Portcullis
 */

namespace Portcullis;

/**
 * A plain table of the first page of bans, and the problem in words where there is no answer. Without JavaScript a button
 * lifts each; with it, the panel is about to take the table's place.
 */
final class Bans_Table {

	/**
	 * Takes what is shown.
	 *
	 * @param array|null $page    A page of bans; null: the daemon was asked in vain.
	 * @param bool       $network Whether on the network's screen.
	 */
	public function __construct( private readonly ?array $page, private readonly bool $network ) {}

	/**
	 * Prints it.
	 *
	 * @param Daemon_Client $daemon Asked what is wrong, where something is.
	 */
	public function render( Daemon_Client $daemon ): void {
		$this->render_outcome();
		if ( null === $this->page ) {
			$problem = $daemon->get( '/v1/status' );
			if ( is_wp_error( $problem ) ) {
				self::render_problem( $problem );
			} else {
				echo '<p>' . esc_html__( 'The daemon did not answer. Load the page again.', 'portcullis' ) . '</p>';
			}
			return;
		}
		$bans = $this->page['items'];
		if ( ! $bans ) {
			echo '<p>' . esc_html__( 'No address is banned because of this site.', 'portcullis' ) . '</p>';
			return;
		}
		/* translators: 1: rows that are shown, 2: all bans. */
		echo '<div class="portcullis-list portcullis-first"><p>' . esc_html( sprintf( __( 'The latest %1$s of %2$s bans in force.', 'portcullis' ), number_format_i18n( count( $bans ) ), number_format_i18n( $this->page['total'] ) ) ) . '</p>';
		echo '<table class="wp-list-table widefat striped"><thead><tr>';
		foreach ( array( __( 'Address', 'portcullis' ), __( 'Why', 'portcullis' ), __( 'Sites', 'portcullis' ), __( 'Banned', 'portcullis' ), __( 'Ends', 'portcullis' ) ) as $heading ) {
			echo '<th scope="col">' . esc_html( $heading ) . '</th>';
		}
		echo '<th scope="col" class="hide-if-js">' . esc_html__( 'Action', 'portcullis' ) . '</th></tr></thead><tbody>';
		array_walk( $bans, array( $this, 'render_row' ) );
		echo '</tbody></table></div>';
	}

	/**
	 * Prints what is wrong, and what to run on the host.
	 *
	 * @param \WP_Error $problem An error of the client.
	 */
	public static function render_problem( \WP_Error $problem ): void {
		$data = (array) $problem->get_error_data();
		echo '<div class="notice notice-error inline"><p>' . esc_html( $problem->get_error_message() ) . '</p>';
		if ( ! empty( $data['hint'] ) ) {
			echo '<p>' . esc_html( $data['hint'] ) . '</p>';
		}
		if ( ! empty( $data['command'] ) ) {
			echo '<p>' . esc_html__( 'On the host, as root:', 'portcullis' ) . ' <code>' . esc_html( $data['command'] ) . '</code></p>';
		}
		echo '</div>';
	}

	/**
	 * Prints one ban.
	 *
	 * @param array|object $ban The ban.
	 */
	private function render_row( array|object $ban ): void {
		$ban    = (array) $ban;
		$sites  = array_map( static fn( $name ) => '' === $name ? __( 'unnamed', 'portcullis' ) : (string) $name, array_keys( (array) $ban['sites'] ) );
		$others = (int) ( $ban['other_sites'] ?? 0 );
		if ( $others > 0 ) {
			/* translators: %s: a number of sites. */
			$sites[] = sprintf( _n( '%s other', '%s others', $others, 'portcullis' ), number_format_i18n( $others ) );
		}
		echo '<tr><th scope="row"><bdi dir="ltr" class="portcullis-address">' . esc_html( $ban['ip'] ) . '</bdi></th>';
		echo '<td>' . esc_html( Text::visible( $ban['reason'] ) ) . '</td>';
		echo '<td>' . esc_html( Text::visible( implode( ', ', $sites ) ) ) . '</td>';
		echo '<td>' . esc_html( Text::instant( $ban['since'] ) ) . '</td>';
		echo '<td>' . esc_html( null === $ban['until'] ? __( 'for ever', 'portcullis' ) : Text::instant( $ban['until'] ) ) . '</td><td class="hide-if-js">';
		( new Unban_Form() )->render( $ban['ip'], $this->network );
		echo '</td></tr>';
	}

	/**
	 * Prints how the last unban on this page went.
	 */
	private function render_outcome(): void {
		$outcome = Unban_Form::outcome();
		if ( null !== $outcome ) {
			wp_admin_notice(
				esc_html( $outcome['message'] ),
				array( 'type' => $outcome['done'] ? 'success' : 'error' )
			);
		}
	}
}
