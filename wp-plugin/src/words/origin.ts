import type { Ban } from '../wire.ts';
import { visible } from './visible.ts';

/** Where an address comes from; older daemons say nothing of it. */
export type Origin = Partial<
	Pick< Ban, 'country' | 'asn' | 'as_name' | 'host_name' >
>;

/** `Germany`; empty where it is not known. */
export function countryInWords(
	code: string | null | undefined,
	locale: string
): string {
	if ( ! code ) {
		return '';
	}
	try {
		return (
			new Intl.DisplayNames( locale, { type: 'region' } ).of( code ) ??
			code
		);
	} catch {
		// No code of a country.
		return visible( code, 8 );
	}
}

/** `AS3320 Deutsche Telekom AG`, as the holder named it; empty where it is not known. */
export function networkInWords( { asn, as_name: name }: Origin ): string {
	return [ asn ? `AS${ asn }` : '', visible( name ?? '', 60 ) ]
		.filter( ( part ) => part !== '' )
		.join( ' ' );
}

export const isKnown = ( { country, asn }: Origin ): boolean =>
	Boolean( country ) || Boolean( asn );
