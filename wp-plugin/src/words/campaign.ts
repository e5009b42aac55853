import { __, _n, sprintf } from '@wordpress/i18n';
import type { Campaign } from '../wire.ts';
import { isolated, visible } from './visible.ts';

/** A campaign as a filter offers it. */
export interface CampaignName {
	readonly id: string;
	readonly label: string;
}

/** Names that are told of one. */
const shown = 3;

/** `admin, editor and 4 other names`; empty where no name was tried. */
export function namesTried( {
	users,
	other_users: others,
}: Pick< Campaign, 'users' | 'other_users' > ): string {
	const names = users
		.slice( 0, shown )
		.map( ( { name } ) => isolated( name, 40 ) )
		.join( ', ' );
	const more = users.length - Math.min( users.length, shown ) + others;
	return more === 0
		? names
		: sprintf(
				/* translators: 1: user names, 2: number of other user names */
				_n(
					'%1$s and %2$d other name',
					'%1$s and %2$d other names',
					more,
					'portcullis'
				),
				names,
				more
			);
}

/** `24 addresses tried admin here, with few tries each. 12 of them are banned.` */
export function campaignInWords( campaign: Campaign ): string {
	const { addresses, bans } = campaign;
	const names = namesTried( campaign );
	const who = sprintf(
		/* translators: %d: number of IP addresses */
		_n( '%d address', '%d addresses', addresses, 'portcullis' ),
		addresses
	);
	const what =
		names === ''
			? sprintf(
					/* translators: %s: as "24 addresses" */
					__( '%s, with few tries each.', 'portcullis' ),
					who
				)
			: sprintf(
					/* translators: 1: as "24 addresses", 2: user names */
					__( '%1$s tried %2$s, a few times each.', 'portcullis' ),
					who,
					names
				);
	const banned = sprintf(
		/* translators: %d: number of IP addresses */
		_n(
			'%d of them is banned.',
			'%d of them are banned.',
			bans,
			'portcullis'
		),
		bans
	);
	return `${ what } ${
		bans === 0 ? __( 'None of them is banned.', 'portcullis' ) : banned
	}`;
}

/** With the names that tell it apart, where they are known. */
export const campaignName = (
	id: string,
	known: Campaign | undefined
): CampaignName => ( {
	id,
	label:
		known === undefined || known.users.length === 0
			? id
			: `${ id } (${ visible( known.users[ 0 ]!.name, 40 ) })`,
} );
