import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventsInWords, failuresInWords } from './failures.ts';

const ban = {
	failures: 5,
	users: [ 'bob' ],
	reason: 'the rule',
	events: { login_failure: 5 },
	first_failure_at: '2026-11-21T19:00:00.000Z',
	last_failure_at: '2026-11-21T19:03:00.000Z',
};
const words = (
	changes: Partial< Parameters< typeof failuresInWords >[ 0 ] > = {}
) =>
	failuresInWords( { ...ban, ...changes }, 'en' ).replace(
		/[\u2068\u2069]/g,
		''
	);

test( 'a ban says what was tried, for whom and how fast', () => {
	assert.equal( words(), '5 wrong passwords for bob in 3 min' );
	assert.equal(
		words( { last_failure_at: ban.first_failure_at } ),
		'5 wrong passwords for bob within a second'
	);
} );

test( 'two kinds are both named, more are only counted', () => {
	const events = { login_failure: 3, unknown_user: 2 };
	assert.equal(
		words( { events } ),
		'3 wrong passwords, 2 unknown user names (bob) in 3 min'
	);
	assert.match(
		words( { events: { multicall: 1, ...events } } ),
		/^5 failures \(bob\)/
	);
} );

test( 'kinds that do not add up to all failures are not told as if they did', () => {
	assert.match( words( { events: { login_failure: 3 } } ), /^5 failures/ );
	assert.match( words( { events: { toString: 5 } } ), /^5 failures/ );
} );

test( 'many names are counted behind the latest', () => {
	assert.match(
		words( { users: [ 'bob', 'alice', 'root' ] } ),
		/for bob and 2 other names/
	);
	assert.match( words( { users: [ 'bob', 'alice' ] } ), /for bob and alice/ );
	assert.equal( words( { users: [] } ), '5 wrong passwords in 3 min' );
} );

test( 'a ban by hand says what the administrator wrote', () => {
	assert.equal(
		words( { failures: 0, users: [], reason: 'scanner\u202E' } ),
		'scanner\\u{202e}'
	);
} );

test( 'an event that this version does not know is a failure, even if it is called constructor', () => {
	assert.equal( eventsInWords( 'constructor', 1 ), '1 failure' );
	assert.equal( eventsInWords( 'quantum_login', 2 ), '2 failures' );
} );
