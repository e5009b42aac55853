<?php
/**
 * Drop-in: WordPress' database in SQLite.
 *
 * @package Portcullis\Bench
 */

define( 'DATABASE_TYPE', 'sqlite' );
define( 'DB_ENGINE', 'sqlite' );
require_once getenv( 'BENCH_SQLITE' ) . '/wp-includes/sqlite/db.php';
