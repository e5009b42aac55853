import assert from 'node:assert/strict';
import { test } from 'node:test';
import { holdRows } from './held-rows.ts';

const rows = ( ...ids: number[] ) =>
	ids.map( ( id ) => ( { id, of: 'fresh' } ) );
const shown = [ 3, 2, 1 ].map( ( id ) => ( { id, of: 'shown' } ) );

const none = new Set< string >();

test( 'held rows keep their order whatever the fresh list has', () => {
	const { rows: held } = holdRows( shown, rows( 5, 4, 1, 3 ), none );
	assert.deepEqual(
		held.map( ( { id } ) => id ),
		[ 3, 2, 1 ]
	);
} );

test( 'held rows are as fresh as they are known', () => {
	const { rows: held } = holdRows( shown, rows( 3, 1 ), none );
	assert.deepEqual(
		held.map( ( { of } ) => of ),
		[ 'fresh', 'shown', 'fresh' ]
	);
} );

test( 'what is new is counted and what has gone is named', () => {
	const { waiting, gone } = holdRows( shown, rows( 5, 4, 3, 1 ), none );
	assert.equal( waiting, 2 );
	assert.deepEqual( [ ...gone ], [ 2 ] );
} );

test( 'a row that the person is done with goes, once the list no longer has it', () => {
	const settled = new Set( [ '2', '3' ] );
	const { rows: held, gone } = holdRows( shown, rows( 3, 1 ), settled );
	assert.deepEqual(
		held.map( ( { id } ) => id ),
		[ 3, 1 ]
	);
	assert.equal( gone.size, 0 );
} );
