import {
	keepPreviousData,
	QueryClient,
	useQuery,
	useQueryClient,
} from '@tanstack/react-query';
import { useCallback } from '@wordpress/element';
import { canonicalPath } from './rest-path.ts';
import type { Settings } from './settings.ts';
import { useSurroundings } from './surroundings.ts';
import type { BanQuery } from './wire.ts';
import { problemOf } from './words/problem.ts';

/** How often the screen asks again while it is visible, in milliseconds. */
export const pollEvery = 15_000;

/** The cache, with what PHP preloaded: the first rows are painted without a request. */
export function createQueryClient(
	preload: Settings[ 'preload' ]
): QueryClient {
	const client = new QueryClient( {
		defaultOptions: {
			queries: {
				staleTime: pollEvery - 5_000,
				refetchInterval: pollEvery,
				// A browser that thinks it is offline may still reach a server on loopback.
				networkMode: 'always',
				retry: ( count, error ) =>
					count < 1 && problemOf( error ).passes,
			},
		},
	} );
	for ( const [ path, { body } ] of Object.entries( preload ) ) {
		client.setQueryData( [ canonicalPath( path ) ], body );
	}
	return client;
}

export function useStatus() {
	const { api } = useSurroundings();
	return useQuery( {
		queryKey: [ api.path( '/status' ) ],
		queryFn: api.status,
	} );
}

export function useSite() {
	const { api } = useSurroundings();
	return useQuery( { queryKey: [ api.path( '/site' ) ], queryFn: api.site } );
}

/**
 * One page of bans.
 * @param query   filters and order
 * @param page    from 1
 * @param perPage items a page
 */
export function useBans(
	query: Partial< BanQuery >,
	page: number,
	perPage: number
) {
	const { api, pageAt } = useSurroundings();
	const first = api.path( '/bans', { ...query, limit: perPage } );
	return useQuery( {
		queryKey: page === 1 ? [ first ] : [ first, page ],
		queryFn: () =>
			pageAt(
				first,
				( paging ) => api.listBans( { ...query, ...paging } ),
				page,
				perPage
			),
		placeholderData: keepPreviousData,
	} );
}

export function useBan( id: number ) {
	const { api } = useSurroundings();
	return useQuery( {
		queryKey: [ api.path( `/bans/${ id }` ) ],
		queryFn: () => api.getBan( id ),
	} );
}

/** Bans that cover one address, the newest of them. */
export function useBansOf( ip: string ) {
	const { api } = useSurroundings();
	const query = { ip, limit: 1 };
	return useQuery( {
		queryKey: [ api.path( '/bans', query ) ],
		queryFn: () => api.listBans( query ),
		enabled: ip !== '',
	} );
}

/** How many failures of one address are asked for: far more than a ban needs. */
export const failuresShown = 50;

/** The latest failures of an address, those that do not count among them. */
export function useFailuresOf( ip: string ) {
	const { api } = useSurroundings();
	const query = { ip, limit: failuresShown };
	return useQuery( {
		queryKey: [ api.path( '/failures', query ) ],
		queryFn: () => api.listFailures( query ),
	} );
}

/** @param since start of the time, to the minute, so that the key is the same for a while */
export function useStats( since: string ) {
	const { api } = useSurroundings();
	return useQuery( {
		queryKey: [ api.path( '/stats', { since } ) ],
		queryFn: () => api.stats( { since } ),
		placeholderData: keepPreviousData,
	} );
}

/** Lists that a person keeps are short: one page of the daemon's largest size. */
const wholeList = { limit: 1000 };

export function useAllowed() {
	const { api } = useSurroundings();
	return useQuery( {
		queryKey: [ api.path( '/allow', wholeList ) ],
		queryFn: () => api.listAllowed( wholeList ),
	} );
}

/** Those that last first. */
export function useCampaigns() {
	const { api } = useSurroundings();
	return useQuery( {
		queryKey: [ api.path( '/campaigns', wholeList ) ],
		queryFn: () => api.listCampaigns( wholeList ),
	} );
}

export function useRequests() {
	const { api } = useSurroundings();
	return useQuery( {
		queryKey: [ api.path( '/requests', wholeList ) ],
		queryFn: () => api.listRequests( wholeList ),
	} );
}

/** Asks again for everything on the screen. */
export function useRefresh(): () => Promise< void > {
	const client = useQueryClient();
	return useCallback( () => client.invalidateQueries(), [ client ] );
}
