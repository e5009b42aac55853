import type { Settings } from '../settings.ts';
import type { Ban, SiteIdentity } from '../wire.ts';

/** What this person may do on this site: what WordPress and what the host allow. */
export interface Rights {
	readonly unban: boolean;
	readonly allow: boolean;
	readonly ask: boolean;
}

export function rightsOf(
	capabilities: Settings[ 'capabilities' ],
	site: Pick< SiteIdentity, 'rights' > | undefined
): Rights {
	// Until the daemon has said what the site may do, it is asked to judge each deed.
	const given = ( right: SiteIdentity[ 'rights' ][ number ] ) =>
		site?.rights.includes( right ) ?? true;
	return {
		unban: capabilities.unban && given( 'unban' ),
		allow: capabilities.allow && given( 'allow' ),
		ask: capabilities.unban && given( 'ask' ),
	};
}

const inForce = ( ban: Ban ) => ban.state !== 'ended';

/** Whether the ban rests on this site's evidence alone, so that it may lift it. */
const isOwn = ( ban: Ban ) => ban.other_sites === 0;

export const mayUnban = ( ban: Ban, rights: Rights ): boolean =>
	rights.unban && inForce( ban ) && isOwn( ban );

export const mayAllow = ( ban: Ban, rights: Rights ): boolean =>
	rights.allow && inForce( ban ) && isOwn( ban );

export const mayAsk = ( ban: Ban, rights: Rights ): boolean =>
	rights.ask && inForce( ban ) && ! mayUnban( ban, rights );
