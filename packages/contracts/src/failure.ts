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
 * Why a failure cannot be trusted, though a filter names it. Closed; each holds in the jails whose `distrust` names it.
 * `burst`: a later record of the same process and instant names another address, or none: a line feed in a user name writes
 * whole records. `long_name`: WordPress can have no account of that name. `stored_address`: the address is one that was
 * stored, with a comment, not that of who is there now. `unregistered_site`: it names a site that is not registered, while
 * others are. `wrong_sender`: by the journal’s word, its writer is not the user of the registered site that it names.
 */
export const Doubt = oneOf('burst', 'long_name', 'stored_address', 'unregistered_site', 'wrong_sender');
export type Doubt = Static<typeof Doubt>;

/**
 * Why a line does not count. Closed.
 * `not_wordpress`: another program wrote it. `not_a_failure`: a message that no filter names, or an unknown one.
 * `no_address`: it does not end in one strict address. `overlong`: longer than any honest line, so its end proves nothing.
 * `reserved_address`: no client can have it. `exempt`: ignoreip, the allow list, or the host's own.
 * `no_jail`: a filter names it, but no enabled jail uses that filter. `no_time`: its stamp cannot be read.
 * `self_test`: `portcullis doctor` wrote it; it is never stored. `proxy`: a CDN’s address or one of `trusted_proxies`: many
 * clients stand behind it, and the site should log theirs. The rest are doubts that each jail has that would count it.
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
  'burst',
  'long_name',
  'stored_address',
  'unregistered_site',
  'wrong_sender',
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
  doubts: describe(
    'Why it cannot be trusted; a jail that distrusts one of these counts it for nothing.',
    array(Doubt),
  ),
  line: describe('The raw line. Written by attackers: escape it.', string),
  sender: describe(
    'Who wrote the line, by the journal’s word; null for a line of a file, and for what a site is told.',
    nullable(Sender),
  ),
});
export type Failure = Static<typeof Failure>;
