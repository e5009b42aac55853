<?php
/**
 * Loads WordPress into PHPUnit, as a request to its front page would.
 *
 * @package Portcullis\Tests
 */

$_SERVER['HTTP_HOST']       = getenv( 'BENCH_HOST' );
$_SERVER['SERVER_NAME']     = getenv( 'BENCH_HOST' );
$_SERVER['REQUEST_URI']     = '/';
$_SERVER['REQUEST_METHOD']  = 'GET';
$_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';
$_SERVER['REMOTE_ADDR']     = '203.0.113.5';

global $table_prefix;
require getenv( 'BENCH_CORE' ) . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/admin.php';
require_once __DIR__ . '/TestCase.php';
