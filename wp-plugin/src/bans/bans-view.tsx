import { __ } from '@wordpress/i18n';
import { standardView } from '../lists/standard-view.ts';
import { BanList } from './ban-list.tsx';

const standard = standardView(
	'since',
	[ 'country', 'why', 'sites', 'since', 'until', 'times_banned' ],
	{ times_banned: { align: 'end' }, failures: { align: 'end' } }
);
const scope = {};

interface Props {
	readonly open: ( id: number ) => void;
	readonly isOpen: boolean;
}

/** Bans in force. */
export const BansView = ( { open, isOpen }: Props ) => (
	<BanList
		name="bans"
		label={ __( 'Active bans', 'portcullis' ) }
		standard={ standard }
		scope={ scope }
		empty={ __(
			'No bans: nobody who failed to log in here is banned now.',
			'portcullis'
		) }
		open={ open }
		isOpen={ isOpen }
	/>
);
