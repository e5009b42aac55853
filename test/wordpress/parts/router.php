<?php
/**
 * What a web server's configuration does for WordPress: content from the site's own folder, pretty permalinks, and
 * sub-sites in folders. PHP's built-in server calls it for each request.
 *
 * @package Portcullis\Bench
 */

const BENCH_TYPES = array(
	'css'   => 'text/css; charset=utf-8',
	'gif'   => 'image/gif',
	'html'  => 'text/html; charset=utf-8',
	'jpg'   => 'image/jpeg',
	'js'    => 'text/javascript; charset=utf-8',
	'json'  => 'application/json',
	'map'   => 'application/json',
	'png'   => 'image/png',
	'svg'   => 'image/svg+xml',
	'woff2' => 'font/woff2',
);

$bench_path = rawurldecode( (string) parse_url( $_SERVER['REQUEST_URI'], PHP_URL_PATH ) );
if ( getenv( 'BENCH_FOLDERS' ) ) {
	$bench_path = preg_replace( '#^/(?!wp-(?:content|admin|includes)/)[_0-9a-zA-Z-]+(/wp-(?:content|admin|includes)(?:/.*)?|/[^/]+\.php)$#', '$1', $bench_path );
}

$bench_content = getenv( 'BENCH_CONTENT' );
$bench_file    = str_starts_with( $bench_path, '/wp-content/' )
	? realpath( $bench_content . substr( $bench_path, strlen( '/wp-content' ) ) )
	: realpath( $_SERVER['DOCUMENT_ROOT'] . $bench_path );
if ( $bench_file && is_dir( $bench_file ) ) {
	$bench_file = realpath( $bench_file . '/index.php' );
	$bench_path = rtrim( $bench_path, '/' ) . '/index.php';
}
$bench_inside = $bench_file && ( str_starts_with( $bench_file, $_SERVER['DOCUMENT_ROOT'] . '/' ) || str_starts_with( $bench_file, realpath( $bench_content ) . '/' ) );

if ( $bench_inside && ! str_ends_with( $bench_file, '.php' ) ) {
	header( 'Content-Type: ' . ( BENCH_TYPES[ strtolower( pathinfo( $bench_file, PATHINFO_EXTENSION ) ) ] ?? 'application/octet-stream' ) );
	header( 'Content-Length: ' . filesize( $bench_file ) );
	header( 'Cache-Control: max-age=3600' );
	readfile( $bench_file );
	return true;
}

if ( ! $bench_inside ) {
	$bench_path = '/index.php';
	$bench_file = $_SERVER['DOCUMENT_ROOT'] . $bench_path;
}
$_SERVER['SCRIPT_NAME']     = $bench_path;
$_SERVER['PHP_SELF']        = $bench_path;
$_SERVER['SCRIPT_FILENAME'] = $bench_file;
chdir( dirname( $bench_file ) );
require $bench_file;
return true;
