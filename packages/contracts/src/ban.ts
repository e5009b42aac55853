import { Sender } from './failure.ts';
import { Origin, originFields } from './origin.ts';
import { Receipt } from './receipt.ts';
import {
  array,
  boolean,
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

/** `pending`: recorded, not yet in the kernel. `failed`: the kernel refused it, `reason` says why. */
export const BanState = oneOf('pending', 'active', 'failed', 'ended');
export type BanState = Static<typeof BanState>;

export const EndedBy = describe(
  'How a ban ended: its time was over, a person lifted it, its address was allowed, or its jail was removed.',
  oneOf('expired', 'unban', 'allowed', 'jail_removed'),
);
export type EndedBy = Static<typeof EndedBy>;

/** What a ban may be told without. */
const banOptional = ['gentle', ...originFields, 'campaign'] as const;

export const Ban = object(
  {
    id: integer,
    ip: describe('An address, or a network as `2001:db8::/64`; canonical (RFC 5952).', string),
    jail: string,
    since: instant,
    until: describe('When it ends; null: never by itself.', nullable(instant)),
    failures: describe('Failures that count for this ban, those that prolonged it included.', count),
    sites: describe(
      'Failures by site; the empty name stands for lines that name no site. A registered site sees its own only.',
      counts,
    ),
    other_sites: describe(
      'Other sites with evidence, whose names are not told; always 0 on the admin socket.',
      count,
    ),
    users: describe(
      'User names tried, the latest first, at most 20. Text that attackers wrote: escape it.',
      array(string),
    ),
    events: describe('Failures by kind of event.', counts),
    first_failure_at: nullable(instant),
    last_failure_at: nullable(instant),
    times_banned: describe('How often this address has been banned by this jail, this ban included.', count),
    state: BanState,
    ended_at: nullable(instant),
    ended_by: nullable(EndedBy),
    lifted_by: describe(
      'Who lifted it: `admin`, or `site:<id>` with ` as <WordPress user>` as the site claims; null where nobody did. A registered site is told of other sites `other_site`.',
      nullable(string),
    ),
    reason: describe('Why: the rule that decided, or what the administrator wrote.', string),
    gentle: describe(
      'Whether it may hit somebody who is known, so that it is short and, of `firewall.ports`, closes the web’s only. A registered site is not told.',
      boolean,
    ),
    campaign: describe(
      'The campaign that the address takes part in, by the lines that the caller may see; left out: none.',
      string,
    ),
    ...Origin.properties,
  },
  banOptional,
);
export type Ban = Static<typeof Ban>;

export const Evidence = object({
  lines: describe(
    'The last log lines that counted, at most 20, as text. Written by attackers: escape them.',
    array(string),
  ),
  senders: describe(
    'Who wrote each of `lines`, by the journal’s word; null for a line of a file, and for what a site is told.',
    array(nullable(Sender)),
  ),
  first_failure_at: nullable(instant),
  last_failure_at: nullable(instant),
  events: describe('Failures by kind of event.', counts),
});
export type Evidence = Static<typeof Evidence>;

export const BanDetails = object(
  {
    ...Ban.properties,
    evidence: Evidence,
    receipt: describe(
      'Why it was banned, as it stood then; null for bans from before this was kept. A registered site is not told.',
      nullable(Receipt),
    ),
  },
  [...banOptional, 'receipt'] as const,
);
export type BanDetails = Static<typeof BanDetails>;

export const NewBan = object(
  {
    ip: describe('An address or a network (CIDR).', string),
    jail: describe('The jail whose chain enforces it; the first jail when left out.', string),
    bantime: describe(
      "How long, as `30s 10m 3h 1d 4w`, seconds, or -1 for ever; the jail's own when left out.",
      string,
    ),
    reason: describe('Shown to whoever asks why.', { type: 'string', maxLength: 500 } as const),
    force: describe('Ban even if an exemption covers the address; never the always-exempt ones.', {
      type: 'boolean',
    } as const),
  },
  ['jail', 'bantime', 'reason', 'force'],
);
export type NewBan = Static<typeof NewBan>;

export const Unbanned = object({ ended: describe('The bans that this ended.', array(Ban)) });
export type Unbanned = Static<typeof Unbanned>;
