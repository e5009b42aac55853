import { Button } from '@wordpress/components';
import { useState } from '@wordpress/element';
import { __, _n, sprintf } from '@wordpress/i18n';
import { useNotices } from '../deeds/notices.tsx';
import { toCsv } from '../lists/csv.ts';
import { allOf } from '../lists/page-walk.ts';
import { useSurroundings } from '../surroundings.ts';
import type { Ban, BanQuery } from '../wire.ts';
import { problemOf } from '../words/problem.ts';

/** Bans that one file holds. */
const maxExported = 10_000;

/** The names of the daemon's fields, the same in every language: files are for programs, too. */
const columns: Record< string, ( ban: Ban ) => string | number | null > = {
	ip: ( ban ) => ban.ip,
	jail: ( ban ) => ban.jail,
	state: ( ban ) => ban.state,
	since: ( ban ) => ban.since,
	until: ( ban ) => ban.until,
	ended_at: ( ban ) => ban.ended_at,
	ended_by: ( ban ) => ban.ended_by,
	lifted_by: ( ban ) => ban.lifted_by,
	failures: ( ban ) => ban.failures,
	times_banned: ( ban ) => ban.times_banned,
	sites: ( ban ) => Object.keys( ban.sites ).join( ' ' ),
	other_sites: ( ban ) => ban.other_sites,
	country: ( ban ) => ban.country ?? null,
	asn: ( ban ) => ban.asn ?? null,
	as_name: ( ban ) => ban.as_name ?? null,
	users: ( ban ) => ban.users.join( ' ' ),
	reason: ( ban ) => ban.reason,
	campaign: ( ban ) => ban.campaign ?? null,
};

/** Saves every ban that matches as a CSV file. */
export function Export( { query }: { readonly query: Partial< BanQuery > } ) {
	const { api } = useSurroundings();
	const { tell } = useNotices();
	const [ working, setWorking ] = useState( false );
	const save = async () => {
		setWorking( true );
		try {
			const { items, total } = await allOf< Ban >(
				( paging ) => api.listBans( { ...query, ...paging } ),
				maxExported
			);
			download( 'portcullis-bans.csv', toCsv( columns, items ) );
			tell( savedInWords( items.length, total ) );
		} catch ( error ) {
			tell( problemOf( error ).sentence );
		}
		setWorking( false );
	};
	return (
		<Button
			variant="secondary"
			size="compact"
			isBusy={ working }
			disabled={ working }
			accessibleWhenDisabled
			onClick={ save }
		>
			{ __( 'Export CSV', 'portcullis' ) }
		</Button>
	);
}

const savedInWords = ( saved: number, total: number ): string =>
	saved < total
		? sprintf(
				/* translators: 1: number of bans, 2: number of bans */
				__(
					'The file holds the first %1$d of %2$d bans.',
					'portcullis'
				),
				saved,
				total
			)
		: sprintf(
				/* translators: %d: number of bans */
				_n(
					'The file holds %d ban.',
					'The file holds %d bans.',
					saved,
					'portcullis'
				),
				saved
			);

function download( name: string, text: string ): void {
	// The mark at the beginning tells spreadsheets that it is UTF-8.
	const address = URL.createObjectURL(
		new Blob( [ '\ufeff', text ], { type: 'text/csv;charset=utf-8' } )
	);
	const link = document.createElement( 'a' );
	link.href = address;
	link.download = name;
	link.click();
	URL.revokeObjectURL( address );
}
