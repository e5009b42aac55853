import { __ } from '@wordpress/i18n';
import { standardView } from '../lists/standard-view.ts';
import { BanList } from './ban-list.tsx';

const standard = standardView(
	'since',
	[ 'country', 'why', 'sites', 'since', 'ended' ],
	{ times_banned: { align: 'end' }, failures: { align: 'end' } }
);
const scope = { state: 'all' };

interface Props {
	readonly open: ( id: number ) => void;
	readonly isOpen: boolean;
}

/** Every ban that is remembered, with how it ended. */
export const HistoryView = ( { open, isOpen }: Props ) => (
	<BanList
		name="history"
		label={ __( 'History of bans', 'portcullis' ) }
		standard={ standard }
		scope={ scope }
		empty={ __( 'No ban is remembered.', 'portcullis' ) }
		open={ open }
		isOpen={ isOpen }
	/>
);
