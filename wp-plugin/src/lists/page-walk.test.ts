import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allOf, createPageWalk, maxReached, type Paging } from './page-walk.ts';

/** A list of numbers whose cursors are where the next page begins; remembers what it was asked. */
function numbers( total: number ) {
	const asked: Paging[] = [];
	const ask = async ( paging: Paging ) => {
		asked.push( paging );
		const at = Number( paging.cursor ?? 0 );
		const end = Math.min( at + paging.limit, total );
		return {
			items: Array.from( { length: end - at }, ( _, n ) => at + n ),
			next: end < total ? String( end ) : null,
			total,
		};
	};
	return { ask, asked };
}

test( 'the first page is one request without cursor', async () => {
	const { ask, asked } = numbers( 100 );
	const page = await createPageWalk()( 'list', ask, 1, 20 );
	assert.deepEqual(
		page.items,
		Array.from( { length: 20 }, ( _, n ) => n )
	);
	assert.deepEqual( asked, [ { limit: 20 } ] );
} );

test( 'any page is found, in few large steps', async () => {
	const { ask, asked } = numbers( 10_000 );
	const page = await createPageWalk()( 'list', ask, 100, 20 );
	assert.equal( page.items[ 0 ], 1980 );
	assert.equal( page.items.length, 20 );
	assert.ok( asked.length <= 5, `${ asked.length } requests` );
} );

test( 'the next page is one request more', async () => {
	const { ask, asked } = numbers( 1000 );
	const pageAt = createPageWalk();
	await pageAt( 'list', ask, 1, 20 );
	const page = await pageAt( 'list', ask, 2, 20 );
	assert.equal( page.items[ 0 ], 20 );
	assert.equal( asked.length, 2 );
} );

test( 'cursors of one list are not used for another', async () => {
	const pageAt = createPageWalk();
	await pageAt( 'one', numbers( 1000 ).ask, 2, 20 );
	const other = numbers( 1000 );
	await pageAt( 'other', other.ask, 2, 20 );
	assert.deepEqual( other.asked[ 0 ], { limit: 20 } );
} );

test( 'behind the end there is an empty page with the total', async () => {
	const page = await createPageWalk()( 'list', numbers( 30 ).ask, 9, 20 );
	assert.deepEqual( page, { items: [], next: null, total: 30 } );
} );

test( 'no page number makes it walk for ever', async () => {
	const { ask, asked } = numbers( 10_000_000 );
	await createPageWalk()( 'list', ask, 1_000_000, 100 );
	assert.ok( asked.length <= maxReached / 500 + 1 );
} );

test( 'all of a list stops at the limit and tells the total', async () => {
	const { items, total } = await allOf( numbers( 2000 ).ask, 1200 );
	assert.equal( items.length, 1200 );
	assert.equal( items.at( -1 ), 1199 );
	assert.equal( total, 2000 );
	assert.equal( ( await allOf( numbers( 3 ).ask, 1200 ) ).items.length, 3 );
} );
