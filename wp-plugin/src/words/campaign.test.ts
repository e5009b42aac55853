import assert from 'node:assert/strict';
import { test } from 'node:test';
import { campaignInWords, campaignName } from './campaign.ts';

const user = ( name: string ) => ( { name, addresses: 9 } );
const campaign = {
	id: '20261121-1900-3f2a',
	since: '2026-11-21T19:00:00.000Z',
	last_seen: '2026-11-21T19:30:00.000Z',
	lasting: true,
	ended_at: null,
	addresses: 24,
	users: [ user( 'admin' ), user( 'editor' ) ],
	other_users: 0,
	networks: [],
	systems: [],
	sites: [],
	other_sites: 0,
	bans: 12,
};
const words = ( changes: Partial< typeof campaign > = {} ) =>
	campaignInWords( { ...campaign, ...changes } ).replace(
		/[\u2068\u2069]/g,
		''
	);

test( 'a campaign says how many tried what, and how many are banned', () => {
	assert.equal(
		words(),
		'24 addresses tried admin, editor, a few times each. 12 of them are banned.'
	);
	assert.equal(
		words( { bans: 1 } ),
		'24 addresses tried admin, editor, a few times each. 1 of them is banned.'
	);
} );

test( 'without names, or with many, it says so', () => {
	assert.equal(
		words( { users: [], bans: 0 } ),
		'24 addresses, with few tries each. None of them is banned.'
	);
	assert.match(
		words( {
			users: [ 'a', 'b', 'c', 'd', 'e' ].map( user ),
			other_users: 7,
		} ),
		/tried a, b, c and 9 other names, a few/
	);
} );

test( 'what attackers wrote is made visible', () => {
	assert.match(
		words( { users: [ user( 'ad\u202Emin' ) ] } ),
		/ad\\u\{202e\}min/
	);
	assert.equal(
		campaignName( campaign.id, {
			...campaign,
			users: [ user( 'x\u0007' ) ],
		} ).label,
		'20261121-1900-3f2a (x\\u{7})'
	);
} );
