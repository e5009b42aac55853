import { Button } from '@wordpress/components';
import { useState } from '@wordpress/element';
import { __, sprintf } from '@wordpress/i18n';
import { unbanDeed } from '../deeds/ban-deeds.ts';
import { useDeferral } from '../deeds/deferral.tsx';
import { useNotices } from '../deeds/notices.tsx';
import { allOf } from '../lists/page-walk.ts';
import { useSite } from '../queries.ts';
import { useSurroundings } from '../surroundings.ts';
import type { Ban, BanQuery } from '../wire.ts';
import { problemOf } from '../words/problem.ts';
import { mayUnban, rightsOf } from './rights.ts';

/** Bans that can be lifted in one go. */
const maxAtOnce = 1_000;

interface Props {
	readonly query: Partial< BanQuery >;
	readonly rows: readonly Ban[];
	readonly selection: readonly string[];
	readonly total: number;
	readonly clear: () => void;
}

/** DataViews selects what one page shows; this is for all pages. */
export function SelectMatching( {
	query,
	rows,
	selection,
	total,
	clear,
}: Props ) {
	const { api, settings } = useSurroundings();
	const { data: site } = useSite();
	const { defer } = useDeferral();
	const { tell } = useNotices();
	const [ working, setWorking ] = useState( false );
	const rights = rightsOf( settings.capabilities, site );
	const isWholePage =
		rows.length > 0 &&
		rows.every( ( { id } ) => selection.includes( String( id ) ) );
	if ( ! isWholePage || total <= rows.length || ! rights.unban ) {
		return null;
	}
	const unbanAll = async () => {
		setWorking( true );
		try {
			const { items } = await allOf< Ban >(
				( paging ) => api.listBans( { ...query, ...paging } ),
				maxAtOnce
			);
			const own = items.filter( ( ban ) => mayUnban( ban, rights ) );
			if ( own.length === 0 ) {
				tell(
					__(
						'None of these bans can be lifted from here.',
						'portcullis'
					)
				);
			} else {
				defer( unbanDeed( api, own ) );
				clear();
			}
		} catch ( error ) {
			tell( problemOf( error ).sentence );
		}
		setWorking( false );
	};
	return (
		<p className="portcullis-waiting" role="status">
			{ sprintf(
				/* translators: %d: number of bans */
				__( 'All %d bans on this page are selected.', 'portcullis' ),
				rows.length
			) }{ ' ' }
			<Button
				variant="link"
				isBusy={ working }
				disabled={ working }
				onClick={ unbanAll }
			>
				{ sprintf(
					/* translators: %d: number of bans */
					__( 'Unban all %d that match', 'portcullis' ),
					Math.min( total, maxAtOnce )
				) }
			</Button>
		</p>
	);
}
