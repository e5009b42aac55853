import { boolean, describe, object } from './schema.ts';

const mmdbFile = { type: 'string', pattern: '^(/.*)?$' } as const;

/** `[enrichment]`: where addresses come from. */
export const EnrichmentSection = object(
  {
    country_file: describe(
      'A .mmdb file of your own with countries, as GeoLite2-Country; empty: the data of this release.',
      mmdbFile,
    ),
    asn_file: describe(
      'A .mmdb file of your own with autonomous systems, as GeoLite2-ASN; empty: the data of this release.',
      mmdbFile,
    ),
    reverse_dns: describe(
      'Ask the DNS for the host names of addresses that are shown. Whoever holds an address sees that it was asked for.',
      boolean,
    ),
  },
  ['country_file', 'asn_file', 'reverse_dns'],
);
