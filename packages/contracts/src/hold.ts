import { Ban } from './ban.ts';
import {
  array,
  count,
  counts,
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
 * `open`: it waits. `approved`, `declined`: the administrator answered. `made`: nobody did in time, and it became a short ban.
 * `dropped`: the address is exempt by now, or its jail is gone.
 */
export const HoldState = oneOf('open', 'approved', 'declined', 'made', 'dropped');
export type HoldState = Static<typeof HoldState>;

/** A ban that waits for the administrator, because it may hit somebody who is known. */
export const Hold = object({
  id: integer,
  ip: describe('An address, or a network as `2001:db8::/64`; canonical.', string),
  jail: string,
  since: instant,
  until: describe('When it becomes a short ban by itself.', instant),
  failures: count,
  sites: describe('Failures by site.', counts),
  users: describe('User names tried. Text that attackers wrote: escape it.', array(string)),
  because: describe('Why it waits, as words.', string),
  state: HoldState,
  ended_at: nullable(instant),
});
export type Hold = Static<typeof Hold>;

export const AnsweredHold = object({
  hold: Hold,
  bans: describe('What the approval banned.', array(Ban)),
});
export type AnsweredHold = Static<typeof AnsweredHold>;

export const AdminSession = object({
  ip: describe('From where the site’s administrator works: a single address.', string),
});
export type AdminSession = Static<typeof AdminSession>;

export const AdminSessionNoted = object({
  until: describe(
    'Until when bans by this site’s lines alone wait for the administrator of the host.',
    instant,
  ),
});
export type AdminSessionNoted = Static<typeof AdminSessionNoted>;
