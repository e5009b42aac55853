import type { Channel, EventName, FilterName } from '@portcullis/contracts';
import { isSameText, textView } from '../text-view.ts';

/** A filter as a bit, so that a jail's filters are one number. */
export const filterBits: Readonly<Record<FilterName, number>> = {
  'wordpress-hard': 1,
  'wordpress-soft': 2,
  'wordpress-extra': 4,
  'wordpress-addons': 8,
};

export const filterNames = (bits: number): FilterName[] =>
  (Object.keys(filterBits) as FilterName[]).filter((name) => (filterBits[name] & bits) !== 0);

const hard = filterBits['wordpress-hard'];
const soft = filterBits['wordpress-soft'];
const extra = filterBits['wordpress-extra'];
const addons = filterBits['wordpress-addons'];
const none = 0;

/** What may follow a message's fixed words, before ` from ADDRESS`. */
type Rest = 'nothing' | 'user' | 'number' | 'anything';

/** One message that a WordPress plugin writes. */
export interface Message {
  readonly words: string;
  readonly rest: Rest;
  /** Fixed words after the rest. */
  readonly ending: string;
  readonly event: EventName;
  readonly channel: Channel | null;
  /** The filters that count it, as bits. */
  readonly filters: number;
}

const message = (
  words: string,
  rest: Rest,
  event: EventName,
  filters: number,
  channel: Channel | null = null,
  ending = '',
): Message => ({ words, rest, ending, event, channel, filters });

/**
 * The messages of WP fail2ban 3.5 to 5.x, its premium edition and add-ons, and of WP Fail2Ban Redux. The filters are
 * those of WP fail2ban 5.3.4; where an older release filed a message elsewhere, 5.3.4 holds. Order matters only
 * where one message begins like another: the longer one stands first.
 */
export const messages: readonly Message[] = [
  message('Accepted password for ', 'user', 'login_success', none),
  message('Authentication failure for ', 'user', 'login_failure', soft, 'login'),
  message('Authentication attempt for unknown user ', 'user', 'unknown_user', soft, 'login'),
  message('XML-RPC authentication failure for ', 'user', 'login_failure', soft, 'xmlrpc'),
  message('XML-RPC authentication attempt for unknown user ', 'user', 'unknown_user', hard, 'xmlrpc'),
  message('REST authentication failure for ', 'user', 'login_failure', soft, 'rest'),
  message('REST authentication attempt for unknown user ', 'user', 'unknown_user', hard, 'rest'),
  message('Empty username', 'nothing', 'empty_username', soft),
  message('Blocked authentication attempt for ', 'user', 'blocked_user', hard),
  message('Blocked username authentication attempt for ', 'user', 'blocked_username', soft),
  message('Blocked user enumeration attempt', 'nothing', 'user_enumeration', hard),
  message('Blocked authors enumeration', 'nothing', 'authors_enumeration', none),
  message('XML-RPC multicall authentication failure', 'nothing', 'multicall', hard, 'xmlrpc'),
  message('Pingback error ', 'number', 'pingback_error', hard, 'xmlrpc', ' generated'),
  message('Pingback requested', 'nothing', 'pingback', soft, 'xmlrpc'),
  message('Comment attempt on non-existent post ', 'number', 'comment_attempt', soft),
  message('Comment attempt on closed post ', 'number', 'comment_attempt', soft),
  message('Comment attempt on trashed post ', 'number', 'comment_attempt', soft),
  message('Comment attempt on draft post ', 'number', 'comment_attempt', soft),
  message('Comment attempt on password-protected post ', 'number', 'comment_attempt', soft),
  message('Comment ', 'number', 'comment', extra),
  message('Spam comment ', 'number', 'spam_comment', hard),
  message('Password reset requested for ', 'user', 'password_reset', extra),
  message('Untrusted X-Forwarded-For header', 'nothing', 'untrusted_forwarded_for', hard),
  // Before 5.2.
  message('Comment post not found ', 'number', 'comment_attempt', soft),
  message('Comments closed on post ', 'number', 'comment_attempt', soft),
  message('Comment attempt on trash post ', 'number', 'comment_attempt', soft),
  message('Unknown Proxy with X-Forwarded-For', 'nothing', 'untrusted_forwarded_for', hard),
  // Premium.
  message('Akismet discarded spam comment', 'nothing', 'spam_comment', hard),
  message('XML-RPC request blocked', 'nothing', 'xmlrpc_blocked', hard, 'xmlrpc'),
  message("Blocked access from country '", 'anything', 'country_blocked', hard, null, "'"),
  message('Immediately block connections', 'nothing', 'block_request', hard),
  // Add-ons. No filter of the plugin matches the prefix in parentheses; `wordpress-addons` is ours, for who wants them.
  message('(WPf2b++/blocklist) Immediately block connections', 'nothing', 'plugin', addons),
  message('(WPf2b++/blocklist) Consider blocking connections', 'nothing', 'plugin', addons),
  message('(WPf2b++/contact-form-7) Spam form submission', 'nothing', 'plugin', addons),
  message('(WPf2b++/gravityforms) Spam form submission', 'nothing', 'plugin', addons),
  message('(', 'anything', 'plugin', none),
  // WP Fail2Ban Redux, where it differs. It repeats the first in other words, so that no filter may count it.
  message('XML-RPC authentication failure', 'nothing', 'login_failure', none, 'xmlrpc'),
  message('Spammed comment', 'nothing', 'spam_comment', none),
  message('Pingback requested for ', 'anything', 'pingback', none, 'xmlrpc'),
  // Premium: any words, then this. Last, so that a user name cannot claim it.
  message('', 'anything', 'pingback_error', hard, 'xmlrpc', '; Bogus Pingback'),
];

