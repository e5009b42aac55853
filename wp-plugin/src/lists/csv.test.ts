import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toCsv } from './csv.ts';

const columns = {
	ip: ( { ip }: { ip: string } ) => ip,
	failures: () => 3,
	until: () => null,
};

test( 'a line for the names and one for each item, as RFC 4180 has them', () => {
	assert.equal(
		toCsv( columns, [ { ip: '198.51.100.7' } ] ),
		'"ip","failures","until"\r\n"198.51.100.7",3,""\r\n'
	);
} );

test( 'no cell is a formula', () => {
	for ( const text of [ '=1+1', '+1', '-1', '@SUM(A1)' ] ) {
		const [ , line = '' ] = toCsv( columns, [ { ip: text } ] ).split(
			'\r\n'
		);
		assert.ok( line.startsWith( `"'${ text }"` ), line );
	}
} );

test( 'quotes, line ends and control characters do not leave their cell', () => {
	const csv = toCsv( columns, [ { ip: 'a"b\r\nc\x1b\t=1' } ] );
	assert.equal( csv.split( '\r\n' ).length, 3 );
	assert.ok( csv.includes( '"a""b\\u{d}\\u{a}c\\u{1b}\\u{9}=1"' ), csv );
} );
