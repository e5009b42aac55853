import { Notice } from '@wordpress/components';
import { createInterpolateElement } from '@wordpress/element';
import { __, sprintf } from '@wordpress/i18n';
import { useBansOf, useStatus } from '../queries.ts';
import { useSurroundings } from '../surroundings.ts';
import { visible } from '../words/visible.ts';
import { Address } from './address.tsx';
import { Command } from './command.tsx';

/** What everybody who looks at bans has to know first. */
export function Banners() {
	return (
		<>
			<OwnBan />
			<BehindCdn />
			<HostProblems />
		</>
	);
}

function OwnBan() {
	const { ownAddress, recovery } = useSurroundings().settings;
	const { data } = useBansOf( ownAddress.ip );
	if ( ! data || data.total === 0 ) {
		return null;
	}
	return (
		<Notice status="error" isDismissible={ false }>
			<p>
				{ createInterpolateElement(
					__(
						'<strong>Your own address <ip/> is banned.</strong> You may soon be unable to load this page. On the host, this lets you in again:',
						'portcullis'
					),
					{
						strong: <strong />,
						ip: <Address ip={ ownAddress.ip } />,
					}
				) }
			</p>
			<Command line={ recovery } />
		</Notice>
	);
}

function BehindCdn() {
	const { ownAddress } = useSurroundings().settings;
	if ( ownAddress.cdn === null ) {
		return null;
	}
	return (
		<Notice status="warning" isDismissible={ false }>
			<p>
				{ sprintf(
					/* translators: %s: name of a content delivery network */
					__(
						'This site is behind %s. Its visitors reach the host through addresses of that network, so a ban of a visitor’s own address in the host’s firewall does not stop them.',
						'portcullis'
					),
					visible( ownAddress.cdn )
				) }
			</p>
		</Notice>
	);
}

function HostProblems() {
	const { data } = useStatus();
	if ( ! data || data.problems.length === 0 ) {
		return null;
	}
	return (
		<Notice status="warning" isDismissible={ false }>
			<p>
				<strong>{ __( 'The host reports:', 'portcullis' ) }</strong>
			</p>
			<ul>
				{ data.problems.map( ( { code, sentence } ) => (
					<li key={ code + sentence }>
						{ visible( sentence, 500 ) }
					</li>
				) ) }
			</ul>
		</Notice>
	);
}
