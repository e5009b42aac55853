import { count, describe, nullable, object, type Static, string } from './schema.ts';

/**
 * Where an address comes from, as the data sets of this release know it. Null: not known, or a network that lies in several.
 * Looked up when asked for and never stored, so that it is as new as the data.
 */
export const Origin = object({
  country: describe(
    'ISO 3166-1 alpha-2, as `DE`; where the address is registered, or its holder says it is used.',
    nullable(string),
  ),
  asn: describe('Number of the autonomous system that announces it.', nullable(count)),
  as_name: describe('Name of that system, as its holder registered it: escape it.', nullable(string)),
  host_name: describe(
    'What reverse DNS says, unconfirmed: whoever holds the address chose it. Null while `enrichment.reverse_dns` is off, and until it has been looked up.',
    nullable(string),
  ),
});
export type Origin = Static<typeof Origin>;

/** The fields of an origin are left out where nothing looks addresses up: in a store's own rows, and by older daemons. */
export const originFields = ['country', 'asn', 'as_name', 'host_name'] as const;

/** Who made the data of a release. Where its values are shown to people, these are named, with links in a page (CC BY 4.0). */
export const originSources = [
  { name: 'RouteViews', url: 'https://www.routeviews.org' },
  { name: 'NRO', url: 'https://www.nro.net' },
  { name: 'DB-IP', url: 'https://db-ip.com' },
] as const;

/** The same in one sentence. */
export const originAttribution = `Countries and networks: data by ${originSources.map(({ name, url }) => `${name} (${url})`).join(', ')}, CC BY 4.0, merged by ip-location-db, compiled for Portcullis.`;
