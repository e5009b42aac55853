import { durationPattern } from './duration.ts';
import {
  array,
  count,
  describe,
  instant,
  integer,
  nullable,
  object,
  oneOf,
  type Static,
  string,
} from './schema.ts';

/**
 * `info`: a start, a stop, a periodic report. `warning`: bans, a site that fell silent. `critical`: what needs a person, as
 * a reload that failed or a firewall that somebody else changed.
 */
export const Severity = oneOf('info', 'warning', 'critical');
export type Severity = Static<typeof Severity>;

/** A registered site’s id, a name as the log has it, or a pattern with `*`. */
export const sitePattern = '^[A-Za-z0-9_*][A-Za-z0-9._~%/*-]{0,199}$';

const clockTime = '([01][0-9]|2[0-3]):[0-5][0-9]';
const file = { type: 'string', pattern: '^(/.*)?$' } as const;
/** What systemd allows as a credential’s name is more; nobody uses it. */
const credential = { type: 'string', pattern: '^[A-Za-z0-9_.-]{0,100}$' } as const;
const duration = {
  anyOf: [
    { type: 'integer', minimum: -1 },
    { type: 'string', pattern: durationPattern },
  ],
} as const;

/** What holds for every place that messages go to. */
const routing = {
  min_severity: describe(
    'Nothing below it is sent but what `reports` names. info: also starts and stops; warning: bans; critical: only what needs a person.',
    Severity,
  ),
  window: describe(
    'The first ban after a quiet time is told at once; what follows is gathered into one message each window, 1s to 1d.',
    duration,
  ),
  quiet_hours: describe(
    'As 22:00-07:00, by the host’s clock: then only what is critical is sent, the rest after it. Empty: none.',
    { type: 'string', pattern: `^(${clockTime}-${clockTime})?$` } as const,
  ),
  allowed_hosts: describe(
    'Hosts that messages may go to besides hooks.slack.com and loopback, as chat.example.com or chat.example.com:8443.',
    {
      type: 'array',
      items: { type: 'string', pattern: '^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?(:[0-9]{1,5})?$' },
      maxItems: 20,
    } as const,
  ),
  reports: describe('Which periodic reports are sent here.', {
    type: 'array',
    items: oneOf('daily', 'weekly'),
    uniqueItems: true,
  } as const),
} as const;
const routingKeys = ['min_severity', 'window', 'quiet_hours', 'allowed_hosts', 'reports'] as const;

const slack = {
  webhook_url_file: describe('A file that holds the incoming webhook’s URL.', file),
  webhook_credential: describe(
    'The systemd credential that holds it (LoadCredential= of the unit).',
    credential,
  ),
  webhook_url: describe('The URL itself. At most one of the three is given.', string),
  channel: describe('The channel; empty: the webhook’s own. Webhooks of Slack’s newer apps ignore it.', {
    type: 'string',
    maxLength: 80,
  } as const),
  ...routing,
} as const;
const slackKeys = [
  'webhook_url_file',
  'webhook_credential',
  'webhook_url',
  'channel',
  ...routingKeys,
] as const;

const webhook = {
  url_file: describe('A file that holds the URL to which signed JSON is posted.', file),
  url_credential: describe('The systemd credential that holds it.', credential),
  url: describe('The URL itself. At most one of the three is given.', string),
  secret_file: describe('A file that holds the key that signs each message, at least 16 bytes.', file),
  secret_credential: describe('The systemd credential that holds it.', credential),
  ...routing,
} as const;
const webhookKeys = [
  'url_file',
  'url_credential',
  'url',
  'secret_file',
  'secret_credential',
  ...routingKeys,
] as const;

const sitesOf =
  'Channels of single sites, by a registered site’s id, a name or a pattern as "*.example.com". Each has the keys of this section but allowed_hosts and takes from it what it leaves out.';

