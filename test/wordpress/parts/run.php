<?php
/**
 * Runs PHP code inside a WordPress: `php run.php CODE`. Prints what the code prints.
 *
 * @package Portcullis\Bench
 */

$_SERVER['HTTP_HOST']       = getenv( 'BENCH_HOST' );
$_SERVER['REQUEST_URI']     = '/';
$_SERVER['REQUEST_METHOD']  = 'GET';
$_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';
$_SERVER['REMOTE_ADDR']     = '127.0.0.1';
require getenv( 'BENCH_CORE' ) . '/wp-load.php';
// phpcs:ignore Squiz.PHP.Eval.Discouraged -- That is what it is for.
eval( $argv[1] );
