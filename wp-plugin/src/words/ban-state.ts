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
