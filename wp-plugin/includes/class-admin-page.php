<?php
/**
 * The panel's screen.
 *
 * @package Portcullis
 */

namespace Portcullis;

/**
 * Tools → Portcullis, and Settings → Portcullis in the network admin. The script is loaded on these screens only.
 */
final class Admin_Page {

	public const SLUG = 'portcullis';

	private const SCRIPT = 'portcullis-panel';

	/**
	 * What is preloaded for the screen that is being shown.
	 *
	 * @var array
	 */
	private array $preload = array();

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
		add_action( 'admin_menu', array( $this, 'add_to_tools' ) );
		add_action( 'network_admin_menu', array( $this, 'add_to_network_settings' ) );
	}

	/**
	 * The screen's address.
	 *
	 * @param bool $network Whether the network's.
	 */
	public static function url( bool $network = false ): string {
		return $network ? network_admin_url( 'settings.php?page=' . self::SLUG ) : admin_url( 'tools.php?page=' . self::SLUG );
	}

	/**
	 * Adds the screen of a site.
	 */
	public function add_to_tools(): void {
		$hook = add_management_page( __( 'Portcullis', 'portcullis' ), __( 'Portcullis', 'portcullis' ), Capabilities::VIEW, self::SLUG, array( $this, 'render' ) );
		$this->prepare( $hook );
	}

	/**
	 * Adds the screen of a network.
	 */
	public function add_to_network_settings(): void {
		$hook = add_submenu_page( 'settings.php', __( 'Portcullis', 'portcullis' ), __( 'Portcullis', 'portcullis' ), 'manage_network_options', self::SLUG, array( $this, 'render' ) );
		$this->prepare( $hook );
	}

	/**
	 * Prints the screen. Its first rows stand in the document itself, so that they are painted with it: the script takes
	 * their place when it has loaded, and nothing does without JavaScript.
	 */
	public function render(): void {
		$network = is_network_admin();
		$table   = new Bans_Table( ( new Panel_Settings( $network ) )->first_page( $this->preload ), $network );
		$later   = $this->has_script() && ! self::asks_for_first_page();
		echo '<div class="wrap"><div id="portcullis-root">' . ( $later ? '</div><noscript>' : '' );
		echo '<h1 class="wp-heading-inline">' . esc_html__( 'Portcullis', 'portcullis' ) . '</h1><hr class="wp-header-end">';
		if ( $this->has_script() ) {
			echo '<div class="portcullis-place hide-if-no-js"></div>';
		}
		$table->render( $this->daemon );
		echo ( $later ? '</noscript>' : '</div>' ) . '</div>';
	}

	/**
	 * Whether the address names neither a tab nor a search nor another page: then the script shows the same rows.
	 */
	private static function asks_for_first_page(): bool {
		// phpcs:ignore WordPress.Security.NonceVerification.Recommended -- only the names are looked at.
		return array( 'page' ) === array_keys( $_GET );
	}

	/**
	 * Loads the panel and what it shows first, before the page is printed.
	 */
	public function load(): void {
		$settings = new Panel_Settings( is_network_admin() );
		( new Help_Tabs() )->add_to( get_current_screen() );
		add_action(
			'admin_enqueue_scripts',
			function () use ( $settings ): void {
				$this->preload = $settings->preload();
				if ( $this->has_script() ) {
					$this->enqueue( $settings->all( $this->preload ) );
				}
			}
		);
	}

	/**
	 * Has load() called on this screen only.
	 *
	 * @param string|false $hook The screen's hook; false where the user may not see it.
	 */
	private function prepare( string|false $hook ): void {
		if ( false !== $hook ) {
			add_action( 'load-' . $hook, array( $this, 'load' ) );
		}
	}

	/**
	 * Enqueues the panel's script and style.
	 *
	 * @param array $settings For the script.
	 */
	private function enqueue( array $settings ): void {
		$asset = require self::build_file( 'index.asset.php' );
		wp_enqueue_script( self::SCRIPT, plugins_url( 'build/index.js', PLUGIN_FILE ), $asset['dependencies'], $asset['version'], array( 'in_footer' => true ) );
		wp_set_script_translations( self::SCRIPT, 'portcullis', dirname( PLUGIN_FILE ) . '/languages' );
		// The daemon's answers hold what attackers wrote: no '<' may reach the page as such.
		$json = wp_json_encode( $settings, JSON_HEX_TAG | JSON_HEX_AMP | JSON_UNESCAPED_SLASHES | JSON_INVALID_UTF8_SUBSTITUTE );
		wp_add_inline_script( self::SCRIPT, 'window.portcullisSettings = ' . $json . ';', 'before' );
		wp_enqueue_style( 'wp-components' );
		foreach ( array( 'style-index.css', 'index.css' ) as $name ) {
			if ( is_readable( self::build_file( $name ) ) ) {
				$handle = self::SCRIPT . '-' . basename( $name, '.css' );
				wp_enqueue_style( $handle, plugins_url( 'build/' . $name, PLUGIN_FILE ), array( 'wp-components' ), $asset['version'] );
				wp_style_add_data( $handle, 'rtl', 'replace' );
			}
		}
	}

	/**
	 * Whether the panel has been built; without it the table stands alone.
	 */
	private function has_script(): bool {
		return is_readable( self::build_file( 'index.js' ) ) && is_readable( self::build_file( 'index.asset.php' ) );
	}

	/**
	 * A file of the build.
	 *
	 * @param string $name Its name.
	 */
	private static function build_file( string $name ): string {
		return __DIR__ . '/../build/' . $name;
	}
}
