import { Button, Modal } from '@wordpress/components';
import { useState } from '@wordpress/element';
import { __, sprintf } from '@wordpress/i18n';
import { mayAllow, mayAsk, mayUnban, rightsOf } from '../bans/rights.ts';
import { Skeleton } from '../bans/skeleton.tsx';
import { AllowForm } from '../deeds/allow-form.tsx';
import { AskForm } from '../deeds/ask-form.tsx';
import { allowDeed, unbanDeed } from '../deeds/ban-deeds.ts';
import { type Deed, useDeferral } from '../deeds/deferral.tsx';
import { OriginSources } from '../parts/origin-sources.tsx';
import { Trouble } from '../parts/trouble.tsx';
import { useBan, useSite } from '../queries.ts';
import { useSurroundings } from '../surroundings.ts';
import type { BanDetails } from '../wire.ts';
import { stateInWords } from '../words/ban-state.ts';
import { failuresInWords } from '../words/failures.ts';
import { countryInWords, isKnown, networkInWords } from '../words/origin.ts';
import { visible } from '../words/visible.ts';
import { PartOf } from '../campaigns/part-of.tsx';
import { Attempts } from './attempts.tsx';
import { Failures } from './failures.tsx';
import { Lines } from './lines.tsx';
import { Timeline } from './timeline.tsx';

interface Props {
	readonly id: number;
	readonly close: () => void;
}

/** Everything that this site may know of one ban. */
export function Details( { id, close }: Props ) {
	const ban = useBan( id );
	const title = ban.data
		? /* translators: %s: address */
			sprintf( __( 'Ban of %s', 'portcullis' ), ban.data.ip )
		: __( 'Ban', 'portcullis' );
	return (
		<Modal
			title={ title }
			onRequestClose={ close }
			size="large"
			className="portcullis-details portcullis-dialog"
		>
			{ ban.isPending && <Skeleton rows={ 5 } /> }
			{ ban.error && (
				<Trouble
					error={ ban.error }
					heardAt={ ban.data && ban.dataUpdatedAt }
					retry={ ban.refetch }
				/>
			) }
			{ ban.data && <Known ban={ ban.data } close={ close } /> }
		</Modal>
	);
}

function Known( { ban, close }: { ban: BanDetails; close: () => void } ) {
	const { locale } = useSurroundings();
	return (
		<>
			<p className="portcullis-lead">
				<span className={ `portcullis-state is-${ ban.state }` }>
					{ stateInWords( ban.state ) }
				</span>{ ' ' }
				{ failuresInWords( ban, locale ) }
			</p>
			<PartOf ban={ ban } />
			<Origin ban={ ban } />
			<Deeds ban={ ban } close={ close } />
			<h2>{ __( 'What happened when', 'portcullis' ) }</h2>
			<Timeline ban={ ban } />
			<h2>{ __( 'The rule that decided', 'portcullis' ) }</h2>
			<p>
				<code>{ ban.jail }</code> <bdi>{ ban.reason }</bdi>
			</p>
			<Attempts ban={ ban } />
			<Failures ip={ ban.ip } />
			<Lines lines={ ban.evidence.lines } />
		</>
	);
}

/** Country, network and host name; the last one is chosen by whoever holds the address. */
function Origin( { ban }: { readonly ban: BanDetails } ) {
	const { locale } = useSurroundings();
	const parts = [
		countryInWords( ban.country, locale ),
		networkInWords( ban ),
		visible( ban.host_name ?? '', 100 ),
	].filter( ( part ) => part !== '' );
	if ( parts.length === 0 ) {
		return null;
	}
	return (
		<>
			<ul className="portcullis-origin">
				{ parts.map( ( part ) => (
					<li key={ part }>
						<bdi>{ part }</bdi>
					</li>
				) ) }
			</ul>
			{ isKnown( ban ) && <OriginSources /> }
		</>
	);
}

function Deeds( { ban, close }: { ban: BanDetails; close: () => void } ) {
	const { settings, api } = useSurroundings();
	const { data: site } = useSite();
	const { defer, busy } = useDeferral();
	const [ form, setForm ] = useState< 'allow' | 'ask' | null >( null );
	const rights = rightsOf( settings.capabilities, site );
	const isBusy = busy.has( String( ban.id ) );
	const begin = ( deed: Deed ) => {
		defer( deed );
		close();
	};
	if ( form === 'allow' ) {
		return (
			<AllowForm
				submitLabel={ __( 'Unban and allow', 'portcullis' ) }
				onCancel={ () => setForm( null ) }
				onSubmit={ ( period, note ) =>
					begin( allowDeed( api, [ ban ], period, note ) )
				}
			/>
		);
	}
	if ( form === 'ask' ) {
		return <AskForm bans={ [ ban ] } close={ () => setForm( null ) } />;
	}
	return (
		<div className="portcullis-buttons">
			{ mayUnban( ban, rights ) && (
				<Button
					variant="primary"
					disabled={ isBusy }
					onClick={ () => begin( unbanDeed( api, [ ban ] ) ) }
					__next40pxDefaultSize
				>
					{ __( 'Unban', 'portcullis' ) }
				</Button>
			) }
			{ mayAllow( ban, rights ) && (
				<Button
					variant="secondary"
					disabled={ isBusy }
					onClick={ () => setForm( 'allow' ) }
					__next40pxDefaultSize
				>
					{ __( 'Unban and allow …', 'portcullis' ) }
				</Button>
			) }
			{ mayAsk( ban, rights ) && (
				<Button
					variant="secondary"
					disabled={ isBusy }
					onClick={ () => setForm( 'ask' ) }
					__next40pxDefaultSize
				>
					{ __( 'Ask for an unban …', 'portcullis' ) }
				</Button>
			) }
		</div>
	);
}
