import { Spellings } from './spellings.ts';
import type { StampReader } from './stamp.ts';
import { findByte, isSameText, textView } from './text-view.ts';

const SPACE = 0x20;
const OPEN = 0x28;
const CLOSE = 0x29;
const COLON = 0x3a;
const BRACKET = 0x5b;
const BRACKET_END = 0x5d;

/** One way to split a line of a WordPress ident into ident and message. */
export interface MessageStart {
  /** Where the site begins and ends; both -1 where the ident names none. */
  siteStart: number;
  siteEnd: number;
  messageStart: number;
  /** Where `[PID]`, or PID alone, stands, if anywhere. */
  pidStart: number;
}

/**
 * The header of one syslog line, read in place: it holds offsets into the bytes it was last given, for speed. RFC 3164
 * and RFC 3339 stamps as rsyslog writes them (`STAMP HOST IDENT: MESSAGE`), and RFC 5424.
 *
 * The ident is text that a client chose (it holds the Host header), so where it ends is not certain: `split` goes
 * through the places where it may, from the left, and the filter decides which one makes a message.
 */
export class EntryReader {
  /** Epoch milliseconds; NaN where the stamp cannot be read. */
  time = 0;
  readonly split: MessageStart = { siteStart: -1, siteEnd: -1, messageStart: -1, pidStart: -1 };
  readonly #stamps: StampReader;
  #identStart = 0;
  #end = 0;
  #inTag = false;
  #siteStart = -1;
  #appEnd = -1;
  #next = -1;

  constructor(stamps: StampReader) {
    this.#stamps = stamps;
  }

  /**
   * Reads the header of `bytes[start, end)`.
   *
   * @param view of the same bytes
   * @returns whether a WordPress ident wrote the line; only then is the stamp read and `nextSplit` of use
   */
  read(bytes: Uint8Array, view: DataView, start: number, end: number): boolean {
    let at = start;
    let structured = false;
    if (bytes[at] === 0x3c) {
      while (at < end && bytes[at] !== 0x3e) at++;
      at++;
      if (bytes[at] === 0x31 && bytes[at + 1] === SPACE) {
        structured = true;
        at += 2;
      }
    }
    const stampStart = at;
    const first = bytes[at]!;
    const numeric = first >= 0x30 && first <= 0x39;
    if (numeric) at = findByte(view, SPACE, at, end);
    else at += 15;
    const stampEnd = at;
    if (at >= end || bytes[at] !== SPACE) return false;
    at++;
    while (at < end && bytes[at] !== SPACE) at++;
    // A template without host name: this is another program's ident, and what follows is its message.
    if (bytes[at - 1] === COLON) return false;
    at++;
    const tag = identLength(bytes, view, at, end);
    if (tag === 0) return false;
    this.#identStart = at + tag;
    this.#end = end;
    if (!(structured ? this.#readStructured(bytes) : this.#readTag(bytes))) return false;
    this.time = numeric
      ? this.#stamps.rfc3339(bytes, view, stampStart, stampEnd)
      : this.#stamps.rfc3164(bytes, stampStart);
    return true;
  }

  /** `(HOST)[PID]:`, `(HOST):`, `[PID]:` or `:` after the name. */
  #readTag(bytes: Uint8Array): boolean {
    const at = this.#identStart;
    if (bytes[at] === OPEN) {
      this.#siteStart = at + 1;
      this.#next = at + 1;
      this.#appEnd = -1;
      this.#inTag = true;
      return true;
    }
    const message = afterPid(bytes, at, this.#end);
    if (message < 0) return false;
    this.#begin(-1, -1, message, at);
    return true;
  }

  /**
   * RFC 5424: `APP-NAME PROCID MSGID SD MESSAGE`. rsyslog cuts APP-NAME at the first `/`, `:`, `[` or space, so the
   * closing parenthesis, and with it the sub-site, may be missing; with a space the rest of the ident opens the message.
   */
  #readStructured(bytes: Uint8Array): boolean {
    const end = this.#end;
    let at = this.#identStart;
    const named = bytes[at] === OPEN;
    while (at < end && bytes[at] !== SPACE) at++;
    const appEnd = at;
    const pidStart = at + 1;
    for (let field = 0; field < 2; field++) {
      at++;
      while (at < end && bytes[at] !== SPACE) at++;
    }
    at++;
    if (bytes[at] === BRACKET) {
      // Structured data: a quoted value may hold anything but an unescaped quote (RFC 5424 section 6.3).
      let quoted = false;
      for (; at < end; at++) {
        const byte = bytes[at];
        if (quoted && byte === 0x5c) at++;
        else if (byte === 0x22) quoted = !quoted;
        else if (!quoted && byte === BRACKET_END && bytes[at + 1] !== BRACKET) break;
      }
    }
    while (at < end && bytes[at] !== SPACE) at++;
    while (at < end && bytes[at] === SPACE) at++;
    // A byte order mark says that the message is UTF-8 (RFC 5424 section 6.4).
    if (at + 3 <= end && bytes[at] === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf) at += 3;
    const siteStart = named ? this.#identStart + 1 : -1;
    const siteEnd = named ? (bytes[appEnd - 1] === CLOSE ? appEnd - 1 : appEnd) : -1;
    this.#begin(siteStart, siteEnd, at, pidStart);
    return true;
  }

  #begin(siteStart: number, siteEnd: number, messageStart: number, pidStart: number): void {
    this.split.pidStart = pidStart;
    this.#inTag = false;
    this.#siteStart = siteStart;
    this.#appEnd = siteEnd;
    this.#next = messageStart;
  }

