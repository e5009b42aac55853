/** What the daemon calls a campaign, as `20261121-1900-3f2a`. */
export const CampaignId = ( { id }: { readonly id: string } ) => (
	<bdi dir="ltr" className="portcullis-campaign-id">
		{ id }
	</bdi>
);
