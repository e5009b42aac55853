import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { View } from '@wordpress/dataviews';
import { forgetView, keepView, recallView, type Shelf } from './kept-view.ts';
import {
	fromShape,
	isBegun,
	isModified,
	shapeFor,
	withFilters,
} from './view-shape.ts';

const start: View = {
	type: 'table',
	page: 1,
	perPage: 20,
	sort: { field: 'since', direction: 'desc' },
	fields: [ 'why', 'sites' ],
	layout: { density: 'compact' },
};
const columns = [ 'why', 'sites', 'until' ];

function shelf( content: Record< string, string > = {} ): Shelf {
	const kept = new Map( Object.entries( content ) );
	return {
		getItem: ( key ) => kept.get( key ) ?? null,
		setItem: ( key, value ) => void kept.set( key, value ),
		removeItem: ( key ) => void kept.delete( key ),
	};
}

test( 'columns, order, rows a page and density come back; search and page do not', () => {
	const place = shelf();
	const chosen: View = {
		...start,
		search: 'bob',
		page: 4,
		perPage: 50,
		fields: [ 'until' ],
		layout: { density: 'comfortable' },
	};
	keepView( place, 'bans', chosen );
	const back = recallView( place, 'bans', start, columns );
	assert.deepEqual( back, {
		...start,
		perPage: 50,
		fields: [ 'until' ],
		layout: { density: 'comfortable' },
	} );
	forgetView( place, 'bans' );
	assert.deepEqual( recallView( place, 'bans', start, columns ), start );
} );

test( 'what is kept is checked: other versions of the panel may have written it', () => {
	for ( const text of [
		'{',
		'7',
		'null',
		'{"fields":"why","perPage":1e9,"sort":{"field":7},"density":"huge"}',
	] ) {
		assert.deepEqual(
			recallView(
				shelf( { 'portcullis-view-bans': text } ),
				'bans',
				start,
				columns
			),
			start
		);
	}
	const gone = '{"fields":["why","removed-column"]}';
	assert.deepEqual(
		recallView(
			shelf( { 'portcullis-view-bans': gone } ),
			'bans',
			start,
			columns
		).fields,
		[ 'why' ]
	);
} );

test( 'a browser that keeps nothing is no error', () => {
	const refuse = () => {
		throw new Error( 'QuotaExceededError' );
	};
	const place = { getItem: refuse, setItem: refuse, removeItem: refuse };
	keepView( place, 'bans', start );
	forgetView( place, 'bans' );
	assert.deepEqual( recallView( place, 'bans', start, columns ), start );
} );

test( 'a narrow screen shows cards and keeps the table', () => {
	const cards = shapeFor( start, true );
	assert.equal( cards.type, 'activity' );
	assert.deepEqual( fromShape( { ...cards, page: 2 }, start ), {
		...start,
		page: 2,
	} );
	assert.equal( shapeFor( start, false ), start );
} );

test( 'turning the page does not modify a view, a column does', () => {
	assert.equal( isModified( { ...start, page: 5 }, start ), false );
	assert.equal( isModified( { ...start, fields: [] }, start ), true );
} );

test( 'a filter that was begun shows until it has a value; then the address tells it', () => {
	const begun = {
		field: 'state',
		operator: 'isAny',
		value: undefined,
	} as const;
	assert.deepEqual( withFilters( start, [ begun ] ).filters, [ begun ] );
	const given = { ...begun, value: [ 'failed' ] };
	assert.deepEqual(
		withFilters( { ...start, filters: [ given ] }, [ begun ] ).filters,
		[ given ]
	);
	assert.equal( withFilters( start, [] ), start );
	assert.deepEqual( [ begun, given ].map( isBegun ), [ true, false ] );
} );
