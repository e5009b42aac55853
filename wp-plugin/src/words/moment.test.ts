import assert from 'node:assert/strict';
import { test } from 'node:test';
import { absolute, relative, span } from './moment.ts';

const now = Date.UTC( 2026, 10, 21, 19, 0, 0 );
const plain = ( text: string ) => text.replace( /[\u202f\u00a0]/g, ' ' );

test( 'relative times use the unit that a person would', () => {
	const cases: [ number, string ][] = [
		[ 0, 'now' ],
		[ -3_000, '3 seconds ago' ],
		[ -89_000, '89 seconds ago' ],
		[ -91_000, '2 minutes ago' ],
		[ 2 * 3_600_000, 'in 2 hours' ],
		[ -36 * 3_600_000, '2 days ago' ],
	];
	for ( const [ distance, words ] of cases ) {
		assert.equal( relative( now + distance, now, 'en' ), words );
	}
	assert.equal( relative( now - 180_000, now, 'de' ), 'vor 3 Minuten' );
} );

test( 'spans are short', () => {
	assert.equal( span( 180_000, 'en' ), '3 min' );
	assert.equal( span( 42_000, 'en' ), '42 sec' );
} );

test( 'absolute times are in the site’s zone, named or as an offset', () => {
	assert.match(
		plain( absolute( now, 'Europe/Berlin', 'en-GB' ) ),
		/21 Nov 2026.*20:00:00/
	);
	assert.match( absolute( now, '+05:30', 'en-GB' ), /22 Nov 2026.*00:30:00/ );
} );

test( 'a zone that nobody knows is no reason to show nothing', () => {
	assert.match( absolute( now, 'Mars/Olympus', 'en' ), /2026/ );
} );
