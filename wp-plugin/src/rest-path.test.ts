import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalPath, restPath } from './rest-path.ts';

test( 'the same request has one spelling, whoever wrote it', () => {
	const preloaded =
		'/portcullis/v1/bans?limit=20&sort=-since&_locale=user&scope=network';
	assert.equal(
		canonicalPath( preloaded ),
		restPath( '/bans', { scope: 'network', sort: '-since', limit: 20 } )
	);
} );

test( 'the slash of a network and hostile text stay inside of their parameter', () => {
	const path = restPath( '/bans', { ip: '2001:db8::/64', search: '&a=b#' } );
	const { searchParams } = new URL( path, 'http://localhost' );
	assert.equal( searchParams.get( 'ip' ), '2001:db8::/64' );
	assert.equal( searchParams.get( 'search' ), '&a=b#' );
} );

test( 'parameters without a value are left out', () => {
	assert.equal(
		restPath( '/bans', { site: undefined, search: '' } ),
		'/portcullis/v1/bans?_locale=user'
	);
} );
