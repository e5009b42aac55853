import { __ } from '@wordpress/i18n';
import type { Ban } from '../wire.ts';

export function stateInWords( state: Ban[ 'state' ] ): string {
	switch ( state ) {
		case 'pending':
			return __( 'Not in the firewall yet', 'portcullis' );
		case 'active':
			return __( 'Active', 'portcullis' );
		case 'failed':
			return __( 'Refused by the firewall', 'portcullis' );
		case 'ended':
			return __( 'Ended', 'portcullis' );
	}
}

export function endedInWords( by: Ban[ 'ended_by' ] ): string {
	switch ( by ) {
		case 'expired':
			return __( 'its time was over', 'portcullis' );
		case 'unban':
			return __( 'lifted by hand', 'portcullis' );
		case 'allowed':
			return __( 'address allowed', 'portcullis' );
		case 'jail_removed':
			return __( 'its jail was removed', 'portcullis' );
		case null:
			return '';
	}
}
