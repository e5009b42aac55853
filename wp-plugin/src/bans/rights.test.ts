import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ban } from '../wire.ts';
import { mayAllow, mayAsk, mayUnban, rightsOf } from './rights.ts';

const everything = { view: true, unban: true, allow: true };
const ban = ( changes: Partial< Ban > ) =>
	( { state: 'active', other_sites: 0, ...changes } ) as Ban;

test( 'a ban on own evidence may be lifted, one with others’ only asked about', () => {
	const rights = rightsOf( everything, {
		rights: [ 'view', 'unban', 'allow', 'ask' ],
	} );
	const own = ban( {} );
	const shared = ban( { other_sites: 2 } );
	assert.deepEqual(
		[ own, shared ].map( ( one ) => [
			mayUnban( one, rights ),
			mayAllow( one, rights ),
			mayAsk( one, rights ),
		] ),
		[
			[ true, true, false ],
			[ false, false, true ],
		]
	);
} );

test( 'a site that shares its user may ask only', () => {
	const rights = rightsOf( everything, { rights: [ 'view', 'ask' ] } );
	assert.equal( mayUnban( ban( {} ), rights ), false );
	assert.equal( mayAsk( ban( {} ), rights ), true );
} );

test( 'who may only look can do nothing, and nothing can be done with what has ended', () => {
	const viewer = rightsOf(
		{ view: true, unban: false, allow: false },
		undefined
	);
	const all = rightsOf( everything, undefined );
	for ( const may of [ mayUnban, mayAllow, mayAsk ] ) {
		assert.equal( may( ban( {} ), viewer ), false );
		assert.equal( may( ban( { state: 'ended' } ), all ), false );
	}
} );
