import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventsInWords, failuresInWords } from './failures.ts';

const ban = { failures: 5, users: [ 'bob' ], reason: 'the rule' };
const evidence = {
	events: { login_failure: 5 },
	first_failure_at: '2026-11-21T19:00:00.000Z',
	last_failure_at: '2026-11-21T19:03:00.000Z',
};
const words = ( ...given: Parameters< typeof failuresInWords > ) =>
	failuresInWords( ...given ).replace( /[\u2068\u2069]/g, '' );

test( 'a ban says what was tried, for whom and how fast', () => {
	assert.equal(
		words( ban, evidence, 'en' ),
		'5 wrong passwords for bob in 3 min'
	);
} );

test( 'two kinds are both named, more are only counted', () => {
	const two = { ...evidence, events: { login_failure: 3, unknown_user: 2 } };
	assert.equal(
		words( ban, two, 'en' ),
		'3 wrong passwords, 2 unknown user names for bob in 3 min'
	);
	const three = { ...evidence, events: { multicall: 1, ...two.events } };
	assert.match( words( ban, three, 'en' ), /^5 failures for bob/ );
} );

test( 'kinds that do not add up to all failures are not told as if they did', () => {
	const part = { ...evidence, events: { login_failure: 3 } };
	assert.match( words( ban, part, 'en' ), /^5 failures/ );
} );

test( 'many names are counted behind the latest', () => {
	const many = { ...ban, users: [ 'bob', 'alice', 'root' ] };
	assert.match(
		words( many, {}, 'en' ),
		/^5 failures for bob and 2 other names$/
	);
	assert.match(
		words( { ...ban, users: [ 'bob', 'alice' ] }, {}, 'en' ),
		/for bob and alice$/
	);
} );

test( 'a ban by hand says what the administrator wrote', () => {
	const byHand = { failures: 0, users: [], reason: 'scanner\u202E' };
	assert.equal( words( byHand, {}, 'en' ), 'scanner\\u{202e}' );
} );

test( 'an event that this version does not know is a failure, even if it is called constructor', () => {
	assert.equal( eventsInWords( 'constructor', 1 ), '1 failure' );
	assert.equal( eventsInWords( 'quantum_login', 2 ), '2 failures' );
} );
