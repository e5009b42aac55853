<?php
/**
 * Tests on Tools → Site Health.
 *
 * @package Portcullis
 */

namespace Portcullis;

/**
 * One test a link of the chain: WP fail2ban writes, the log names the client, the daemon reads, this site may ask.
 * Tests that ask the daemon run after the page is shown, and together call it at most twice.
 */
final class Site_Health {

	/** Nothing in the log for so long is worth a look, in seconds. */
	private const QUIET = 7 * DAY_IN_SECONDS;

	/**
	 * Keeps the client.
	 *
	 * @param Daemon_Client $daemon Talks to the daemon.
	 */
	public function __construct( private readonly Daemon_Client $daemon ) {}

	/**
	 * Adds the hooks.
	 */
	public function register(): void {
		add_filter( 'site_status_tests', array( $this, 'add' ) );
		add_action( 'rest_api_init', array( $this, 'register_route' ) );
	}

	/**
	 * Adds the tests: those of this site's own settings at once, those that ask the daemon afterwards.
	 *
	 * @param array $tests WordPress' tests.
	 */
	public function add( array $tests ): array {
		foreach ( $this->labels() as $name => $label ) {
			$test = array(
				'label' => $label,
				'test'  => array( $this, 'test_' . $name ),
			);
			if ( ! in_array( $name, array( 'socket', 'last_event', 'mode' ), true ) ) {
				$tests['direct'][ 'portcullis_' . $name ] = $test;
				continue;
			}
			$tests['async'][ 'portcullis_' . $name ] = array(
				'label'             => $label,
				'test'              => rest_url( REST\Controller::NAMESPACE . '/site-health/' . $name ),
				'has_rest'          => true,
				'async_direct_test' => array( $this, 'test_' . $name ),
			);
		}
		return $tests;
	}

	/**
	 * Registers the route of the tests that run afterwards.
	 */
	public function register_route(): void {
		register_rest_route(
			REST\Controller::NAMESPACE,
			'/site-health/(?P<test>socket|last_event|mode)',
			array(
				'methods'             => 'GET',
				'callback'            => fn( \WP_REST_Request $request ) => $this->{ 'test_' . $request['test'] }(),
				'permission_callback' => static fn() => current_user_can( 'view_site_health_checks' ) && current_user_can( Capabilities::VIEW ),
				'show_in_index'       => false,
			)
		);
	}

	/**
	 * Can the daemon be asked, is it of a version that fits, and is it well?
	 */
	public function test_socket(): array {
		$status = $this->daemon->get( '/v1/status', array(), array( 'version', 'healthy', 'bans' ) );
		if ( is_wp_error( $status ) ) {
			$data = (array) $status->get_error_data();
			return $this->result( 'socket', 'critical', __( 'Portcullis cannot be asked', 'portcullis' ), $status->get_error_message(), $data['command'] ?? '' );
		}
		if ( ! $status['healthy'] ) {
			$sentences = implode( ' ', array_map( array( Text::class, 'visible' ), array_column( (array) ( $status['problems'] ?? array() ), 'sentence' ) ) );
			return $this->result( 'socket', 'critical', __( 'Portcullis has a problem', 'portcullis' ), $sentences, 'portcullis status' );
		}
		$enforced = (int) $status['bans']['enforced'];
		$wanted   = (int) $status['bans']['wanted'];
		if ( $enforced < $wanted ) {
			/* translators: 1: a number, 2: a number. */
			$sentence = sprintf( __( 'The firewall held %1$d of %2$d bans when it was last looked at.', 'portcullis' ), $enforced, $wanted );
			return $this->result( 'socket', 'recommended', __( 'Portcullis does not enforce all bans', 'portcullis' ), $sentence, 'portcullis status' );
		}
		/* translators: 1: a version, 2: a number. */
		$sentence = sprintf( __( 'The daemon, version %1$s, answers and enforces all of %2$d bans.', 'portcullis' ), $status['version'], $wanted );
		return $this->result( 'socket', 'good', __( 'Portcullis answers', 'portcullis' ), $sentence );
	}

	/**
	 * Does this site's log reach the daemon?
	 */
	public function test_last_event(): array {
		$site = $this->daemon->get( '/v1/site', array(), array( 'id', 'version' ) );
		if ( is_wp_error( $site ) ) {
			return $this->result( 'last_event', 'recommended', __( 'It is not known whether Portcullis sees this site', 'portcullis' ), $site->get_error_message() );
		}
		$last = $site['last_event_at'] ?? null;
		$age  = null === $last ? null : time() - (int) strtotime( $last );
		if ( null === $age ) {
			return $this->result(
				'last_event',
				'recommended',
				__( 'Portcullis has seen no event of this site', 'portcullis' ),
				/* translators: %s: a site's name. */
				sprintf( __( 'No line in the host’s log names %s. Log out and in again: this writes one. If it is still not seen, WP fail2ban is not active, writes somewhere else, or cuts the host from its lines.', 'portcullis' ), Site::name() ),
				'portcullis sites'
			);
		}
		/* translators: %s: '3 minutes ago'. */
		$sentence = sprintf( __( 'The log last named this site %s.', 'portcullis' ), Text::ago( $last ) );
		return $age > self::QUIET
			? $this->result( 'last_event', 'recommended', __( 'Portcullis has seen no event of this site for long', 'portcullis' ), $sentence, 'portcullis sites' )
			: $this->result( 'last_event', 'good', __( 'Portcullis sees this site’s log', 'portcullis' ), $sentence );
	}

