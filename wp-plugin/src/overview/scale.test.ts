import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scaleOf } from './scale.ts';

test( 'the scale ends at a round number at or above the largest value', () => {
	for ( const [ largest, top ] of [
		[ 0, 1 ],
		[ 1, 1 ],
		[ 7, 8 ],
		[ 108, 150 ],
		[ 999, 1000 ],
		[ 12_345, 15_000 ],
	] as const ) {
		assert.equal( scaleOf( largest ).top, top );
	}
} );

test( 'there are whole numbers only, few of them, from zero to the top', () => {
	for ( let largest = 0; largest < 5_000; largest += 7 ) {
		const { top, lines } = scaleOf( largest );
		assert.equal( lines[ 0 ], 0 );
		assert.equal( lines.at( -1 ), top );
		assert.ok( top >= largest && lines.length <= 6, String( largest ) );
		assert.ok( lines.every( Number.isInteger ), String( largest ) );
	}
} );
