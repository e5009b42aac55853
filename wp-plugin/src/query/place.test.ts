import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { View } from '@wordpress/dataviews';
import { type Place, readPlace, readView, writeAddress } from './place.ts';

const standard: View = {
	type: 'table',
	search: '',
	filters: [],
	page: 1,
	perPage: 20,
	sort: { field: 'since', direction: 'desc' },
	fields: [ 'why' ],
};
const home: Place = { tab: 'bans', ban: null, range: '24h' };
const write = ( place: Place, view: View ) =>
	writeAddress(
		new URLSearchParams( 'page=portcullis' ),
		place,
		view,
		standard
	);

test( 'a first visit has a clean address', () => {
	assert.equal( String( write( home, standard ) ), 'page=portcullis' );
} );

test( 'place and view survive the way through the address', () => {
	const place: Place = { tab: 'history', ban: 7, range: '30d' };
	const view: View = {
		...standard,
		search: 'bob & alice',
		page: 3,
		perPage: 50,
		sort: { field: 'ip', direction: 'asc' },
		filters: [
			{ field: 'state', operator: 'isAny', value: [ 'failed' ] },
			{
				field: 'since',
				operator: 'inThePast',
				value: { value: 7, unit: 'days' },
			},
		],
	};
	const params = new URLSearchParams( String( write( place, view ) ) );
	assert.deepEqual( readPlace( params ), place );
	assert.deepEqual( readView( params, standard ), view );
	assert.equal( params.get( 'page' ), 'portcullis' );
} );

test( 'filters without a value are not in the address', () => {
	const view: View = {
		...standard,
		filters: [ { field: 'state', operator: 'isAny', value: undefined } ],
	};
	assert.equal( String( write( home, view ) ), 'page=portcullis' );
} );

test( 'nonsense in the address is as if it were not there', () => {
	const params = new URLSearchParams(
		'tab=admin&ban=-1&range=9y&paged=x&per_page=100000&filter=state:isAny:[&filter=$(x)&order=up'
	);
	assert.deepEqual( readPlace( params ), home );
	assert.deepEqual( readView( params, standard ), standard );
} );
