import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endedInWords } from './lifted.ts';

const lifted = ( by: string | null ) =>
	endedInWords( { ended_by: 'unban', lifted_by: by } );

test( 'who lifted a ban is a user of the site, the administrator, or another site', () => {
	assert.equal( lifted( 'site:shop as Anna B' ), 'lifted by Anna B' );
	assert.equal( lifted( 'site:shop' ), 'lifted by this site' );
	assert.equal( lifted( 'admin' ), 'lifted by the host’s administrator' );
	assert.equal( lifted( 'other_site' ), 'lifted by another site' );
	assert.equal( lifted( null ), 'lifted by hand' );
} );

test( 'a name that a site claims is text', () => {
	assert.doesNotMatch( lifted( 'site:shop as a\u202eb\nc' ), /\u202e|\n/ );
} );

test( 'what ended without anybody says so, and what goes on says nothing', () => {
	assert.equal(
		endedInWords( { ended_by: 'expired', lifted_by: null } ),
		'its time was over'
	);
	assert.equal(
		endedInWords( { ended_by: 'allowed', lifted_by: 'site:shop as eve' } ),
		'address allowed by eve'
	);
	assert.equal( endedInWords( { ended_by: null, lifted_by: null } ), '' );
} );
