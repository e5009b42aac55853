import { createInterpolateElement } from '@wordpress/element';
import { __ } from '@wordpress/i18n';
import { useCampaigns } from '../queries.ts';
import type { Ban } from '../wire.ts';
import { campaignInWords } from '../words/campaign.ts';
import { BansLink } from './bans-link.tsx';
import { CampaignId } from './campaign-id.tsx';

/** Which campaign a ban is part of, and what is known of it: the daemon forgets those that were over before it started. */
export function PartOf( { ban }: { readonly ban: Ban } ) {
	const { data } = useCampaigns();
	const { campaign: id } = ban;
	if ( id === undefined ) {
		return null;
	}
	const known = data?.items.find( ( campaign ) => campaign.id === id );
	return (
		<p className="portcullis-part-of">
			{ createInterpolateElement(
				__( 'Part of the campaign <campaign/>.', 'portcullis' ),
				{
					campaign: (
						<BansLink campaign={ id }>
							<CampaignId id={ id } />
						</BansLink>
					),
				}
			) }{ ' ' }
			{ known && campaignInWords( known ) }
		</p>
	);
}