	/**
	 * Is this site kept apart from the host's others?
	 */
	public function test_mode(): array {
		$site = $this->daemon->get( '/v1/site', array(), array( 'id', 'mode', 'version' ) );
		if ( is_wp_error( $site ) ) {
			return $this->result( 'mode', 'recommended', __( 'It is not known how this site is kept apart from others', 'portcullis' ), $site->get_error_message() );
		}
		if ( 'isolated' !== $site['mode'] ) {
			return $this->result(
				'mode',
				'recommended',
				__( 'This site shares a Unix user with others', 'portcullis' ),
				__( 'Sites of the same Unix user can read each other’s files, tokens included. Portcullis therefore knows which site asks, but cannot keep one from pretending to be another, and lets them do less. A user for each site, with a PHP pool of its own, keeps them apart.', 'portcullis' )
			);
		}
		return $this->result( 'mode', 'good', __( 'This site has a socket of its own', 'portcullis' ), __( 'Only this site’s Unix user can ask about its bans.', 'portcullis' ) );
	}

	/**
	 * Does WP fail2ban write what the daemon reads?
	 */
	public function test_wp_fail2ban(): array {
		$problems = ( new WP_Fail2Ban() )->problems();
		return $problems
			? $this->result( 'wp_fail2ban', ( new WP_Fail2Ban() )->is_active() ? 'recommended' : 'critical', __( 'Portcullis does not learn of all failed logins', 'portcullis' ), implode( ' ', $problems ) )
			: $this->result( 'wp_fail2ban', 'good', __( 'WP fail2ban writes failed logins into the log', 'portcullis' ), __( 'It is active, and its settings let Portcullis tell sites and clients apart.', 'portcullis' ) );
	}

	/**
	 * Does the log name the clients, or a proxy?
	 */
	public function test_proxy(): array {
		$own     = Own_Address::describe();
		$trusted = array() !== Own_Address::trusted_proxies();
		if ( null !== $own['cdn'] ) {
			return $this->result(
				'proxy',
				'recommended',
				__( 'Bans in the firewall do not reach clients behind the CDN', 'portcullis' ),
				/* translators: %s: name of a CDN. */
				sprintf( __( 'This page came through %s. The host’s firewall sees the CDN’s addresses only, so that a ban of a client has no effect there, and a ban of the CDN’s would lock out everybody.', 'portcullis' ), $own['cdn'] )
			);
		}
		if ( $own['proxied'] && ! $trusted ) {
			return $this->result(
				'proxy',
				'recommended',
				__( 'The log names a proxy in place of clients', 'portcullis' ),
				/* translators: 1: an IP address, 2: name of a constant. */
				sprintf( __( 'This page came with X-Forwarded-For from %1$s, and %2$s is not set. If that is your proxy, its address will be banned for what its clients do. Name it in wp-config.php, and have it replace the header, not append to it.', 'portcullis' ), $own['remote'], 'WP_FAIL2BAN_PROXIES' ),
				/* translators: comment in a command. */
				sprintf( "define( 'WP_FAIL2BAN_PROXIES', '%s' );", $own['remote'] )
			);
		}
		return $this->result( 'proxy', 'good', __( 'The log names clients', 'portcullis' ), __( 'No proxy was seen that WP fail2ban does not know.', 'portcullis' ) );
	}

	/**
	 * Names of the tests.
	 *
	 * @return array<string, string>
	 */
	private function labels(): array {
		return array(
			'socket'      => __( 'Portcullis: daemon', 'portcullis' ),
			'last_event'  => __( 'Portcullis: this site’s log', 'portcullis' ),
			'mode'        => __( 'Portcullis: other sites of the host', 'portcullis' ),
			'wp_fail2ban' => __( 'Portcullis: WP fail2ban', 'portcullis' ),
			'proxy'       => __( 'Portcullis: proxies', 'portcullis' ),
		);
	}

	/**
	 * A result as Site Health wants it.
	 *
	 * @param string $test     Name of the test.
	 * @param string $status   good, recommended or critical.
	 * @param string $label    Heading.
	 * @param string $sentence What was found.
	 * @param string $command  What to run or to write.
	 */
	private function result( string $test, string $status, string $label, string $sentence, string $command = '' ): array {
		return array(
			'label'       => $label,
			'status'      => $status,
			'badge'       => array(
				'label' => __( 'Security', 'portcullis' ),
				'color' => 'good' === $status ? 'blue' : 'orange',
			),
			'description' => '<p>' . esc_html( $sentence ) . '</p>',
			'actions'     => ( '' === $command ? '' : '<p><code>' . esc_html( $command ) . '</code></p>' )
				. sprintf( '<p><a href="%s">%s</a></p>', esc_url( Admin_Page::url() ), esc_html__( 'Show bans', 'portcullis' ) ),
			'test'        => 'portcullis_' . $test,
		);
	}
}
