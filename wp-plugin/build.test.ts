import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { buildPanel, zipPlugin } from './build.ts';

const built = ( name: string ) =>
	readFileSync( join( import.meta.dirname, 'build', name ) );

before( buildPanel );

/** Script handles that WordPress 6.8 registers, of those that a panel may need. */
const handlesOfCore68 = [
	'react',
	'react-dom',
	'react-jsx-runtime',
	'wp-a11y',
	'wp-api-fetch',
	'wp-components',
	'wp-compose',
	'wp-data',
	'wp-date',
	'wp-element',
	'wp-hooks',
	'wp-i18n',
	'wp-keycodes',
	'wp-notices',
	'wp-primitives',
	'wp-url',
];

test( 'the script depends only on handles of WordPress 6.8, which drops a script with any other without a word', () => {
	const [ , list = '' ] =
		/'dependencies' => array\(([^)]*)\)/.exec(
			String( built( 'index.asset.php' ) )
		) ?? [];
	const handles = [ ...list.matchAll( /'([^']+)'/g ) ].map(
		( [ , name ] ) => name!
	);
	assert.ok( handles.length > 5 );
	assert.deepEqual(
		handles.filter( ( name ) => ! handlesOfCore68.includes( name ) ),
		[]
	);
} );

test( 'the script has less than 450 kB on the wire', () => {
	const size = gzipSync( built( 'index.js' ) ).length;
	assert.ok( size < 450_000, `${ size } bytes` );
} );

test( 'the script says nothing of where it was built, and has no source map', () => {
	const script = String( built( 'index.js' ) );
	assert.ok( ! /\n\/\/# sourceMappingURL=[^\n]*\s*$/.test( script ) );
	assert.ok( ! script.includes( join( import.meta.dirname, '..' ) ) );
} );

const zip = () => {
	buildPanel();
	return zipPlugin();
};

test( 'translators get every text of the panel and of PHP, with what its placeholders are', () => {
	const pot = execFileSync(
		'unzip',
		[ '-p', zip(), 'portcullis/languages/portcullis.pot' ],
		{ encoding: 'utf8' }
	);
	for ( const text of [
		'msgid "Active bans"',
		'msgid "%d wrong password"\nmsgid_plural "%d wrong passwords"',
		'#: includes/class-help-tabs.php',
		'# %s: address\n',
	] ) {
		assert.ok( pot.includes( text ), text );
	}
} );

test( 'portcullis.zip holds the plugin and nothing else', () => {
	const names = execFileSync( 'unzip', [ '-Z1', zip() ], {
		encoding: 'utf8',
	} )
		.trim()
		.split( '\n' );
	for ( const needed of [
		'portcullis.php',
		'build/index.js',
		'build/index.asset.php',
		'build/style-index.css',
		'build/style-index-rtl.css',
		'languages/portcullis.pot',
		'readme.txt',
		'uninstall.php',
	] ) {
		assert.ok( names.includes( `portcullis/${ needed }` ), needed );
	}
	assert.deepEqual(
		names.filter(
			( name ) =>
				! /^portcullis\/((build|includes|languages)\/[\w./-]+|[\w-]+\.(php|txt))$/.test(
					name
				) || /\.map$|\.test\.|node_modules|package|\.tsx?$/.test( name )
		),
		[]
	);
} );

test( 'the same files make the same zip, whenever they were written', () => {
	const file = join( import.meta.dirname, 'readme.txt' );
	const { atime, mtime } = statSync( file );
	const first = readFileSync( zip() );
	utimesSync( file, atime, new Date( '2001-02-03T04:05:06Z' ) );
	try {
		assert.ok( readFileSync( zip() ).equals( first ) );
	} finally {
		utimesSync( file, atime, mtime );
	}
	execFileSync( 'unzip', [ '-tqq', zip() ] );
} );
