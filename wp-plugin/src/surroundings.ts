import { createContext, useContext } from '@wordpress/element';
import type { Api } from './api.ts';
import type { createPageWalk } from './lists/page-walk.ts';
import type { Settings } from './settings.ts';

/** What every part of the panel may use. */
export interface Surroundings {
	readonly settings: Settings;
	readonly api: Api;
	readonly pageAt: ReturnType< typeof createPageWalk >;
	/** The language of the page, as a tag. */
	readonly locale: string;
}

export const SurroundingsContext = createContext< Surroundings | null >( null );

export function useSurroundings(): Surroundings {
	const surroundings = useContext( SurroundingsContext );
	if ( surroundings === null ) {
		throw new Error( 'outside of SurroundingsContext' );
	}
	return surroundings;
}
