import type { View } from '@wordpress/dataviews';
import { __ } from '@wordpress/i18n';
import { BanList } from './ban-list.tsx';

const standard: View = {
	type: 'table',
	search: '',
	filters: [],
	page: 1,
	perPage: 20,
	sort: { field: 'since', direction: 'desc' },
	titleField: 'ip',
	fields: [ 'why', 'sites', 'since', 'until', 'times_banned' ],
	layout: {
		density: 'compact',
		styles: { times_banned: { align: 'end' }, failures: { align: 'end' } },
	},
};
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
