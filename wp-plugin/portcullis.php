<?php
/**
 * Plugin Name:       Portcullis
 * Description:       Shows which addresses the host's firewall bans because of failed logins at this site, and lifts such bans.
 * Version:           0.1.0
 * Requires at least: 6.8
 * Requires PHP:      8.1
 * Author:            The Portcullis maintainers
 * License:           GPL-2.0-or-later
 * License URI:       https://www.gnu.org/licenses/gpl-2.0.html
 * Text Domain:       portcullis
 * Domain Path:       /languages
 *
 * @package Portcullis
 */

namespace Portcullis;

defined( 'ABSPATH' ) || exit;

// It may be there twice: as a must-use plugin and as an ordinary one.
if ( defined( __NAMESPACE__ . '\\VERSION' ) ) {
	return;
}

const VERSION     = '0.1.0';
const PLUGIN_FILE = __FILE__;

/*
 * `Portcullis\REST\Bans_Controller` is in includes/rest/class-bans-controller.php.
 */
spl_autoload_register(
	static function ( string $name ): void {
		if ( ! str_starts_with( $name, __NAMESPACE__ . '\\' ) ) {
			return;
		}
		$parts = explode( '\\', strtolower( str_replace( '_', '-', substr( $name, strlen( __NAMESPACE__ ) + 1 ) ) ) );
		$file  = 'class-' . array_pop( $parts ) . '.php';
		$path  = __DIR__ . '/includes/' . implode( '/', array( ...$parts, $file ) );
		if ( is_readable( $path ) ) {
			require_once $path;
		}
	}
);

( new Plugin( new Daemon_Client() ) )->register();
