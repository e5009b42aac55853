import assert from 'node:assert/strict';
import { test } from 'node:test';
import { originSources as namedByContracts } from '@portcullis/contracts';
import { originSources } from './origin-sources.ts';
import { countryInWords, isKnown, networkInWords } from './origin.ts';

test( 'a country has its name in the language of the page', () => {
	assert.equal( countryInWords( 'DE', 'en-US' ), 'Germany' );
	assert.equal( countryInWords( 'DE', 'fr-FR' ), 'Allemagne' );
} );

test( 'what is no country stays as it is, and what is not known is empty', () => {
	assert.equal( countryInWords( 'D€', 'en' ), 'D€' );
	assert.equal( countryInWords( null, 'en' ), '' );
	assert.equal( countryInWords( undefined, 'en' ), '' );
} );

test( 'a network is its number and what its holder calls it, made visible', () => {
	assert.equal(
		networkInWords( { asn: 3320, as_name: 'Deutsche Telekom AG' } ),
		'AS3320 Deutsche Telekom AG'
	);
	assert.equal( networkInWords( { asn: 3320, as_name: null } ), 'AS3320' );
	assert.doesNotMatch(
		networkInWords( { asn: 1, as_name: 'a\u202eb' } ),
		/\u202e/
	);
	assert.equal( networkInWords( {} ), '' );
} );

test( 'of an address something is known when its country or its network is', () => {
	assert.equal( isKnown( { country: 'DE', asn: null } ), true );
	assert.equal( isKnown( { country: null, asn: 1 } ), true );
	assert.equal( isKnown( { country: null, asn: null } ), false );
	assert.equal( isKnown( {} ), false );
} );

test( 'whoever made the data is named as the contracts ask', () => {
	assert.deepEqual( originSources, namedByContracts );
} );
