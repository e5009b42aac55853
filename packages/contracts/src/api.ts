import type { JSONSchema } from 'json-schema-to-ts';
import { Ban, BanDetails, NewBan, Unbanned } from './ban.ts';
import { EventName, Failure } from './failure.ts';
import { Jail } from './jail.ts';
import { array, boolean, count, describe, nullable, object, oneOf, type Static, string } from './schema.ts';
import { AllowEntry, Allowed, AuditEntry, NewAllowEntry, Site, UnbanRequest } from './site.ts';
import { Stats, Status } from './status.ts';
import { Why } from './why.ts';

/** Who may call a route: `admin` is the root-only socket, `site` the socket of one registered site. */
export type Access = 'admin' | 'site';

export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly summary: string;
  readonly access: readonly Access[];
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
    search: describe('Part of the address, a user name or the reason.', {
      type: 'string',
      maxLength: 200,
    } as const),
  },
  ['limit', 'cursor', 'sort', 'site', 'jail', 'ip', 'state', 'since', 'until', 'search'],
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

const PageQuery = object(paging, ['limit', 'cursor']);
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
const UnbanQuery = object(
  {
    jail: string,
    allow: describe('Also allow the address for this long, as `7d`.', string),
  },
  ['jail', 'allow'],
);

/** Every route of the API, once: the server registers it, the client calls it, the OpenAPI document lists it. */
export const routes = {
  status: {
    method: 'GET',
    path: '/v1/status',
    summary: 'Health, and what is enforced against what is wanted',
    access: ['admin', 'site'],
    response: Status,
  },
  listBans: {
    method: 'GET',
    path: '/v1/bans',
    summary: 'Bans',
    access: ['admin', 'site'],
    query: BanQuery,
    response: listOf(Ban),
  },
  getBan: {
    method: 'GET',
    path: '/v1/bans/:id',
    summary: 'One ban with its evidence',
    access: ['admin', 'site'],
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
    params: ipParam,
    query: UnbanQuery,
    response: Unbanned,
  },
  unbanAll: {
    method: 'DELETE',
    path: '/v1/bans',
    summary: 'Lift every ban',
    access: ['admin'],
    query: object({ jail: string }, ['jail']),
    response: object({ ended: count }),
  },
  listSites: {
    method: 'GET',
    path: '/v1/sites',
    summary: 'Sites seen in the log',
    access: ['admin', 'site'],
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
    query: PageQuery,
    response: listOf(AllowEntry),
  },
  allow: {
    method: 'POST',
    path: '/v1/allow',
    summary: 'Allow an address; lifts its bans',
    access: ['admin', 'site'],
    body: NewAllowEntry,
    response: Allowed,
    status: 201,
  },
  disallow: {
    method: 'DELETE',
    path: '/v1/allow/:id',
    summary: 'Remove an entry of the allow list',
    access: ['admin', 'site'],
    params: idParam,
    response: AllowEntry,
  },
  listFailures: {
    method: 'GET',
    path: '/v1/failures',
    summary: 'Failures, the latest first',
    access: ['admin', 'site'],
    query: FailureQuery,
    response: listOf(Failure),
  },
  stats: {
    method: 'GET',
    path: '/v1/stats',
    summary: 'Failures and bans over time',
    access: ['admin', 'site'],
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
    access: ['admin'],
    query: RequestQuery,
    response: listOf(UnbanRequest),
  },
  listAudit: {
    method: 'GET',
    path: '/v1/audit',
    summary: 'Who did what, the latest first',
    access: ['admin'],
    query: PageQuery,
    response: listOf(AuditEntry),
  },
  events: {
    method: 'GET',
    path: '/v1/events',
    summary: 'Decisions as they happen (server-sent events)',
    access: ['admin', 'site'],
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
