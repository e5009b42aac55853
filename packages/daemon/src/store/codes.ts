import type { Channel, EventName, IgnoredReason } from '@portcullis/contracts';

/** What stands in the database for a word. Never change one: old rows use it. */
const events = {
  login_success: 1,
  login_failure: 2,
  unknown_user: 3,
  empty_username: 4,
  blocked_user: 5,
  blocked_username: 6,
  user_enumeration: 7,
  authors_enumeration: 8,
  multicall: 9,
  pingback_error: 10,
  pingback: 11,
  comment: 12,
  comment_attempt: 13,
  spam_comment: 14,
  password_reset: 15,
  untrusted_forwarded_for: 16,
  plugin: 17,
  xmlrpc_blocked: 18,
  country_blocked: 19,
  block_request: 20,
} as const satisfies Record<EventName, number>;
const channels = { login: 1, xmlrpc: 2, rest: 3 } as const satisfies Record<Channel, number>;
const reasons = {
  not_wordpress: 1,
  not_a_failure: 2,
  no_address: 3,
  overlong: 4,
  reserved_address: 5,
  exempt: 6,
  no_jail: 7,
  no_time: 8,
  self_test: 9,
  proxy: 10,
  burst: 11,
  long_name: 12,
  stored_address: 13,
  unregistered_site: 14,
  wrong_sender: 15,
} as const satisfies Record<IgnoredReason, number>;

const invert = <W extends string>(codes: Readonly<Record<W, number>>): ReadonlyMap<number, W> =>
  new Map((Object.keys(codes) as W[]).map((word) => [codes[word], word]));
const eventWords = invert<EventName>(events);
const channelWords = invert<Channel>(channels);
const reasonWords = invert<IgnoredReason>(reasons);

export const eventCode = (event: EventName): number => events[event];
export const eventOf = (code: number): EventName => eventWords.get(code) ?? 'plugin';

/** Event in bits 0 to 7, channel in 8 to 11 (0: none), reason in 12 to 19 (0: it counts), doubts from 20 on. */
export const packKind = (
  event: EventName,
  channel: Channel | null,
  reason: IgnoredReason | null,
  doubts = 0,
): number =>
  events[event] |
  (channel === null ? 0 : channels[channel] << 8) |
  (reason === null ? 0 : reasons[reason] << 12) |
  (doubts << 20);

export const isCounted = (kind: number): boolean => (kind & 0xff000) === 0;

export const unpackKind = (kind: number) => ({
  event: eventOf(kind & 0xff),
  channel: channelWords.get((kind >> 8) & 0xf) ?? null,
  reason: reasonWords.get((kind >>> 12) & 0xff) ?? null,
  doubts: kind >>> 20,
});
