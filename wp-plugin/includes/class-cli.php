<?php
/**
 * `wp portcullis`.
 *
 * @package Portcullis
 */

namespace Portcullis;

use WP_CLI;
use WP_Error;

/**
 * Shows and lifts bans of this site.
 *
 * These commands ask the daemon as this site does, of a network for all its sites, so run them as the site's Unix user. On
 * the host, `portcullis` can do more.
 */
final class CLI {

	/**
	 * Keeps the client.
	 *
	 * @param Daemon_Client $daemon Talks to the daemon.
	 */
	public function __construct( private readonly Daemon_Client $daemon ) {}

	/**
	 * Adds the command, where WP-CLI runs.
	 */
	public function register(): void {
		if ( defined( 'WP_CLI' ) && WP_CLI ) {
			WP_CLI::add_command( 'portcullis', $this );
		}
	}

	/**
	 * Lists bans with evidence from this site.
	 *
	 * ## OPTIONS
	 *
	 * [--ip=<ip>]
	 * : Only bans that cover this address or network.
	 *
	 * [--site=<name>]
	 * : Only bans with evidence from this site of the network.
	 *
	 * [--all]
	 * : Ended bans, too.
	 *
	 * [--limit=<number>]
	 * : At most so many, 1 to 1000.
	 * ---
	 * default: 100
	 * ---
	 *
	 * [--fields=<fields>]
	 * : Columns.
	 * ---
	 * default: ip,state,since,until,failures,sites,reason
	 * ---
	 *
	 * [--format=<format>]
	 * : How.
	 * ---
	 * default: table
	 * options:
	 *   - table
	 *   - csv
	 *   - json
	 *   - yaml
	 *   - count
	 *   - ids
	 * ---
	 *
	 * @param string[] $args    Unused.
	 * @param array    $options Options.
	 */
	public function bans( array $args, array $options ): void {
		$page   = $this->must(
			$this->client()->bans(
				array(
					'ip'    => $options['ip'] ?? null,
					'site'  => $options['site'] ?? null,
					'state' => isset( $options['all'] ) ? 'all' : null,
					'limit' => (int) ( $options['limit'] ?? 100 ),
					'sort'  => '-since',
				)
			)
		);
		$format = $options['format'] ?? 'table';
		if ( 'ids' === $format ) {
			WP_CLI::line( implode( ' ', array_column( $page['items'], 'id' ) ) );
			return;
		}
		if ( 'count' === $format ) {
			WP_CLI::line( (string) $page['total'] );
			return;
		}
		$items = 'table' === $format || 'csv' === $format ? array_map( array( $this, 'flatten' ), $page['items'] ) : $page['items'];
		WP_CLI\Utils\format_items( $format, $items, explode( ',', $options['fields'] ?? 'ip,state,since,until,failures,sites,reason' ) );
	}

	/**
	 * Lifts the bans of an address.
	 *
	 * ## OPTIONS
	 *
	 * <ip>
	 * : An address or network.
	 *
	 * [--allow=<duration>]
	 * : Also allow it for this long, as 7d.
	 *
	 * [--format=<format>]
	 * : How.
	 * ---
	 * default: text
	 * options:
	 *   - text
	 *   - json
	 * ---
	 *
	 * @param string[] $args    The address.
	 * @param array    $options Options.
	 */
	public function unban( array $args, array $options ): void {
		$ip     = $this->address( $args[0], true );
		$answer = $this->must(
			$this->client()->change( 'DELETE', '/v1/bans/' . rawurlencode( $ip ), array( 'allow' => $options['allow'] ?? null ), null, array( 'ended' ) )
		);
		/* translators: %s: an IP address. */
		$this->finish( $options, $answer, sprintf( __( '%s is no longer banned.', 'portcullis' ), $ip ) );
	}

	/**
	 * Allows an address at this site for a while.
	 *
	 * ## OPTIONS
	 *
	 * <ip>
	 * : An address, or the /64 network of an IPv6 client.
	 *
	 * --for=<duration>
	 * : How long, as 7d; 30d at most.
	 *
	 * [--note=<text>]
	 * : Why.
	 *
	 * [--format=<format>]
	 * : How.
	 * ---
	 * default: text
	 * options:
	 *   - text
	 *   - json
	 * ---
	 *
	 * @param string[] $args    The address.
	 * @param array    $options Options.
	 */
	public function allow( array $args, array $options ): void {
		$ip     = $this->address( $args[0], false );
		$entry  = array_filter(
			array(
				'ip'   => $ip,
				'for'  => (string) ( $options['for'] ?? '' ),
				'note' => (string) ( $options['note'] ?? '' ),
			),
			static fn( $value ) => '' !== $value
		);
		$answer = $this->must( $this->client()->change( 'POST', '/v1/allow', array(), $entry, array( 'entry', 'lifted' ) ) );
		/* translators: 1: an IP address, 2: a duration, as '7d'. */
		$this->finish( $options, $answer, sprintf( __( '%1$s is allowed for %2$s.', 'portcullis' ), $ip, $entry['for'] ?? '' ) );
	}

