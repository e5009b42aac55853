import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problemOf } from './problem.ts';

test( 'what PHP says reaches the person: sentence, hint, command', () => {
	const problem = problemOf( {
		code: 'portcullis_unknown_site',
		message: 'The daemon does not know this site.',
		data: {
			status: 503,
			hint: 'Register it.',
			command: 'portcullis site add blog.example.com --user site1',
		},
	} );
	assert.deepEqual( problem, {
		code: 'portcullis_unknown_site',
		sentence: 'The daemon does not know this site.',
		hint: 'Register it.',
		command: 'portcullis site add blog.example.com --user site1',
		passes: false,
	} );
} );

test( 'a daemon that is away may come back, so it is asked again', () => {
	assert.equal(
		problemOf( { code: 'portcullis_unreachable', message: 'x' } ).passes,
		true
	);
} );

test( 'an expired session says what to do', () => {
	const { sentence, hint } = problemOf( {
		code: 'rest_cookie_invalid_nonce',
		message: 'Cookie check failed',
	} );
	assert.match( sentence, /session has expired/ );
	assert.match( hint, /log in/ );
} );

test( 'whatever is thrown becomes a sentence', () => {
	for ( const thrown of [
		null,
		undefined,
		7,
		'text',
		{},
		new Error( 'x' ),
		{ code: 5, data: [] },
	] ) {
		assert.notEqual( problemOf( thrown ).sentence, '' );
	}
} );