/** The filters that count an event; messages of one event and channel that count at all are counted by the same ones. */
export const countedFilters = (event: EventName, channel: Channel | null): number =>
  messages.find((known) => known.event === event && known.channel === channel && known.filters !== none)
    ?.filters ?? none;

/** With lengths beside the texts: V8 asks a DataView for its own by a call. */
interface CompiledMessage extends Message {
  readonly wordBytes: DataView;
  readonly wordLength: number;
  readonly endingBytes: DataView;
  readonly endingLength: number;
}

const encoder = new TextEncoder();
const byFirstByte: readonly (readonly CompiledMessage[])[] = (() => {
  const table: CompiledMessage[][] = Array.from({ length: 256 }, () => []);
  for (const entry of messages) {
    const wordBytes = textView(encoder.encode(entry.words));
    const endingBytes = textView(encoder.encode(entry.ending));
    const wordLength = wordBytes.byteLength;
    const compiled = { ...entry, wordBytes, wordLength, endingBytes, endingLength: endingBytes.byteLength };
    if (wordLength > 0) table[wordBytes.getUint8(0)]!.push(compiled);
    else for (const list of table) list.push(compiled);
  }
  return table;
})();

/** The message that fills `view[start, end)` (what stands before ` from ADDRESS`); null where no plugin writes it. */
export function matchMessage(view: DataView, start: number, end: number): Message | null {
  if (start >= end) return null;
  for (const candidate of byFirstByte[view.getUint8(start)]!) {
    if (matches(candidate, view, start, end)) return candidate;
  }
  return null;
}

function matches(candidate: CompiledMessage, view: DataView, start: number, end: number): boolean {
  const { wordBytes, wordLength, endingBytes, endingLength, rest } = candidate;
  const restStart = start + wordLength;
  const restEnd = end - endingLength;
  if (restStart > restEnd) return false;
  if (!isSameText(view, start, wordBytes, 0, wordLength)) return false;
  if (endingLength > 0 && !isSameText(view, restEnd, endingBytes, 0, endingLength)) return false;
  if (rest === 'nothing') return restStart === restEnd;
  if (rest === 'number') return isNumber(view, restStart, restEnd);
  return true;
}

function isNumber(view: DataView, start: number, end: number): boolean {
  if (start === end) return false;
  for (let at = start; at < end; at++) {
    const byte = view.getUint8(at);
    if (byte < 0x30 || byte > 0x39) return false;
  }
  return true;
}
