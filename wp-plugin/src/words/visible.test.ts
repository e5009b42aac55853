import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isolated, visible } from './visible.ts';

test( 'what would act on the screen is spelled out', () => {
	assert.equal( visible( 'a\u202Egnp.exe' ), 'a\\u{202e}gnp.exe' );
	assert.equal( visible( 'bell\x07' ), 'bell\\u{7}' );
	assert.equal( visible( 'nul\0 tag\u{E0041}' ), 'nul\\u{0} tag\\u{e0041}' );
	assert.equal( visible( '\uD800' ), '\\u{d800}' );
} );

test( 'HTML and other alphabets stay as they are: the screen shows text', () => {
	for ( const text of [
		'<img src=x onerror=alert(1)>',
		'Пётр',
		'管理员',
		'é',
	] ) {
		assert.equal( visible( text ), text );
	}
} );

test( 'overlong text is cut at a character, never inside of one', () => {
	assert.equal(
		visible( '😀'.repeat( 300 ), 10 ),
		`${ '😀'.repeat( 10 ) }…`
	);
	assert.ok( visible( 'x'.repeat( 8192 ) ).length < 210 );
} );

test( 'a name inside a sentence keeps its direction to itself', () => {
	assert.equal( isolated( 'שלום' ), '\u2068שלום\u2069' );
} );
