import type { MouseEvent, ReactNode } from 'react';
import { useAddress } from '../query/use-address.ts';

interface Props {
	readonly campaign: string;
	readonly children: ReactNode;
}

/** Leads to the bans in force of one campaign: an address that can be opened apart. */
export function BansLink( { campaign, children }: Props ) {
	const { search, change } = useAddress();
	const address = new URLSearchParams( [
		[ 'page', new URLSearchParams( search ).get( 'page' ) ?? '' ],
		[ 'filter', `campaign:is:${ JSON.stringify( campaign ) }` ],
	] );
	const follow = ( event: MouseEvent ) => {
		if ( ! event.metaKey && ! event.ctrlKey && ! event.shiftKey ) {
			event.preventDefault();
			change( address, true );
		}
	};
	return (
		<a href={ `?${ address }` } onClick={ follow }>
			{ children }
		</a>
	);
}