export const SlackSettings = object(slack, slackKeys);
export type SlackSettings = Static<typeof SlackSettings>;
export const SlackSection = object(
  {
    ...slack,
    sites: {
      type: 'object',
      description: sitesOf,
      propertyNames: { pattern: sitePattern },
      additionalProperties: SlackSettings,
      maxProperties: 200,
    },
  } as const,
  [...slackKeys, 'sites'],
);

export const WebhookSettings = object(webhook, webhookKeys);
export type WebhookSettings = Static<typeof WebhookSettings>;
export const WebhookSection = object(
  {
    ...webhook,
    sites: {
      type: 'object',
      description: sitesOf,
      propertyNames: { pattern: sitePattern },
      additionalProperties: WebhookSettings,
      maxProperties: 200,
    },
  } as const,
  [...webhookKeys, 'sites'],
);

export const ReportsSection = object(
  {
    at: describe('When periodic reports are made, by the host’s clock; the weekly one on Mondays.', {
      type: 'string',
      pattern: `^${clockTime}$`,
    } as const),
    silent_after: describe(
      'A site that wrote lines and then none for so long is told of, once; -1: never.',
      duration,
    ),
  },
  ['at', 'silent_after'],
);

export const NewReportTest = object(
  {
    destination: describe('Where to: slack or webhook; slack when left out.', oneOf('slack', 'webhook')),
    site: describe('The site whose channel is tested; the host’s own when left out.', {
      type: 'string',
      maxLength: 250,
    } as const),
  },
  ['destination', 'site'],
);
export type NewReportTest = Static<typeof NewReportTest>;

/** What came of one attempt to deliver a message. */
export const ReportTest = object({
  destination: describe('The section that names it, as `slack` or `slack.sites.shop`.', string),
  host: describe('The host that was asked; never the URL, which is a secret.', string),
  result: describe(
    'delivered; retry: it may work later; revoked: the webhook no longer exists; refused: this message is not accepted.',
    oneOf('delivered', 'retry', 'revoked', 'refused'),
  ),
  status: describe('The HTTP status; null where there was no answer.', nullable(integer)),
  answer: describe('What it answered, at most 200 characters, or why there was no answer.', string),
  took_ms: integer,
});
export type ReportTest = Static<typeof ReportTest>;

const ranked = array(object({ name: string, bans: count, failures: count }));

/** What happened in a span, against the same span before it. */
export const PeriodicReport = object({
  host: describe('This machine’s name.', string),
  site: describe('Whose part it is; null: the whole host.', nullable(string)),
  since: describe('A whole hour.', instant),
  until: instant,
  failures: count,
  bans: describe('Bans that began. Of a site, one that rests on two of its names counts twice.', count),
  before: describe('The same span before it.', object({ failures: count, bans: count })),
  sites: describe('Those with most failures, at most 10; their bans, too.', ranked),
  other_sites: describe('How many more were attacked.', count),
  users: describe('Names tried most, at most 10.', array(object({ name: string, failures: count }))),
  countries: describe('Countries with most bans, at most 10.', ranked),
  networks: describe('Networks with most bans, at most 10.', ranked),
  origins_of: describe(
    'Over how many bans these two are counted: the newest of the span, at most 1,000.',
    count,
  ),
  chart: describe(
    'Equal parts of the span, in order: hours, days or weeks in UTC. The first and the last may be cut.',
    array(object({ at: instant, failures: count, bans: count })),
  ),
});
export type PeriodicReport = Static<typeof PeriodicReport>;

export const NewReport = object(
  {
    since: describe('An instant before now, at most 366 days; left out: 7 days.', {
      type: 'string',
      format: 'date-time',
    } as const),
    destination: describe('Where to: slack or webhook; slack when left out.', oneOf('slack', 'webhook')),
    site: describe('The site whose channel gets its own part; the host’s own when left out.', {
      type: 'string',
      maxLength: 250,
    } as const),
  },
  ['since', 'destination', 'site'],
);
export type NewReport = Static<typeof NewReport>;
