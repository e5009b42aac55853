import { durationPattern } from './duration.ts';
import { array, boolean, count, describe, instant, nullable, object, type Static, string } from './schema.ts';

/** `[campaigns]`: what counts as one, and what follows from taking part. */
export const CampaignsSection = object(
  {
    addresses: describe(
      'So many addresses within the window that try one name, or come from one /24 or IPv6 /48, are a campaign; 3 to 200, 0: none are looked for. Of one autonomous system it takes five times as many.',
      { type: 'integer', minimum: 0, maximum: 200 } as const,
    ),
    window: describe('The span in which they must be seen, 10m to 1d.', {
      anyOf: [
        { type: 'integer', minimum: 600 },
        { type: 'string', pattern: durationPattern },
      ],
    } as const),
    maxretry: describe(
      'While a campaign lasts, so many failures with its names ban an address, where the jail’s maxretry is higher; 1 to 1000. 0: taking part changes nothing.',
      { type: 'integer', minimum: 0, maximum: 1000 } as const,
    ),
  },
  ['addresses', 'window', 'maxretry'],
);

const tried = array(object({ name: string, addresses: count }));

/** Many addresses with few tries each, shown as one. A site is told of it by its own lines alone, which are all it rests on. */
export const Campaign = object({
  id: describe('Of the minute in which it began, as `20261121-1900-3f2a`.', string),
  since: instant,
  last_seen: instant,
  lasting: boolean,
  ended_at: nullable(instant),
  addresses: describe('Addresses that took part. An IPv6 /64 is one.', count),
  users: describe(
    'Names tried, those tried by most addresses first, at most 20. Text that attackers wrote: escape it.',
    tried,
  ),
  other_users: describe('Names beyond these, counted up to 500.', count),
  networks: describe('The /24 and IPv6 /48 that most addresses are in, at most 20.', tried),
  systems: describe(
    'The autonomous systems that most addresses are in, at most 20, as `AS64500 EXAMPLE-NET`.',
    tried,
  ),
  sites: describe('Sites that most addresses tried, at most 20.', tried),
  other_sites: describe('Sites beyond these, counted up to 100.', count),
  bans: describe('Bans in force of addresses that took part.', count),
});
export type Campaign = Static<typeof Campaign>;
