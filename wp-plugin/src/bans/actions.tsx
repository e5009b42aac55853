import type { Action } from '@wordpress/dataviews';
import { useMemo } from '@wordpress/element';
import { __, _n, sprintf } from '@wordpress/i18n';
import { copy, info, shield, unlock } from '@wordpress/icons';
import { AllowForm } from '../deeds/allow-form.tsx';
import { AskForm } from '../deeds/ask-form.tsx';
import { allowDeed, unbanDeed } from '../deeds/ban-deeds.ts';
import { useDeferral } from '../deeds/deferral.tsx';
import { useNotices } from '../deeds/notices.tsx';
import { copyText } from '../parts/copy-text.ts';
import { useSite } from '../queries.ts';
import { useSurroundings } from '../surroundings.ts';
import type { Ban } from '../wire.ts';
import { mayAllow, mayAsk, mayUnban, rightsOf } from './rights.ts';

/**
 * What can be done with one ban or with several.
 * @param open  opens the details of one
 * @param begun called when something has been begun with some
 */
export function useBanActions(
	open: ( id: number ) => void,
	begun: () => void
): Action< Ban >[] {
	const { settings, api } = useSurroundings();
	const { data: site } = useSite();
	const { defer, busy } = useDeferral();
	const { tell } = useNotices();
	return useMemo( () => {
		const rights = rightsOf( settings.capabilities, site );
		const isFree = ( ban: Ban ) => ! busy.has( String( ban.id ) );
		return [
			{
				id: 'details',
				label: __( 'Details', 'portcullis' ),
				icon: info,
				callback: ( [ ban ] ) => ban && open( ban.id ),
			},
			{
				id: 'unban',
				label: __( 'Unban', 'portcullis' ),
				icon: unlock,
				isPrimary: true,
				supportsBulk: true,
				isEligible: ( ban ) => isFree( ban ) && mayUnban( ban, rights ),
				callback: ( bans, { onActionPerformed } ) => {
					defer( unbanDeed( api, bans ) );
					begun();
					onActionPerformed?.( bans );
				},
			},
			{
				id: 'allow',
				label: __( 'Unban and allow …', 'portcullis' ),
				icon: shield,
				supportsBulk: true,
				isEligible: ( ban ) => isFree( ban ) && mayAllow( ban, rights ),
				modalHeader: ( bans ) =>
					sprintf(
						/* translators: %s: address, or how many */
						__( 'Unban and allow %s', 'portcullis' ),
						bans.length === 1
							? bans[ 0 ]!.ip
							: addresses( bans.length )
					),
				RenderModal: ( { items, closeModal, onActionPerformed } ) => (
					<AllowForm
						submitLabel={ __( 'Unban and allow', 'portcullis' ) }
						onCancel={ closeModal }
						onSubmit={ ( period, note ) => {
							defer( allowDeed( api, items, period, note ) );
							begun();
							onActionPerformed?.( items );
							closeModal?.();
						} }
					/>
				),
			},
			{
				id: 'ask',
				label: __( 'Ask for an unban …', 'portcullis' ),
				supportsBulk: true,
				isEligible: ( ban ) => isFree( ban ) && mayAsk( ban, rights ),
				modalHeader: __( 'Ask for an unban', 'portcullis' ),
				RenderModal: ( { items, closeModal } ) => (
					<AskForm bans={ items } close={ () => closeModal?.() } />
				),
			},
			{
				id: 'copy',
				label: ( bans ) =>
					bans.length > 1
						? __( 'Copy addresses', 'portcullis' )
						: __( 'Copy address', 'portcullis' ),
				icon: copy,
				supportsBulk: true,
				callback: async ( bans ) => {
					const text = bans.map( ( { ip } ) => ip ).join( '\n' );
					tell(
						( await copyText( text ) )
							? sprintf(
									/* translators: %s: "3 addresses" */
									__( '%s copied.', 'portcullis' ),
									addresses( bans.length )
								)
							: __(
									'The browser does not let this page copy.',
									'portcullis'
								)
					);
				},
			},
		];
	}, [ settings, api, site, defer, busy, tell, open, begun ] );
}

const addresses = ( count: number ) =>
	/* translators: %d: number */
	sprintf( _n( '%d address', '%d addresses', count, 'portcullis' ), count );