	/**
	 * Says whether everything works.
	 *
	 * ## OPTIONS
	 *
	 * [--format=<format>]
	 * : How.
	 * ---
	 * default: table
	 * options:
	 *   - table
	 *   - csv
	 *   - json
	 *   - yaml
	 * ---
	 *
	 * @param string[] $args    Unused.
	 * @param array    $options Options.
	 */
	public function status( array $args, array $options ): void {
		$status = $this->must( $this->client()->get( '/v1/status', array(), array( 'version', 'healthy', 'bans' ) ) );
		$site   = $this->daemon->get( '/v1/site', array(), array( 'id', 'version' ) );
		$format = $options['format'] ?? 'table';
		$values = array(
			'version'     => $status['version'],
			'healthy'     => $status['healthy'] ? 'yes' : 'no',
			'bans'        => $status['bans']['wanted'],
			'enforced'    => $status['bans']['enforced'],
			'verified_at' => $status['bans']['verified_at'] ?? 'never',
			'site'        => is_array( $site ) ? $site['id'] : $site->get_error_code(),
			'last_event'  => is_array( $site ) ? ( $site['last_event_at'] ?? 'never' ) : '',
		);
		if ( 'json' === $format ) {
			WP_CLI::line( (string) wp_json_encode( array( 'status' => $status ) + array( 'site' => is_array( $site ) ? $site : null ) ) );
		} else {
			$rows = array_map( null, array_keys( $values ), array_values( $values ) );
			WP_CLI\Utils\format_items( $format, array_map( static fn( $row ) => array_combine( array( 'name', 'value' ), $row ), $rows ), array( 'name', 'value' ) );
		}
		if ( ! $status['healthy'] ) {
			WP_CLI::halt( 1 );
		}
	}

	/**
	 * The client, asking even if the daemon was away just now.
	 */
	private function client(): Daemon_Client {
		$this->daemon->end_pause();
		return $this->daemon;
	}

	/**
	 * The address, or the end with what is wrong with it.
	 *
	 * @param string $text    What was entered.
	 * @param bool   $network Whether any network will do.
	 */
	private function address( string $text, bool $network ): string {
		$valid = Address::validate( $text, $network );
		if ( is_wp_error( $valid ) ) {
			$this->must( $valid );
		}
		return trim( $text );
	}

	/**
	 * The answer, or the end with what went wrong.
	 *
	 * @param array|WP_Error $answer The daemon's.
	 */
	private function must( array|WP_Error $answer ): array {
		if ( is_array( $answer ) ) {
			return $answer;
		}
		$data = (array) $answer->get_error_data();
		$more = array_filter( array( $data['hint'] ?? '', isset( $data['command'] ) ? '$ ' . $data['command'] : '' ) );
		WP_CLI::error( implode( "\n", array( Text::visible( $answer->get_error_message() ), ...array_map( array( Text::class, 'visible' ), $more ) ) ) );
		// error() ends the process.
		exit( 1 );
	}

	/**
	 * Prints what was done.
	 *
	 * @param array  $options Options.
	 * @param array  $answer  The daemon's.
	 * @param string $text    In words.
	 */
	private function finish( array $options, array $answer, string $text ): void {
		if ( 'json' === ( $options['format'] ?? 'text' ) ) {
			WP_CLI::line( (string) wp_json_encode( $answer ) );
		} else {
			WP_CLI::success( $text );
		}
	}

	/**
	 * A ban as one row of a table.
	 *
	 * @param array $ban The daemon's.
	 */
	private function flatten( array $ban ): array {
		$sites = implode( ' ', array_map( static fn( $name, $count ) => "$name:$count", array_keys( $ban['sites'] ), $ban['sites'] ) );
		if ( ( $ban['other_sites'] ?? 0 ) > 0 ) {
			$sites .= ' +' . $ban['other_sites'];
		}
		return array_map(
			static fn( $value ) => is_string( $value ) ? Text::visible( $value ) : $value,
			array(
				'sites' => $sites,
				'users' => implode( ' ', $ban['users'] ),
				'until' => $ban['until'] ?? 'never',
			) + $ban
		);
	}
}
