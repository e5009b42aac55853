import { count, describe, instant, integer, nullable, object, oneOf, type Static, string } from './schema.ts';

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
  site: string,
  ip: string,
  asked_by: describe('The WordPress user that the site claims.', string),
  asked_at: instant,
  note: string,
  state: oneOf('open', 'approved', 'declined'),
});
export type UnbanRequest = Static<typeof UnbanRequest>;

export const AllowEntry = object({
  id: integer,
  ip: describe('An address or a network; canonical.', string),
  until: nullable(instant),
  note: string,
  added_at: instant,
  added_by: string,
});
export type AllowEntry = Static<typeof AllowEntry>;

export const NewAllowEntry = object(
  {
    ip: string,
    for: describe('How long, as `7d`; for ever when left out.', string),
    note: { type: 'string', maxLength: 500 } as const,
  },
  ['for', 'note'],
);
export type NewAllowEntry = Static<typeof NewAllowEntry>;

export const Allowed = object({ entry: AllowEntry, lifted: describe('Bans that the entry ended.', count) });
export type Allowed = Static<typeof Allowed>;

export const AuditEntry = object({
  id: integer,
  at: instant,
  actor: describe('Who: `admin` for the admin socket, `site:<id>`, or `daemon`.', string),
  action: oneOf('ban', 'unban', 'allow', 'disallow', 'reload', 'start', 'stop', 'repair'),
  ip: nullable(string),
  jail: nullable(string),
  detail: string,
});
export type AuditEntry = Static<typeof AuditEntry>;

export const Exemption = object({
  ip: string,
  source: oneOf('reserved', 'host', 'ignoreip', 'allow'),
  detail: describe('What exempts it, as a sentence.', string),
});
export type Exemption = Static<typeof Exemption>;
