/** An address, whose direction is its own in a page that runs from right to left. */
export const Address = ( { ip }: { readonly ip: string } ) => (
	<bdi dir="ltr" className="portcullis-address">
		{ ip }
	</bdi>
);
