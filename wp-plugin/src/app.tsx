import { useCallback, useEffect, useMemo, useRef } from '@wordpress/element';
import { __ } from '@wordpress/i18n';
import { AllowView } from './allow/allow-view.tsx';
import { BansView } from './bans/bans-view.tsx';
import { HistoryView } from './bans/history-view.tsx';
import { Details } from './details/details.tsx';
import { Overview } from './overview/overview.tsx';
import { Banners } from './parts/banners.tsx';
import { LifeSign } from './parts/life-sign.tsx';
import { Tabs, tabName } from './parts/tabs.tsx';
import { type Place, readPlace, type Tab } from './query/place.ts';
import { useAddress } from './query/use-address.ts';
import { RequestsView } from './requests/requests-view.tsx';

/** The screen: what everybody must know, tabs, and the tab that the address names. */
export function App() {
	const { search, change } = useAddress();
	const place = useMemo(
		() => readPlace( new URLSearchParams( search ) ),
		[ search ]
	);
	const open = useCallback(
		( id: number ) => change( addressOf( { ban: id } ), true ),
		[ change ]
	);
	const close = useCallback(
		() => change( addressOf( { ban: null } ), true ),
		[ change ]
	);
	const heading = useRef< HTMLHeadingElement >( null );
	useEffect( () => {
		document.title = document.title.replace(
			/^.*?(?= ‹ )/,
			`${ tabName( place.tab ) } – ${ __( 'Portcullis', 'portcullis' ) }`
		);
	}, [ place.tab ] );
	return (
		<>
			<h1 ref={ heading } className="wp-heading-inline">
				{ __( 'Portcullis', 'portcullis' ) }
			</h1>
			<hr className="wp-header-end" />
			<LifeSign />
			<Banners />
			<Tabs
				current={ place.tab }
				href={ ( tab ) => `?${ freshAddress( tab ) }` }
				go={ ( tab ) => change( freshAddress( tab ), true ) }
			/>
			<CurrentView
				place={ place }
				open={ open }
				setRange={ ( range ) =>
					change( addressOf( { range } ), false )
				}
			/>
			{ place.ban !== null && (
				<Details id={ place.ban } close={ close } />
			) }
		</>
	);
}

interface ViewProps {
	readonly place: Place;
	readonly open: ( id: number ) => void;
	readonly setRange: ( range: Place[ 'range' ] ) => void;
}

function CurrentView( { place, open, setRange }: ViewProps ) {
	const isOpen = place.ban !== null;
	switch ( place.tab ) {
		case 'bans':
			return <BansView open={ open } isOpen={ isOpen } />;
		case 'overview':
			return <Overview range={ place.range } setRange={ setRange } />;
		case 'history':
			return <HistoryView open={ open } isOpen={ isOpen } />;
		case 'allow':
			return <AllowView />;
		case 'requests':
			return <RequestsView />;
	}
}

/** The address of here, but for some of the place. */
function addressOf(
	changes: Partial< Record< 'ban' | 'range', string | number | null > >
): URLSearchParams {
	const params = new URLSearchParams( window.location.search );
	for ( const [ name, value ] of Object.entries( changes ) ) {
		if ( value === null ) {
			params.delete( name );
		} else {
			params.set( name, String( value ) );
		}
	}
	return params;
}

/** The address of a tab without search, filters and page of another. */
function freshAddress( tab: Tab ): URLSearchParams {
	const page = new URLSearchParams( window.location.search ).get( 'page' );
	return new URLSearchParams( [
		[ 'page', page ?? '' ],
		...( tab === 'bans' ? [] : [ [ 'tab', tab ] ] ),
	] );
}
