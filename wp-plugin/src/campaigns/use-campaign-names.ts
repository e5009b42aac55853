import type { View } from '@wordpress/dataviews';
import { useMemo } from '@wordpress/element';
import { useCampaigns } from '../queries.ts';
import type { Ban } from '../wire.ts';
import { type CampaignName, campaignName } from '../words/campaign.ts';

/**
 * Campaigns that a list of bans can be narrowed to: those that the daemon knows, those of the rows, and the one of the filter,
 * of which it may have forgotten all but the bans.
 * @param view the list's
 * @param bans its rows
 */
export function useCampaignNames(
	view: View,
	bans: readonly Ban[] | undefined
): readonly CampaignName[] {
	const { data } = useCampaigns();
	const filtered = ( view.filters ?? [] )
		.filter( ( { field } ) => field === 'campaign' )
		.map( ( { value } ) => value );
	const ids = [
		...( data?.items ?? [] ).map( ( { id } ) => id ),
		...( bans ?? [] ).map( ( { campaign } ) => campaign ),
		...filtered,
	].filter( ( id ) => typeof id === 'string' && id !== '' );
	const all = JSON.stringify( [ ...new Set( ids ) ] );
	return useMemo(
		() =>
			( JSON.parse( all ) as string[] ).map( ( id ) =>
				campaignName(
					id,
					data?.items.find( ( known ) => known.id === id )
				)
			),
		[ all, data ]
	);
}
