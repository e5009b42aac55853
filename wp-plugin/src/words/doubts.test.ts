import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IgnoredReason } from '@portcullis/contracts';
import { weightInWords } from './doubts.ts';

test( 'each reason of the daemon’s closed list has words of its own', () => {
	const told = IgnoredReason.enum.map( ( reason ) =>
		weightInWords( { reason, doubts: [] } )
	);
	for ( const words of told ) {
		assert.match( words, /^It weighs nothing: [^_]+\.$/ );
	}
	assert.equal( new Set( told ).size, told.length );
} );

test( 'what counts in spite of a doubt says so, and what is trusted says nothing', () => {
	assert.equal(
		weightInWords( { reason: null, doubts: [ 'long_name' ] } ),
		'It counts all the same, although no account can have a name of this length.'
	);
	assert.equal( weightInWords( { reason: null, doubts: [] } ), '' );
} );

test( 'a reason that is a doubt as well is told once, with the other doubts', () => {
	const words = weightInWords( {
		reason: 'burst',
		doubts: [ 'burst', 'long_name' ],
	} );
	assert.equal( words.match( /later line/g )?.length, 1 );
	assert.match( words, /; no account can have/ );
} );
