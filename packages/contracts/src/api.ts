import type { JSONSchema } from 'json-schema-to-ts';
import { Ban, BanDetails, NewBan, Unbanned } from './ban.ts';
import { Campaign } from './campaign.ts';
import { EventName, Failure } from './failure.ts';
import { AdminSession, AdminSessionNoted, AnsweredHold, Hold, HoldState } from './hold.ts';
import { Jail } from './jail.ts';
import {
  NewRegistration,
  Registered,
  Registration,
  SiteIdentity,
  type SiteRight,
  SiteToken,
} from './registration.ts';
import { NewReport, NewReportTest, PeriodicReport, ReportTest } from './reporting.ts';
import { array, boolean, count, describe, nullable, object, oneOf, type Static, string } from './schema.ts';
import { SelfTest } from './self-test.ts';
import {
  AllowEntry,
  Allowed,
  AnsweredRequest,
  AuditEntry,
  AuditVerification,
  NewAllowEntry,
  NewUnbanRequest,
  RequestAnswer,
  Site,
  UnbanRequest,
} from './site.ts';
import { Stats, Status } from './status.ts';
import { Why } from './why.ts';

/** Who may call a route: `admin` is the root-only socket, `site` the socket of one registered site. */
export type Access = 'admin' | 'site';

/** The header in which a site claims for which of its WordPress users it asks: the login, percent-encoded UTF-8. */
export const claimedUserHeader = 'x-portcullis-user';
/** WordPress' logins have at most 60 characters. */
export const maxClaimedUser = 60;

/**
 * The header with which a site speaks for one of its names alone, percent-encoded, as a network does for a sub-site: what
 * it sees and may lift is then what that name has evidence for. It can only narrow.
 */
export const subSiteHeader = 'x-portcullis-sub-site';

export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly summary: string;
  readonly access: readonly Access[];
  /** What a site must have been given to call it. */
  readonly right?: SiteRight;
  readonly params?: JSONSchema;
  readonly query?: JSONSchema;
  readonly body?: JSONSchema;
  /** The answer's schema; `text` and `events` are not JSON. */
  readonly response: JSONSchema | 'text' | 'events';
  readonly status?: 200 | 201;
}

/** Lists answer at most this many items a page. */
export const maxPageSize = 1000;

const paging = {
  limit: describe('Items a page.', {
    type: 'integer',
    minimum: 1,
    maximum: maxPageSize,
    default: 100,
  } as const),
  cursor: describe('The `next` of the page before.', { type: 'string', maxLength: 500 } as const),
};
const sortBy = <const W extends readonly string[]>(...fields: W) =>
  describe('Field to sort by; a leading `-` sorts downwards.', {
    type: 'string',
    enum: fields.flatMap((field) => [field, `-${field}`]),
  } as const);
const instantQuery = { type: 'string', format: 'date-time' } as const;
const listOf = <const I extends JSONSchema>(items: I) =>
  object({
    items: array(items),
    next: nullable(string),
    total: describe('Items that match, on all pages.', count),
  });

const ipParam = object({ ip: describe('An address, or a network with its slash percent-encoded.', string) });
const idParam = object({ id: { type: 'integer', minimum: 1 } as const });
const siteParam = object({ id: describe('The id of a registered site.', string) });

export const BanQuery = object(
  {
    ...paging,
    sort: sortBy('since', 'until', 'failures', 'times_banned', 'ip'),
    site: describe('Only bans with evidence from this site.', string),
    jail: string,
    ip: describe('Only bans that cover this address or network.', string),
    state: describe('One or more of the states, separated by commas; left out: those in force.', {
      type: 'string',
      pattern: '^(pending|active|failed|ended|all)(,(pending|active|failed|ended))*$',
    } as const),
    since: instantQuery,
    until: instantQuery,
    campaign: describe('Only bans of addresses that take part in this campaign.', {
      type: 'string',
      maxLength: 40,
    } as const),
    search: describe(
      'The beginning of an address, as `198.51.` or `2001:db8:`; other text is looked for in names tried and the reason.',
      {
        type: 'string',
        maxLength: 200,
      } as const,
    ),
  },
  ['limit', 'cursor', 'sort', 'site', 'jail', 'ip', 'state', 'since', 'until', 'campaign', 'search'],
);
export type BanQuery = Partial<Static<typeof BanQuery>>;

