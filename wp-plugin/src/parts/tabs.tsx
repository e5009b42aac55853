import { __ } from '@wordpress/i18n';
import type { MouseEvent } from 'react';
import { type Tab, tabs } from '../query/place.ts';

export const tabName = ( tab: Tab ): string =>
	( {
		bans: __( 'Active bans', 'portcullis' ),
		overview: __( 'Overview', 'portcullis' ),
		history: __( 'History', 'portcullis' ),
		allow: __( 'Allow list', 'portcullis' ),
		requests: __( 'Requests', 'portcullis' ),
	} )[ tab ];

interface Props {
	readonly current: Tab;
	readonly href: ( tab: Tab ) => string;
	readonly go: ( tab: Tab ) => void;
}

/** Links, as core's own tabs are: each has an address that can be opened apart. */
export function Tabs( { current, href, go }: Props ) {
	const follow = ( tab: Tab ) => ( event: MouseEvent ) => {
		if ( ! event.metaKey && ! event.ctrlKey && ! event.shiftKey ) {
			event.preventDefault();
			go( tab );
		}
	};
	return (
		<nav
			className="nav-tab-wrapper"
			aria-label={ __( 'Portcullis', 'portcullis' ) }
		>
			{ tabs.map( ( tab ) => (
				<a
					key={ tab }
					href={ href( tab ) }
					className={ `nav-tab ${
						tab === current ? 'nav-tab-active' : ''
					}` }
					aria-current={ tab === current ? 'page' : undefined }
					onClick={ follow( tab ) }
				>
					{ tabName( tab ) }
				</a>
			) ) }
		</nav>
	);
}
