import apiFetch from '@wordpress/api-fetch';
import { type QueryValues, restPath } from './rest-path.ts';
import type { Settings } from './settings.ts';
import type {
	Answer,
	BanQuery,
	NewAllowEntry,
	NewUnbanRequest,
	RouteName,
} from './wire.ts';
import { type Problem, problemOf } from './words/problem.ts';

/** Core's /batch/v1 takes no more. */
const batchSize = 25;

interface Change {
	readonly method: 'POST' | 'DELETE';
	readonly path: string;
	readonly body?: object;
}

/** What became of each of several changes. */
export interface Outcome {
	readonly problem: Problem | null;
	readonly answer: unknown;
}

/** Every request of the panel. Rejections are apiFetch's; `problemOf` reads them. */
export function createApi( settings: Pick< Settings, 'network' > ) {
	const scope: QueryValues = settings.network ? { scope: 'network' } : {};
	const path = ( route: string, query: QueryValues = {} ) =>
		restPath( route, { ...query, ...scope } );
	const get = < N extends RouteName >( route: string, query?: QueryValues ) =>
		apiFetch< Answer< N > >( { path: path( route, query ) } );

	/**
	 * Sends the changes; they are carried out even if the page is left meanwhile.
	 * @param changes
	 */
	async function change( changes: readonly Change[] ): Promise< Outcome[] > {
		const [ only, ...more ] = changes;
		if ( only === undefined ) {
			return [];
		}
		if ( more.length === 0 ) {
			const { method, path: where, body } = only;
			return [
				await apiFetch( {
					method,
					path: where,
					data: body,
					keepalive: true,
				} ).then( succeeded, failed ),
			];
		}
		const outcomes: Outcome[] = [];
		for ( let at = 0; at < changes.length; at += batchSize ) {
			const part = changes.slice( at, at + batchSize );
			outcomes.push(
				...( await sendBatch( part ).catch( ( error: unknown ) =>
					part.map( () => failed( error ) )
				) )
			);
		}
		return outcomes;
	}

	return {
		path,
		status: () => get< 'status' >( '/status' ),
		site: () => get< 'site' >( '/site' ),
		listBans: ( query: Partial< BanQuery > ) =>
			get< 'listBans' >( '/bans', query ),
		getBan: ( id: number ) => get< 'getBan' >( `/bans/${ id }` ),
		listCampaigns: ( query: { limit: number; cursor?: string } ) =>
			get< 'listCampaigns' >( '/campaigns', query ),
		listFailures: ( query: { ip: string; limit: number } ) =>
			get< 'listFailures' >( '/failures', query ),
		stats: ( query: { since: string; site?: string } ) =>
			get< 'stats' >( '/stats', query ),
		listAllowed: ( query: { limit: number; cursor?: string } ) =>
			get< 'listAllowed' >( '/allow', query ),
		listRequests: ( query: { limit: number; cursor?: string } ) =>
			get< 'listRequests' >( '/requests', query ),
		unban: ( ips: readonly string[] ) =>
			change(
				ips.map( ( ip ) => ( {
					method: 'DELETE',
					path: path( '/bans', { ip } ),
				} ) )
			),
		allow: ( entries: readonly NewAllowEntry[] ) =>
			change(
				entries.map( ( body ) => ( {
					method: 'POST',
					path: path( '/allow' ),
					body,
				} ) )
			),
		disallow: ( ids: readonly number[] ) =>
			change(
				ids.map( ( id ) => ( {
					method: 'DELETE',
					path: path( `/allow/${ id }` ),
				} ) )
			),
		ask: ( requests: readonly NewUnbanRequest[] ) =>
			change(
				requests.map( ( body ) => ( {
					method: 'POST',
					path: path( '/requests' ),
					body,
				} ) )
			),
	};
}

export type Api = ReturnType< typeof createApi >;

const succeeded = ( answer: unknown ): Outcome => ( { problem: null, answer } );
const failed = ( error: unknown ): Outcome => ( {
	problem: problemOf( error ),
	answer: null,
} );

async function sendBatch( requests: readonly Change[] ): Promise< Outcome[] > {
	const { responses } = await apiFetch< {
		responses: readonly { status: number; body: unknown }[];
	} >( {
		path: '/batch/v1',
		method: 'POST',
		data: { requests },
		keepalive: true,
	} );
	return requests.map( ( _, at ) => {
		const { status = 0, body = null } = responses[ at ] ?? {};
		return status >= 200 && status < 300
			? succeeded( body )
			: failed( body );
	} );
}
