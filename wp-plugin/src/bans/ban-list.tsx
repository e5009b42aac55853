import { Button } from '@wordpress/components';
import { DataViews } from '@wordpress/dataviews/wp';
import type { View } from '@wordpress/dataviews';
import {
	useCallback,
	useEffect,
	useMemo,
	useRef,
	useState,
} from '@wordpress/element';
import { __, _n, sprintf } from '@wordpress/i18n';
import { speak } from '@wordpress/a11y';
import { useDeferral } from '../deeds/deferral.tsx';
import { maxReached } from '../lists/page-walk.ts';
import { useHeldRows } from '../lists/use-held-rows.ts';
import { OriginSources } from '../parts/origin-sources.tsx';
import { useFocusWithin } from '../parts/use-focus-within.ts';
import { useNow } from '../parts/now.tsx';
import { Trouble } from '../parts/trouble.tsx';
import { useBans, useStatus } from '../queries.ts';
import { banQuery } from '../query/ban-query.ts';
import { useListView } from '../query/use-list-view.ts';
import { useSurroundings } from '../surroundings.ts';
import type { Ban, BanQuery } from '../wire.ts';
import { isKnown } from '../words/origin.ts';
import { useBanActions } from './actions.tsx';
import { useCampaignNames } from '../campaigns/use-campaign-names.ts';
import { Export } from './export.tsx';
import { banColumns, banFields } from './fields.tsx';
import { SelectMatching } from './select-matching.tsx';
import { Skeleton } from './skeleton.tsx';

interface Props {
	/** Names the list in the browser's memory. */
	readonly name: string;
	readonly label: string;
	readonly standard: View;
	/** What the list is about where no filter says otherwise. */
	readonly scope: Partial< BanQuery >;
	readonly empty: string;
	readonly open: ( id: number ) => void;
	/** Whether details are open: the rows behind them stay. */
	readonly isOpen: boolean;
}

/** Bans as a table with search, filters, columns and actions. The daemon filters, sorts and pages. */
export function BanList( {
	name,
	label,
	standard,
	scope,
	empty,
	open,
	isOpen,
}: Props ) {
	const { settings } = useSurroundings();
	const { view, setView, onReset, layouts } = useListView(
		name,
		standard,
		banColumns
	);
	const now = useNow();
	const { page = 1, perPage = 20 } = view;
	const query = useMemo(
		() => banQuery( view, scope, now ),
		[ view, scope, now ]
	);
	const list = JSON.stringify( [ query, page, perPage ] );
	const bans = useBans( query, page, perPage );
	const { data: status } = useStatus();
	const hasOrigins = bans.data?.items.some( isKnown ) ?? false;
	const campaigns = useCampaignNames( view, bans.data?.items );
	const fields = useMemo(
		() =>
			banFields( {
				sites: settings.sites,
				jails: ( status?.jails ?? [] ).map( ( jail ) => jail.name ),
				campaigns,
				hasOrigins,
			} ),
		[ settings.sites, status?.jails, campaigns, hasOrigins ]
	);
	const [ selection, setSelection ] = useState< string[] >( [] );
	const clear = useCallback( () => setSelection( [] ), [] );
	const actions = useBanActions( open, clear );
	const { settled } = useDeferral();
	const place = useRef< HTMLElement >( null );
	const isTouched = useFocusWithin( place, 'tbody' );
	const { rows, waiting, gone, show } = useHeldRows(
		bans.data?.items ?? [],
		list,
		selection.length > 0 || isTouched || isOpen,
		settled
	);
	const total = bans.data?.total ?? 0;

	useTableLabel( place, label );
	useFocusKept( place, isTouched, rows.length );
	useAnnouncement( bans.isPlaceholderData ? null : total, list );

	if ( bans.isPending ) {
		return <Skeleton rows={ 8 } />;
	}
	if ( ! bans.data ) {
		return <Trouble error={ bans.error } retry={ bans.refetch } />;
	}
	return (
		<section
			ref={ place }
			className="portcullis-list"
			aria-label={ label }
			tabIndex={ -1 }
		>
			{ bans.error && (
				<Trouble
					error={ bans.error }
					heardAt={ bans.dataUpdatedAt }
					retry={ bans.refetch }
				/>
			) }
			<Waiting count={ waiting } gone={ gone.size } show={ show } />
			<DataViews< Ban >
				data={ rows as Ban[] }
				fields={ fields }
				view={ view }
				onChangeView={ setView }
				actions={ actions }
				getItemId={ ( ban ) => String( ban.id ) }
				selection={ selection }
				onChangeSelection={ setSelection }
				isItemClickable={ () => true }
				onClickItem={ ( ban ) => open( ban.id ) }
				isLoading={ bans.isPlaceholderData }
				defaultLayouts={ layouts }
				paginationInfo={ {
					totalItems: total,
					totalPages: Math.ceil(
						Math.min( total, maxReached + perPage ) / perPage
					),
				} }
				searchLabel={ __( 'Search bans', 'portcullis' ) }
				empty={ <p>{ empty }</p> }
				onReset={ onReset }
				header={ <Export query={ query } /> }
			/>
			<SelectMatching
				query={ query }
				rows={ rows }
				selection={ selection }
				total={ total }
				clear={ clear }
			/>
			{ hasOrigins && <OriginSources /> }
		</section>
	);
}

interface WaitingProps {
	readonly count: number;
	readonly gone: number;
	readonly show: () => void;
}

/** The list has gone on while its rows were held. */
function Waiting( { count, gone, show }: WaitingProps ) {
	if ( count === 0 && gone === 0 ) {
		return null;
	}
	const sentence =
		count > 0
			? sprintf(
					/* translators: %d: number of bans */
					_n( '%d new ban', '%d new bans', count, 'portcullis' ),
					count
				)
			: sprintf(
					/* translators: %d: number of bans */
					_n(
						'%d ban is no longer in this list',
						'%d bans are no longer in this list',
						gone,
						'portcullis'
					),
					gone
				);
	return (
		<p className="portcullis-waiting" role="status">
			{ sentence }{ ' ' }
			<Button variant="link" onClick={ show }>
				{ __( 'Show', 'portcullis' ) }
			</Button>
		</p>
	);
}

/** DataViews gives its table no name. */
function useTableLabel(
	place: { readonly current: HTMLElement | null },
	label: string
) {
	useEffect( () => {
		place.current
			?.querySelectorAll( 'table' )
			.forEach( ( table ) => table.setAttribute( 'aria-label', label ) );
	} );
}

/** Where the row that had the focus is gone, the focus goes to the list, not to the page's beginning. */
function useFocusKept(
	place: { readonly current: HTMLElement | null },
	isTouched: boolean,
	rows: number
) {
	const wasTouched = useRef( false );
	useEffect( () => {
		const { current } = place;
		if (
			wasTouched.current &&
			current?.ownerDocument.activeElement?.tagName === 'BODY'
		) {
			current.focus();
		}
	}, [ place, rows ] );
	useEffect( () => {
		wasTouched.current = isTouched;
	}, [ isTouched ] );
}

/** Says how much there is when another list was asked for, not at every poll. */
function useAnnouncement( total: number | null, list: string ) {
	const said = useRef( list );
	useEffect( () => {
		if ( total !== null && said.current !== list ) {
			said.current = list;
			speak(
				sprintf(
					/* translators: %d: number of bans */
					_n(
						'%d ban found.',
						'%d bans found.',
						total,
						'portcullis'
					),
					total
				)
			);
		}
	}, [ total, list ] );
}
