import type { Page } from '@portcullis/contracts';

/** What a list of the daemon is asked for: it knows cursors, no page numbers. */
export interface Paging {
	readonly limit: number;
	readonly cursor?: string;
}
export type Ask< T > = ( paging: Paging ) => Promise< Page< T > >;

/** Items that are read over at once on the way to a page. The daemon gives 1,000 at most. */
const stride = 500;
/** Items that can be reached by page number; beyond it, a filter is the better tool. */
export const maxReached = 20_000;
/** Lists whose cursors are remembered. */
const maxLists = 20;

/** Finds pages by number in lists that know only cursors, and remembers the way. */
export function createPageWalk() {
	const lists = new Map< string, Map< number, string > >();

	function cursorsOf( list: string ): Map< number, string > {
		const known = lists.get( list ) ?? new Map< number, string >();
		lists.delete( list );
		lists.set( list, known );
		for ( const oldest of lists.keys() ) {
			if ( lists.size <= maxLists ) {
				break;
			}
			lists.delete( oldest );
		}
		return known;
	}

	/**
	 * @param list    names the list: filters and order
	 * @param ask     asks the daemon
	 * @param page    from 1
	 * @param perPage items a page, 1 to 1,000
	 * @return the page; an empty one where the list ends before it
	 */
	return async function pageAt< T >(
		list: string,
		ask: Ask< T >,
		page: number,
		perPage: number
	): Promise< Page< T > > {
		const wanted = Math.min( ( page - 1 ) * perPage, maxReached );
		const cursors = cursorsOf( list );
		let at = Math.max(
			0,
			...[ ...cursors.keys() ].filter( ( skip ) => skip <= wanted )
		);
		for (;;) {
			const cursor = cursors.get( at );
			const limit =
				at === wanted ? perPage : Math.min( stride, wanted - at );
			const answer = await ask(
				cursor === undefined ? { limit } : { limit, cursor }
			);
			if ( at === wanted ) {
				if ( answer.next !== null ) {
					cursors.set( at + perPage, answer.next );
				}
				return answer;
			}
			if ( answer.next === null ) {
				return { items: [], next: null, total: answer.total };
			}
			at += limit;
			cursors.set( at, answer.next );
		}
	};
}

/** Every item of a list, `max` at most. */
export async function allOf< T >(
	ask: Ask< T >,
	max: number
): Promise< { items: T[]; total: number } > {
	const items: T[] = [];
	let cursor: string | undefined;
	for (;;) {
		const limit = Math.min( stride, max - items.length );
		const page = await ask(
			cursor === undefined ? { limit } : { limit, cursor }
		);
		items.push( ...page.items );
		if ( page.next === null || items.length >= max ) {
			return { items, total: page.total };
		}
		cursor = page.next;
	}
}
