import {
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

/** What a WordPress line reports. The words of the interface, and three that premium add-ons write. */
export const EventName = oneOf(
  'login_success',
  'login_failure',
  'unknown_user',
  'empty_username',
  'blocked_user',
  'blocked_username',
  'user_enumeration',
  'authors_enumeration',
  'multicall',
  'pingback_error',
  'pingback',
  'comment',
  'comment_attempt',
  'spam_comment',
  'password_reset',
  'untrusted_forwarded_for',
  'plugin',
  'xmlrpc_blocked',
  'country_blocked',
  'block_request',
);
export type EventName = Static<typeof EventName>;

export const Channel = oneOf('login', 'xmlrpc', 'rest');
export type Channel = Static<typeof Channel>;

/** The filters that a jail can name: WP fail2ban's own three, and one for its add-ons, which it never matches itself. */
export const FilterName = oneOf('wordpress-hard', 'wordpress-soft', 'wordpress-extra', 'wordpress-addons');
export type FilterName = Static<typeof FilterName>;

/**
 * Why a line does not count. Closed.
 * `not_wordpress`: another program wrote it. `not_a_failure`: a message that no filter names, or an unknown one.
 * `no_address`: it does not end in one strict address. `overlong`: longer than any honest line, so its end proves nothing.
 * `reserved_address`: no client can have it. `exempt`: ignoreip, the allow list, or the host's own.
 * `no_jail`: a filter names it, but no enabled jail uses that filter. `no_time`: its stamp cannot be read.
 * `self_test`: `portcullis doctor` wrote it; it is never stored. `proxy`: a CDN’s address or one of `trusted_proxies`: many
 * clients stand behind it, and the site should log theirs.
 */
export const IgnoredReason = oneOf(
  'not_wordpress',
  'not_a_failure',
  'no_address',
  'overlong',
  'reserved_address',
  'exempt',
  'no_jail',
  'no_time',
  'self_test',
  'proxy',
);
export type IgnoredReason = Static<typeof IgnoredReason>;

export const Sender = describe(
  'Who wrote the line, by the journal’s word (`_UID`, `_PID`), which no program can forge.',
  object({ uid: count, pid: count }),
);
export type Sender = Static<typeof Sender>;

export const Failure = object({
  id: integer,
  time: instant,
  ip: string,
  site: describe('The site that the line names; null where it names none.', nullable(string)),
  event: EventName,
  channel: nullable(Channel),
  user: nullable(string),
  count: describe('How many events the line stands for (`message repeated N times`).', count),
  counted: boolean,
  reason: nullable(IgnoredReason),
  line: describe('The raw line. Written by attackers: escape it.', string),
  sender: describe(
    'Who wrote the line, by the journal’s word; null for a line of a file, and for what a site is told.',
    nullable(Sender),
  ),
});
export type Failure = Static<typeof Failure>;
