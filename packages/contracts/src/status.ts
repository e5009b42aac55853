import { JailSummary, LogPosition } from './jail.ts';
import { Origin } from './origin.ts';
import {
  array,
  boolean,
  count,
  describe,
  instant,
  nullable,
  object,
  oneOf,
  type Static,
  string,
} from './schema.ts';

export const ProblemCode = oneOf(
  'log_missing',
  'log_unreadable',
  'log_gap',
  'firewall_failed',
  'ipv6_unenforced',
  'store_degraded',
  'ignoreip_unresolved',
  'config_invalid',
  'site_unserved',
  'enrichment_failed',
  'report_undelivered',
  'site_proxied',
  'doubtful_evidence',
  'site_beyond_measure',
  'wrong_sender',
);
export type ProblemCode = Static<typeof ProblemCode>;

/** Problems of the evidence in the log, not of the daemon: whoever writes lines can cause them, so it stays healthy. */
const notices: ReadonlySet<ProblemCode> = new Set([
  'site_proxied',
  'doubtful_evidence',
  'site_beyond_measure',
  'wrong_sender',
]);
export const isNotice = ({ code }: { readonly code: ProblemCode }): boolean => notices.has(code);

export const HealthProblem = object({ code: ProblemCode, sentence: string });
export type HealthProblem = Static<typeof HealthProblem>;

export const Status = object(
  {
    version: string,
    healthy: describe(
      'Nothing is wrong with the daemon; problems may still tell of doubtful evidence.',
      boolean,
    ),
    problems: array(HealthProblem),
    firewall: describe('The backend that enforces.', string),
    bans: object({
      wanted: count,
      enforced: describe('How many of the wanted bans the kernel held when last verified.', count),
      verified_at: nullable(instant),
      repairs: describe('Differences mended since the start.', count),
    }),
    log: array(LogPosition),
    jails: array(JailSummary),
    campaigns: describe('Campaigns that last; a site is not told.', count),
    started_at: instant,
  },
  ['campaigns'],
);
export type Status = Static<typeof Status>;

export const Stats = object(
  {
    since: instant,
    until: instant,
    bucket_seconds: count,
    buckets: array(object({ at: instant, failures: count, bans: count })),
    failures: count,
    bans: count,
    top_sites: array(object({ name: string, failures: count })),
    top_users: array(object({ name: string, failures: count })),
    top_events: array(object({ name: string, failures: count })),
    top_countries: describe(
      'Countries with most bans that began in the span; null: not known.',
      array(object({ country: Origin.properties.country, bans: count, failures: count })),
    ),
    top_networks: describe(
      'Autonomous systems with most bans that began in the span; null: not known.',
      array(
        object({
          asn: Origin.properties.asn,
          as_name: Origin.properties.as_name,
          bans: count,
          failures: count,
        }),
      ),
    ),
    origins_of: describe(
      'Over how many bans these two are counted: the newest of the span, at most 1,000.',
      count,
    ),
  },
  ['top_countries', 'top_networks', 'origins_of'],
);
export type Stats = Static<typeof Stats>;

/** What `/v1/events` sends, one JSON object an event. */
export const EventType = oneOf(
  'ban',
  'prolong',
  'unban',
  'failed',
  'repair',
  'problem',
  'reload',
  'campaign',
);
export type EventType = Static<typeof EventType>;
