<?php
/**
 * What is printed into pages.
 *
 * @package Portcullis\Tests
 */

namespace Portcullis\Tests;

use Portcullis\Admin_Page;
use Portcullis\Bans_Table;
use Portcullis\Counters;
use Portcullis\Daemon_Client;
use Portcullis\Dashboard_Widget;
use Portcullis\Panel_Settings;
use Portcullis\Text;

/**
 * Tests of the screen, its table without JavaScript, and the widget.
 */
final class ScreenTest extends TestCase {

	/** Names that attackers tried, as HTML must not hold them. */
	private const HOSTILE = array( '<script>alert', '<img src=x', '<svg/onload', "\u{202e}", "\u{2066}", "\x07", "\x1b" );

	/** The table shows bans and runs nothing. */
	public function test_the_table_shows_bans_of_this_site(): void {
		$preload = ( new Panel_Settings( false ) )->preload();
		$html    = $this->printed( fn() => ( new Bans_Table( ( new Panel_Settings( false ) )->first_page( $preload ), false ) )->render( new Daemon_Client() ) );
		$this->assertStringContainsString( '>198.51.100.66</bdi>', $html );
		$this->assertStringContainsString( 'Unban 198.51.100.66', $html );
		foreach ( self::HOSTILE as $text ) {
			$this->assertStringNotContainsString( $text, $html );
		}
	}

	/** Even if the daemon's own words were hostile. */
	public function test_the_table_escapes_whatever_the_daemon_says(): void {
		$ban  = array(
			'ip'          => '"><b>1.2.3.4',
			'reason'      => "<script>alert(1)</script> \u{202e}gnp\x1b[31m" . str_repeat( 'x', 8192 ),
			'sites'       => array(
				'<i>evil</i>' => 1,
				''            => 2,
			),
			'other_sites' => 2,
			'since'       => '"><script>',
			'until'       => null,
		);
		$page = array(
			'items' => array( $ban ),
			'next'  => null,
			'total' => 1,
		);
		$html = $this->printed( fn() => ( new Bans_Table( $page, false ) )->render( new Daemon_Client() ) );
		$this->assertStringNotContainsString( '<script', $html );
		$this->assertStringNotContainsString( '<i>', $html );
		$this->assertStringNotContainsString( '<b>', $html );
		foreach ( self::HOSTILE as $text ) {
			$this->assertStringNotContainsString( $text, $html );
		}
		$this->assertStringContainsString( '&lt;U+202E&gt;gnp', $html );
		$this->assertStringContainsString( '2 others', $html );
		$this->assertStringContainsString( 'for ever', $html );
		$this->assertLessThan( 4000, strlen( $html ) );
	}

	/** Without the daemon the table says what to do. */
	public function test_the_table_says_what_to_run_when_the_daemon_is_away(): void {
		$html = $this->printed( fn() => ( new Bans_Table( null, false ) )->render( $this->client( 'refusing' ) ) );
		$this->assertStringContainsString( '<code>portcullis status</code>', $html );
		$this->assertStringContainsString( 'Nothing listens on', $html );
	}

	/** The settings cannot end the script they stand in. */
	public function test_the_settings_hold_no_markup(): void {
		$settings = new Panel_Settings( false );
		$json     = wp_json_encode( $settings->all( $settings->preload() ), JSON_HEX_TAG | JSON_HEX_AMP | JSON_UNESCAPED_SLASHES );
		$this->assertStringNotContainsString( '<', $json );
		$this->assertStringContainsString( '198.51.100.66', $json );
		$value = json_decode( $json );
		$this->assertSame( 'blog.example.com', $value->site->name );
		$this->assertSame( '203.0.113.5', $value->ownAddress->ip );
		$this->assertEquals(
			(object) array(
				'view'  => true,
				'unban' => true,
				'allow' => true,
			),
			$value->capabilities
		);
		$path = '/portcullis/v1/bans?limit=20&sort=-since';
		$this->assertGreaterThan( 2, $value->preload->$path->body->total );
		$this->assertIsObject( $value->preload->$path->body->items[0]->sites );
	}

	/** A dead daemon leaves the preloaded answers out, at the cost of one call. */
	public function test_preloads_nothing_that_failed(): void {
		( new \Portcullis\Circuit_Breaker() )->open( new \WP_Error( 'portcullis_unreachable', 'gone', array( 'status' => 503 ) ) );
		$this->assertSame( array(), ( new Panel_Settings( false ) )->preload() );
	}

	/** The widget. */
	public function test_the_widget_tells_three_numbers_and_asks_once_a_minute(): void {
		$counters = array(
			'bans'          => 3,
			'failures'      => 1234,
			'last_event_at' => null,
		);
		set_transient( 'portcullis_counters', $counters, 60 );
		$html = $this->printed( array( new Dashboard_Widget( new Counters( $this->client( 'refusing' ) ) ), 'render' ) );
		$this->assertStringContainsString( '3 addresses are banned.', $html );
		$this->assertStringContainsString( '1,234 failures in the last 24 hours.', $html );
		$this->assertStringContainsString( 'Last event in the log: never.', $html );
		$this->assertStringContainsString( 'tools.php?page=portcullis', $html );
	}

	/** Texts. */
	public function test_makes_visible_what_cannot_be_seen(): void {
		$this->assertSame( 'a<U+0000>b<U+000D><U+000A><U+202E><U+200B><U+2028>', Text::visible( "a\0b\r\n\u{202e}\u{200b}\u{2028}" ) );
		$this->assertSame( 'Zoë �', Text::visible( "Zoë \xff" ) );
		$this->assertSame( 301, mb_strlen( Text::visible( str_repeat( 'ä', 8192 ) ) ) );
	}

	/**
	 * What a function prints.
	 *
	 * @param callable $render The function.
	 */
	private function printed( callable $render ): string {
		ob_start();
		$render();
		return (string) ob_get_clean();
	}
}
