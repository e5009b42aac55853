import {
	createContext,
	useCallback,
	useContext,
	useEffect,
	useMemo,
	useRef,
	useState,
} from '@wordpress/element';
import { __ } from '@wordpress/i18n';
import type { ReactNode } from 'react';
import { useNotices } from './notices.tsx';

/** How long a deed can be taken back before it is done, in milliseconds. */
export const graceTime = 6_000;

export interface Deed {
	/** What is about to be done, as a sentence. */
	readonly sentence: string;
	/** The rows that it is about. */
	readonly rows: readonly string[];
	/** Does it. @return what became of it, as a sentence */
	run: () => Promise< string >;
}

interface Deferral {
	/** Does the deed after the grace time, unless it is taken back. Leaving the page does it at once. */
	defer: ( deed: Deed ) => void;
	/** Rows with a deed under way. */
	readonly busy: ReadonlySet< string >;
	/** Rows with a deed that has been done, the latest of them. */
	readonly settled: ReadonlySet< string >;
}

const DeferralContext = createContext< Deferral | null >( null );

export function useDeferral(): Deferral {
	const deferral = useContext( DeferralContext );
	if ( deferral === null ) {
		throw new Error( 'outside of DeferralProvider' );
	}
	return deferral;
}

/** Settled rows that are remembered. */
const maxSettled = 1_000;

interface Waiting extends Deed {
	readonly notice: string;
	readonly timer: { id: number };
}

/**
 * An unban cannot be undone: a site has no way to ban. So what can be taken back is not yet done, and says so.
 * @param props          as React has them
 * @param props.children what may defer deeds
 * @param props.onDone   after each deed
 */
export function DeferralProvider( {
	children,
	onDone,
}: {
	readonly children: ReactNode;
	readonly onDone: () => void;
} ) {
	const { tell, untell, isAttended } = useNotices();
	const waiting = useRef( new Set< Waiting >() );
	const [ settled, setSettled ] = useState< ReadonlySet< string > >(
		new Set()
	);
	const [ busy, setBusy ] = useState< ReadonlySet< string > >( new Set() );

	const release = useCallback( ( rows: readonly string[] ) => {
		setBusy(
			( all ) =>
				new Set(
					[ ...all ].filter( ( row ) => ! rows.includes( row ) )
				)
		);
	}, [] );

	const act = useCallback(
		async ( deed: Waiting ) => {
			if ( ! waiting.current.delete( deed ) ) {
				return;
			}
			clearTimeout( deed.timer.id );
			untell( deed.notice );
			tell( await deed.run() );
			release( deed.rows );
			setSettled(
				( all ) =>
					new Set( [ ...all, ...deed.rows ].slice( -maxSettled ) )
			);
			onDone();
		},
		[ tell, untell, release, onDone ]
	);

	const takeBack = useCallback(
		( deed: Waiting ) => {
			if ( waiting.current.delete( deed ) ) {
				clearTimeout( deed.timer.id );
				untell( deed.notice );
				release( deed.rows );
				tell( __( 'Taken back. Nothing has changed.', 'portcullis' ) );
			}
		},
		[ tell, untell, release ]
	);

	const defer = useCallback(
		( deed: Deed ) => {
			const timer = { id: 0 };
			const notice = tell( deed.sentence, {
				stays: true,
				action: {
					label: __( 'Undo', 'portcullis' ),
					run: () => takeBack( one ),
				},
			} );
			const one: Waiting = { ...deed, notice, timer };
			const due = () => {
				if ( isAttended() ) {
					timer.id = window.setTimeout( due, 1_000 );
				} else {
					void act( one );
				}
			};
			timer.id = window.setTimeout( due, graceTime );
			waiting.current.add( one );
			setBusy( ( all ) => new Set( [ ...all, ...deed.rows ] ) );
		},
		[ tell, takeBack, act, isAttended ]
	);

	useEffect( () => {
		const leave = () => waiting.current.forEach( ( deed ) => act( deed ) );
		window.addEventListener( 'pagehide', leave );
		return () => window.removeEventListener( 'pagehide', leave );
	}, [ act ] );

	return (
		<DeferralContext.Provider
			value={ useMemo(
				() => ( { defer, busy, settled } ),
				[ defer, busy, settled ]
			) }
		>
			{ children }
		</DeferralContext.Provider>
	);
}