  /** Moves `split` to the next place where the ident may end. @returns false when there is none */
  nextSplit(bytes: Uint8Array, view: DataView): boolean {
    const { split } = this;
    if (!this.#inTag) {
      split.siteStart = this.#siteStart;
      split.siteEnd = this.#appEnd;
      split.messageStart = this.#next;
      this.#inTag = true;
      return this.#next <= this.#end;
    }
    for (let at = this.#next; ; at++) {
      at = findByte(view, CLOSE, at, this.#end);
      if (at >= this.#end) return false;
      const message = afterPid(bytes, at + 1, this.#end);
      if (message < 0) continue;
      split.siteStart = this.#siteStart;
      split.siteEnd = this.#appEnd >= 0 ? this.#appEnd : at;
      split.messageStart = message;
      if (this.#appEnd < 0) split.pidStart = at + 1;
      this.#next = at + 1;
      return true;
    }
  }
}

/** The length of `wordpress` or `wp` where one stands at `at` and the ident goes on with `(`, `[`, `:` or a space; else 0. */
function identLength(bytes: Uint8Array, view: DataView, at: number, end: number): 0 | 2 | 9 {
  if (bytes[at] !== 0x77) return 0;
  let length: 2 | 9 = 2;
  if (bytes[at + 1] !== 0x70) {
    length = 9;
    if (at + length > end || !isSameText(view, at, wordpress, 0, length)) return 0;
  }
  const after = at + length;
  if (after >= end) return 0;
  const next = bytes[after]!;
  return next === OPEN || next === BRACKET || next === COLON || next === SPACE ? length : 0;
}
const wordpress = textView(new TextEncoder().encode('wordpress'));

/** Where the message begins behind `[PID]: ` or `: ` at `at`; -1 where neither stands there. */
function afterPid(bytes: Uint8Array, at: number, end: number): number {
  let next = at;
  if (bytes[next] === BRACKET) {
    next++;
    const digits = next;
    while (next < end && bytes[next]! >= 0x30 && bytes[next]! <= 0x39) next++;
    if (next === digits || bytes[next] !== BRACKET_END) return -1;
    next++;
  }
  if (next >= end || bytes[next] !== COLON) return -1;
  next++;
  if (next === end) return next;
  return bytes[next] === SPACE ? next + 1 : -1;
}

/** The number in `[PID]`, or PID alone, at `at`; -1 where none stands there. */
export function pidAt(bytes: Uint8Array, at: number): number {
  let next = bytes[at] === BRACKET ? at + 1 : at;
  const digits = next;
  let pid = 0;
  for (; bytes[next]! >= 0x30 && bytes[next]! <= 0x39 && next < digits + 10; next++)
    pid = pid * 10 + bytes[next]! - 0x30;
  return next === digits ? -1 : pid;
}

/** In bytes. DNS names end at 253; of what is longer this much is kept. */
const maxSiteLength = 255;

/**
 * Names sites as the rest of Portcullis knows them: the ident's host in lower case, without port and trailing dot,
 * with the sub-site's path. The empty string stands for no site.
 */
export class SiteNames {
  readonly #spellings = new Spellings(canonicalSite);

  name(view: DataView, start: number, end: number): string {
    if (start < 0 || start >= end) return '';
    return this.#spellings.read(view, start, Math.min(end, start + maxSiteLength));
  }
}

/** `Shop.Example.com.:8080/News/` is `shop.example.com/News`. */
export function canonicalSite(host: string): string {
  const slash = host.indexOf('/');
  const name = (slash < 0 ? host : host.slice(0, slash))
    .toLowerCase()
    .replace(/:[0-9]{1,5}$/, '')
    .replace(/\.$/, '');
  const path = slash < 0 ? '' : host.slice(slash).replace(/\/+$/, '');
  return name + path;
}
