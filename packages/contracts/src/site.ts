import { Ban } from './ban.ts';
import {
  array,
  boolean,
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

export const Site = object({
  name: describe(
    "The ident's host, lower case, without port and trailing dot, with the sub-site's path.",
    string,
  ),
  registered: describe(
    'The id of the registered site that owns this name; null where none does.',
    nullable(string),
  ),
  first_event_at: instant,
  last_event_at: instant,
  events: describe('WordPress lines seen.', count),
  failures: describe('Failures that counted.', count),
});
export type Site = Static<typeof Site>;

export const UnbanRequest = object({
  id: integer,
  site: describe('The id of the registered site that asks.', string),
  sub_site: describe('For which of its sub-sites alone, by name; null: for all of it.', nullable(string)),
  ip: describe('An address or a network; canonical.', string),
  asked_by: describe('The WordPress user that the site claims; empty where it names none.', string),
  asked_at: instant,
  note: string,
  state: oneOf('open', 'approved', 'declined'),
});
export type UnbanRequest = Static<typeof UnbanRequest>;

export const NewUnbanRequest = object({
  ip: describe('A single address, or an IPv6 network of /64 or narrower.', string),
  note: describe('Why, for the administrator.', { type: 'string', maxLength: 500 } as const),
});
export type NewUnbanRequest = Static<typeof NewUnbanRequest>;

export const RequestAnswer = object({ state: oneOf('approved', 'declined') });
export type RequestAnswer = Static<typeof RequestAnswer>;

export const AnsweredRequest = object({
  request: UnbanRequest,
  ended: describe('The bans that the approval ended.', array(Ban)),
});
export type AnsweredRequest = Static<typeof AnsweredRequest>;

export const AllowEntry = object({
  id: integer,
  ip: describe('An address or a network; canonical.', string),
  until: nullable(instant),
  note: string,
  added_at: instant,
  added_by: describe(
    'Who: `admin`, or `site:<id>` (of a sub-site `site:<id>:<name>`) with ` as <WordPress user>` as the site claims.',
    string,
  ),
  site: describe(
    'The id of the registered site for whose failures alone it holds; null: for the whole host.',
    nullable(string),
  ),
  sub_site: describe(
    'Of that site, the sub-site alone for which it holds, by name; null: all.',
    nullable(string),
  ),
});
export type AllowEntry = Static<typeof AllowEntry>;

export const NewAllowEntry = object(
  {
    ip: string,
    for: describe(
      'How long, as `7d`; for ever when left out. A site must say it, and at most 30 days.',
      string,
    ),
    note: { type: 'string', maxLength: 500 } as const,
  },
  ['for', 'note'],
);
export type NewAllowEntry = Static<typeof NewAllowEntry>;

export const Allowed = object({
  entry: AllowEntry,
  lifted: describe('Bans that the entry ended.', count),
  kept: describe(
    'Bans that go on although the entry covers them: other sites have evidence, too. 0 for an entry of the whole host.',
    count,
  ),
});
export type Allowed = Static<typeof Allowed>;

export const AuditEntry = object({
  id: integer,
  at: instant,
  actor: describe(
    'Who: `admin` for the admin socket, `site:<id>`, `site:<id>:<name>` for a sub-site of it, or `daemon`.',
    string,
  ),
  action: oneOf(
    'ban',
    'unban',
    'allow',
    'disallow',
    'ask',
    'approve',
    'decline',
    'register',
    'unregister',
    'token',
    'reload',
    'start',
    'stop',
    'repair',
    'hold',
    'let_go',
    'session',
  ),
  ip: nullable(string),
  jail: nullable(string),
  detail: describe('What a site did begins with `as <WordPress user>`, as the site claims.', string),
});
export type AuditEntry = Static<typeof AuditEntry>;

export const AuditVerification = object({
  whole: describe(
    'Every entry goes on from the one before it, and the copy, if given, is of this log.',
    boolean,
  ),
  entries: describe('Entries that were looked at.', count),
  first_id: nullable(integer),
  pruned_through: describe(
    'The last entry that retention deleted; an anchor keeps its hash. Null: none was.',
    nullable(integer),
  ),
  head: describe(
    'The end of the log: keep a copy elsewhere. Whoever may write the database can make a log anew, but not one with this hash.',
    nullable(object({ id: integer, at: instant, hash: describe('SHA-256 in hexadecimal.', string) })),
  ),
  broken: describe(
    'The first entry that does not go on from the one before it.',
    nullable(object({ id: integer, sentence: string })),
  ),
  copy: describe(
    '`same`: the entry is there as the copy says. `different`: it is not, so the log was rewritten or cut. `pruned`: it is too old to be compared. Null: no copy was given.',
    nullable(oneOf('same', 'different', 'pruned')),
  ),
});
export type AuditVerification = Static<typeof AuditVerification>;

export const Exemption = object({
  ip: string,
  source: oneOf('reserved', 'host', 'ignoreip', 'allow', 'proxy'),
  detail: describe('What exempts it, as a sentence.', string),
});
export type Exemption = Static<typeof Exemption>;
