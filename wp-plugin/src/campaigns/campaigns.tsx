import { createInterpolateElement } from '@wordpress/element';
import { __ } from '@wordpress/i18n';
import { Moment } from '../parts/moment.tsx';
import { useCampaigns } from '../queries.ts';
import type { Campaign } from '../wire.ts';
import { campaignInWords } from '../words/campaign.ts';
import { BansLink } from './bans-link.tsx';
import { CampaignId } from './campaign-id.tsx';

/** Campaigns against this site that last, one card each; nothing where there is none. */
export function Campaigns() {
	const { data } = useCampaigns();
	const lasting = ( data?.items ?? [] ).filter(
		( campaign ) => campaign.lasting
	);
	if ( lasting.length === 0 ) {
		return null;
	}
	return (
		<section
			className="portcullis-campaigns"
			aria-labelledby="portcullis-campaigns"
		>
			<h2 id="portcullis-campaigns">
				{ __( 'Campaigns that go on', 'portcullis' ) }
			</h2>
			<ul>
				{ lasting.map( ( campaign ) => (
					<li key={ campaign.id }>
						<Card campaign={ campaign } />
					</li>
				) ) }
			</ul>
		</section>
	);
}

function Card( { campaign }: { readonly campaign: Campaign } ) {
	return (
		<>
			<p>{ campaignInWords( campaign ) }</p>
			<p className="portcullis-aside">
				{ createInterpolateElement(
					__( 'Since <since/>, last seen <last/>.', 'portcullis' ),
					{
						since: <Moment at={ campaign.since } past />,
						last: <Moment at={ campaign.last_seen } past />,
					}
				) }{ ' ' }
				<CampaignId id={ campaign.id } />
			</p>
			{ campaign.bans > 0 && (
				<p>
					<BansLink campaign={ campaign.id }>
						{ __( 'Show these bans', 'portcullis' ) }
					</BansLink>
				</p>
			) }
		</>
	);
}
