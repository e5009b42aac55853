import { BanDetails } from './ban.ts';
import { Failure } from './failure.ts';
import { Hold } from './hold.ts';
import { Origin, originFields } from './origin.ts';
import {
  array,
  boolean,
  count,
  counts,
  describe,
  instant,
  nullable,
  object,
  type Static,
  string,
} from './schema.ts';
import { Exemption } from './site.ts';

/** Everything known of an address. */
export const Why = object(
  {
    ip: string,
    banned: { type: 'boolean' } as const,
    bans: array(BanDetails),
    history: array(BanDetails),
    exemptions: array(Exemption),
    compared: describe(
      'Exemptions that it was compared with, by source: those that do not cover it, too.',
      counts,
    ),
    failures: count,
    sites: counts,
    not_counted: describe('Its events that do not count, by reason.', counts),
    recent_failures: array(Failure),
    jails: array(
      object({
        jail: string,
        failures: describe('All that count together.', count),
        maxretry: count,
        findtime_seconds: count,
        counted_as: describe(
          'The address or network. In a jail whose key is not the address the name, the system: an entry for each that it failed with.',
          string,
        ),
      }),
    ),
    campaigns: describe(
      'Campaigns that it takes or took part in, since the daemon started.',
      array(object({ id: string, addresses: count, lasting: boolean })),
    ),
    logins: describe(
      'Sites where it logged in: different hours with a login, the latest of them, and whether it is known there.',
      array(object({ site: string, hours: count, last_hour: instant, known: { type: 'boolean' } as const })),
    ),
    held: describe('Bans of it that wait for the administrator.', array(Hold)),
    advice: nullable(string),
    ...Origin.properties,
  },
  [...originFields, 'campaigns', 'logins', 'held'] as const,
);
export type Why = Static<typeof Why>;