export const FailureQuery = object(
  {
    ...paging,
    site: string,
    ip: string,
    event: EventName,
    user: string,
    since: instantQuery,
    until: instantQuery,
    counted: boolean,
  },
  ['limit', 'cursor', 'site', 'ip', 'event', 'user', 'since', 'until', 'counted'],
);
export type FailureQuery = Partial<Static<typeof FailureQuery>>;

/** The end of the audit log, as people keep a copy of it: `<id>:<SHA-256 in hexadecimal>`. */
export const auditCopyPattern = /^[0-9]{1,15}:[0-9a-f]{64}$/;

const PageQuery = object(paging, ['limit', 'cursor']);
const AuditQuery = object(
  { ...paging, ip: describe('Only what was done to exactly this address.', string) },
  ['limit', 'cursor', 'ip'],
);
const SiteQuery = object({ ...paging, sort: sortBy('name', 'last_event_at', 'failures') }, [
  'limit',
  'cursor',
  'sort',
]);
const RequestQuery = object({ ...paging, state: oneOf('open', 'approved', 'declined') }, [
  'limit',
  'cursor',
  'state',
]);
const forgetHistory = describe(
  'Also forget that it was banned: with `bantime_increment` its next ban counts as the first. The administrator’s alone.',
  boolean,
);
const UnbanQuery = object(
  {
    jail: string,
    allow: describe('Also allow the address for this long, as `7d`.', string),
    forget_history: forgetHistory,
  },
  ['jail', 'allow', 'forget_history'],
);
const MassUnbanQuery = object(
  {
    jail: string,
    site: describe('Only bans with evidence from this site; that of others goes with them.', string),
    ip: describe('Only bans that have an address in common with this network.', string),
    since: instantQuery,
    until: instantQuery,
    forget_history: forgetHistory,
  },
  ['jail', 'site', 'ip', 'since', 'until', 'forget_history'],
);
export type MassUnbanQuery = Static<typeof MassUnbanQuery>;

