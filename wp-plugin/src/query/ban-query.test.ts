import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Filter, View } from '@wordpress/dataviews';
import { banQuery } from './ban-query.ts';

const now = Date.UTC( 2026, 10, 21, 19, 0, 42 );
const view = ( changes: Partial< View > ): View =>
	( { type: 'table', ...changes } ) as View;
const filtered = ( ...filters: Filter[] ) =>
	banQuery( view( { filters } ), {}, now );

test( 'the standard view asks what PHP preloads', () => {
	assert.deepEqual(
		banQuery(
			view( {
				sort: { field: 'since', direction: 'desc' },
				filters: [],
			} ),
			{},
			now
		),
		{ sort: '-since' }
	);
} );

test( 'each filter becomes the daemon’s own parameter', () => {
	assert.deepEqual(
		filtered(
			{ field: 'sites', operator: 'is', value: 'blog.example.com' },
			{
				field: 'state',
				operator: 'isAny',
				value: [ 'active', 'failed' ],
			},
			{ field: 'jail', operator: 'is', value: 'wordpress' },
			{ field: 'campaign', operator: 'is', value: '20261121-1900-3f2a' }
		),
		{
			site: 'blog.example.com',
			state: 'active,failed',
			jail: 'wordpress',
			campaign: '20261121-1900-3f2a',
			sort: '-since',
		}
	);
} );

test( 'a time ago is rounded to the minute, so that polls ask the same question', () => {
	const since = filtered( {
		field: 'since',
		operator: 'inThePast',
		value: { value: 7, unit: 'days' },
	} );
	assert.equal( since.since, '2026-11-14T19:00:00.000Z' );
} );

test( 'a filter goes before the list’s own scope, an empty one does not', () => {
	const history = ( value: unknown ) =>
		banQuery(
			view( {
				filters: [ { field: 'state', operator: 'isAny', value } ],
			} ),
			{ state: 'all' },
			now
		).state;
	assert.equal( history( [ 'ended' ] ), 'ended' );
	assert.equal( history( [] ), 'all' );
	assert.equal( history( undefined ), 'all' );
} );

test( 'unknown filters, operators, values and orders ask for nothing', () => {
	const query = banQuery(
		view( {
			sort: { field: 'times_banned', direction: 'asc' },
			filters: [
				{ field: 'constructor', operator: 'is', value: 'x' },
				{ field: 'state', operator: 'contains', value: 'x' },
				{ field: 'since', operator: 'inThePast', value: 'soon' },
				{ field: 'since', operator: 'before', value: 'never' },
				{ field: 'sites', operator: 'is', value: { a: 1 } },
			],
		} ),
		{},
		now
	);
	assert.deepEqual( query, { sort: 'since' } );
} );
