import { Doubt, EventName, FilterName, Sender } from './failure.ts';
import { JailKey } from './jail.ts';
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
  type Static,
  string,
} from './schema.ts';

const seconds = describe('-1: for ever.', integer);

/** The settings of a jail that decide what counts, when it bans and for how long, in the words of the configuration. */
export const Rule = object({
  jail: string,
  filter: array(FilterName),
  maxretry: integer,
  findtime_seconds: integer,
  bantime_seconds: seconds,
  bantime_increment: boolean,
  bantime_factor: { type: 'number' } as const,
  bantime_multipliers: array({ type: 'number' } as const),
  bantime_maxtime_seconds: seconds,
  bantime_rndtime_seconds: integer,
  bantime_overalljails: boolean,
  key: JailKey,
  ipv4_prefix: integer,
  ipv6_prefix: integer,
  distrust: array(Doubt),
  max_bans_per_site_per_hour: describe('-1: no limit.', integer),
});
export type Rule = Static<typeof Rule>;

export const ReceiptFailure = object({
  id: describe('The failure’s number, as in `/v1/failures`.', integer),
  time: instant,
  ip: string,
  site: nullable(string),
  event: EventName,
  user: nullable(string),
  count: describe('How many events of it count.', count),
  weight: describe(
    'How much of `required` it is: `count`, or a fraction of it where its client is known on its site.',
    { type: 'number', minimum: 0 } as const,
  ),
  doubts: describe('Doubts about it that the rule does not distrust.', array(Doubt)),
  line: describe('At most 1,024 bytes of it. Written by attackers: escape it.', string),
  sender: describe('Who wrote the line, by the journal’s word; null for a line of a file.', nullable(Sender)),
});
export type ReceiptFailure = Static<typeof ReceiptFailure>;

/** Why an address was banned, as it stood when that was decided: nothing that happens later changes it. */
export const Receipt = object({
  decided_at: instant,
  by_hand: describe(
    'The administrator who banned it, approved the ban or gave it another end, the latest; null: nobody did.',
    nullable(object({ by: string, at: instant, bantime_seconds: seconds })),
  ),
  rule: describe(
    'The rule that decided; null where a person did, and where the 1,000 rules used last do not hold it.',
    nullable(Rule),
  ),
  required: describe(
    'Failures that ban by this rule: its `maxretry`, or the lower one of the campaign. 0 where a person decided.',
    count,
  ),
  campaign: describe('The campaign whose lower `maxretry` decided.', nullable(string)),
  counted_as: describe('The client whose failures were counted together: an address or a network.', string),
  together: describe(
    'Where failures of several clients counted together: what they have in common, as `user admin` or `system 64500`, and how many there were of how many clients; null: the client’s own decided.',
    nullable(object({ key: string, failures: count, clients: count })),
  ),
  failures: describe('How many failures of the client decided.', count),
  evidence: describe('These failures in the order of their arrival, the last 20.', array(ReceiptFailure)),
  earlier_bans: describe('Bans of it that made this one longer, where `bantime_increment` does.', count),
  bantime_seconds: describe('How long it was to last, from `since`; -1: for ever.', integer),
  known_good: describe(
    'What successful logins changed: how many failures counted as one where the client was known, and what else.',
    nullable(object({ threshold_factor: integer, because: string })),
  ),
  compared: describe(
    'Exemptions with which it was compared, by source, besides the reserved ranges.',
    counts,
  ),
  exempted_by: describe(
    'An exemption that covered it, or a part of it, against which a person decided (`force`); null: there was none.',
    nullable(string),
  ),
  logins: describe(
    'Sites where it had logged in: different hours with a login, and whether it was known there.',
    array(object({ site: string, hours: count, known: boolean })),
  ),
});
export type Receipt = Static<typeof Receipt>;
