import { __, sprintf } from '@wordpress/i18n';
import type { Ban } from '../wire.ts';
import { visible } from './visible.ts';

type Ending = Pick< Ban, 'ended_by' | 'lifted_by' >;

/** How a ban ended and, where somebody decided on it, who. Empty where it goes on. */
export function endedInWords( { ended_by: how, lifted_by: by }: Ending ) {
	switch ( how ) {
		case 'expired':
			return __( 'its time was over', 'portcullis' );
		case 'unban':
			return by === null
				? __( 'lifted by hand', 'portcullis' )
				: sprintf(
						/* translators: %s: a user, or "the host’s administrator" */
						__( 'lifted by %s', 'portcullis' ),
						whoInWords( by )
					);
		case 'allowed':
			return by === null
				? __( 'address allowed', 'portcullis' )
				: sprintf(
						/* translators: %s: a user, or "the host’s administrator" */
						__( 'address allowed by %s', 'portcullis' ),
						whoInWords( by )
					);
		case 'jail_removed':
			return __( 'its jail was removed', 'portcullis' );
		case null:
			return '';
	}
}

/** The daemon names a site's own people only. */
function whoInWords( by: string ): string {
	if ( by === 'other_site' ) {
		return __( 'another site', 'portcullis' );
	}
	const [ , user ] = /^site:[^ ]+ as (.+)$/s.exec( by ) ?? [];
	if ( user !== undefined ) {
		return visible( user, 60 );
	}
	return by.startsWith( 'site:' )
		? __( 'this site', 'portcullis' )
		: __( 'the host’s administrator', 'portcullis' );
}