/** Every route of the API, once: the server registers it, the client calls it, the OpenAPI document lists it. */
export const routes = {
  status: {
    method: 'GET',
    path: '/v1/status',
    summary: 'Health, and what is enforced against what is wanted',
    access: ['admin', 'site'],
    right: 'view',
    response: Status,
  },
  listBans: {
    method: 'GET',
    path: '/v1/bans',
    summary: 'Bans',
    access: ['admin', 'site'],
    right: 'view',
    query: BanQuery,
    response: listOf(Ban),
  },
  getBan: {
    method: 'GET',
    path: '/v1/bans/:id',
    summary: 'One ban with its evidence',
    access: ['admin', 'site'],
    right: 'view',
    params: idParam,
    response: BanDetails,
  },
  ban: {
    method: 'POST',
    path: '/v1/bans',
    summary: 'Ban an address by hand',
    access: ['admin'],
    body: NewBan,
    response: Ban,
    status: 201,
  },
  unban: {
    method: 'DELETE',
    path: '/v1/bans/:ip',
    summary: 'Lift the bans of an address or network',
    access: ['admin', 'site'],
    right: 'unban',
    params: ipParam,
    query: UnbanQuery,
    response: Unbanned,
  },
  unbanAll: {
    method: 'DELETE',
    path: '/v1/bans',
    summary: 'Lift every ban, or all that match; each is audited',
    access: ['admin'],
    query: MassUnbanQuery,
    response: object({ ended: count }),
  },
  listSites: {
    method: 'GET',
    path: '/v1/sites',
    summary: 'Sites seen in the log',
    access: ['admin', 'site'],
    right: 'view',
    query: SiteQuery,
    response: listOf(Site),
  },
  listJails: {
    method: 'GET',
    path: '/v1/jails',
    summary: 'Jails and their counts',
    access: ['admin'],
    query: PageQuery,
    response: listOf(Jail),
  },
  listAllowed: {
    method: 'GET',
    path: '/v1/allow',
    summary: 'The allow list',
    access: ['admin', 'site'],
    right: 'view',
    query: PageQuery,
    response: listOf(AllowEntry),
  },
  allow: {
    method: 'POST',
    path: '/v1/allow',
    summary: 'Allow an address; lifts its bans',
    access: ['admin', 'site'],
    right: 'allow',
    body: NewAllowEntry,
    response: Allowed,
    status: 201,
  },
  disallow: {
    method: 'DELETE',
    path: '/v1/allow/:id',
    summary: 'Remove an entry of the allow list',
    access: ['admin', 'site'],
    right: 'allow',
    params: idParam,
    response: AllowEntry,
  },
  listFailures: {
    method: 'GET',
    path: '/v1/failures',
    summary: 'Failures, the latest first',
    access: ['admin', 'site'],
    right: 'view',
    query: FailureQuery,
    response: listOf(Failure),
  },
  stats: {
    method: 'GET',
    path: '/v1/stats',
    summary: 'Failures and bans over time',
    access: ['admin', 'site'],
    right: 'view',
    query: object({ since: instantQuery, site: string }, ['since', 'site']),
    response: Stats,
  },
  why: {
    method: 'GET',
    path: '/v1/why/:ip',
    summary: 'Everything known of an address',
    access: ['admin'],
    params: ipParam,
    response: Why,
  },
  listRequests: {
    method: 'GET',
    path: '/v1/requests',
    summary: 'What sites ask the administrator for',
    access: ['admin', 'site'],
    right: 'view',
    query: RequestQuery,
    response: listOf(UnbanRequest),
  },
  ask: {
    method: 'POST',
    path: '/v1/requests',
    summary: 'Ask the administrator for an unban',
    access: ['site'],
    right: 'ask',
    body: NewUnbanRequest,
    response: UnbanRequest,
    status: 201,
  },
  answerRequest: {
    method: 'POST',
    path: '/v1/requests/:id',
    summary: 'Approve or decline what a site asks for; approving unbans',
    access: ['admin'],
    params: idParam,
    body: RequestAnswer,
    response: AnsweredRequest,
  },
  listHolds: {
    method: 'GET',
    path: '/v1/holds',
    summary:
      'Bans that wait for the administrator, the latest first; those that still do when no state is given',
    access: ['admin'],
    query: object({ ...paging, state: HoldState }, ['limit', 'cursor', 'state']),
    response: listOf(Hold),
  },
  answerHold: {
    method: 'POST',
    path: '/v1/holds/:id',
    summary:
      'Answer a ban that waits: approving bans at once, declining lets the address go and forgets its count',
    access: ['admin'],
    params: idParam,
    body: RequestAnswer,
    response: AnsweredHold,
  },
  noteSession: {
    method: 'POST',
    path: '/v1/session',
    summary:
      'Say from where an administrator of the site works: a ban by its lines alone then waits for the host’s',
    access: ['site'],
    right: 'ask',
    body: AdminSession,
    response: AdminSessionNoted,
  },
  site: {
    method: 'GET',
    path: '/v1/site',
    summary: 'Who you are: the registered site that this socket stands for',
    access: ['site'],
    response: SiteIdentity,
  },
  listRegistrations: {
    method: 'GET',
    path: '/v1/registrations',
    summary: 'Sites that are registered for the panel',
    access: ['admin'],
    query: PageQuery,
    response: listOf(Registration),
  },
  register: {
    method: 'POST',
    path: '/v1/registrations',
    summary: 'Register a site for the panel; in shared mode the answer holds its token',
    access: ['admin'],
    body: NewRegistration,
    response: Registered,
    status: 201,
  },
  unregister: {
    method: 'DELETE',
    path: '/v1/registrations/:id',
    summary: 'Remove a registered site with its socket, token, allow entries and requests',
    access: ['admin'],
    params: siteParam,
    response: Registration,
  },
  issueToken: {
    method: 'POST',
    path: '/v1/registrations/:id/token',
    summary: 'Make a new token of a site; the one of before no longer holds',
    access: ['admin'],
    params: siteParam,
    response: SiteToken,
    status: 201,
  },
  revokeToken: {
    method: 'DELETE',
    path: '/v1/registrations/:id/token',
    summary: 'Revoke the token of a site',
    access: ['admin'],
    params: siteParam,
    response: Registration,
  },
  report: {
    method: 'GET',
    path: '/v1/report',
    summary:
      'What happened in a span of whole hours, against the same span before it; 7 days when none is given',
    access: ['admin'],
    query: object(
      {
        since: instantQuery,
        site: describe('Only this site: its id, if it is registered, or a name.', string),
      },
      ['since', 'site'],
    ),
    response: PeriodicReport,
  },
  sendReport: {
    method: 'POST',
    path: '/v1/report',
    summary: 'Send such a report at once, and tell what came back',
    access: ['admin'],
    body: NewReport,
    response: ReportTest,
  },
  testReport: {
    method: 'POST',
    path: '/v1/reports/test',
    summary: 'Send a test message to Slack or the webhook, and tell what it answered',
    access: ['admin'],
    body: NewReportTest,
    response: ReportTest,
  },
  beginSelfTest: {
    method: 'POST',
    path: '/v1/self-tests',
    summary: 'A line to send through syslog, that never counts and is looked for during a minute',
    access: ['admin'],
    response: SelfTest,
    status: 201,
  },
  getSelfTest: {
    method: 'GET',
    path: '/v1/self-tests/:id',
    summary: 'Whether the line of a self-test came, and what it would have led to',
    access: ['admin'],
    params: idParam,
    response: SelfTest,
  },
  listCampaigns: {
    method: 'GET',
    path: '/v1/campaigns',
    summary:
      'Campaigns that last, the latest first, then the last that are over; since the daemon started. A site is told of those that its own lines alone would be',
    access: ['admin', 'site'],
    right: 'view',
    query: PageQuery,
    response: listOf(Campaign),
  },
  listAudit: {
    method: 'GET',
    path: '/v1/audit',
    summary: 'Who did what, the latest first; a site sees what it did itself',
    access: ['admin', 'site'],
    right: 'view',
    query: AuditQuery,
    response: listOf(AuditEntry),
  },
  verifyAudit: {
    method: 'GET',
    path: '/v1/audit/verification',
    summary: 'Whether the audit log is whole: each entry holds the hash of the one before it',
    access: ['admin'],
    query: object(
      {
        copy: describe('The end of the log as it once was, as `<id>:<hash>`: whether it still holds that.', {
          type: 'string',
          pattern: auditCopyPattern.source,
        } as const),
      },
      ['copy'],
    ),
    response: AuditVerification,
  },
  events: {
    method: 'GET',
    path: '/v1/events',
    summary: 'Decisions as they happen (server-sent events)',
    access: ['admin', 'site'],
    right: 'view',
    response: 'events',
  },
  metrics: {
    method: 'GET',
    path: '/metrics',
    summary: 'Prometheus metrics',
    access: ['admin'],
    response: 'text',
  },
  openapi: {
    method: 'GET',
    path: '/v1/openapi.json',
    summary: 'This description',
    access: ['admin', 'site'],
    response: { type: 'object' },
  },
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof routes;

/** One page of a list. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
  readonly total: number;
}

type Field<R, K extends string> = R extends { readonly [P in K]: infer S extends JSONSchema }
  ? Static<S>
  : undefined;
/** What a caller passes to and gets from a route. */
export type Params<N extends RouteName> = Field<(typeof routes)[N], 'params'>;
export type Query<N extends RouteName> = Field<(typeof routes)[N], 'query'>;
export type Body<N extends RouteName> = Field<(typeof routes)[N], 'body'>;
export type Answer<N extends RouteName> = (typeof routes)[N]['response'] extends infer S
  ? S extends 'text' | 'events'
    ? string
    : S extends JSONSchema
      ? Static<S>
      : never
  : never;
