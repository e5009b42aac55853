import type { IgnoredReason } from '@portcullis/contracts';
import { type AddressWords, Network, readAddress } from './address.ts';
import { isLongName } from './doubts.ts';
import { type Message, matchMessage } from './filters/wordpress.ts';
import { nameTag } from './name-tag.ts';
import { reservedRange } from './reserved.ts';
import { isSelfTest } from './self-test.ts';
import { Spellings } from './spellings.ts';
import type { StampReader } from './stamp.ts';
import { EntryReader, pidAt, SiteNames } from './syslog.ts';
import { textView } from './text-view.ts';

/**
 * Lines longer than this are never trusted, in bytes. An honest line holds a stamp (32), a host (255), an ident (511,
 * where rsyslog cuts it), a message (60), a name (100, WordPress' longest) and an address (45). Syslog daemons cut at
 * 2,048 (rsyslog 5, sysklogd) or 8,096 (rsyslog 8): what is cut there ends in text of the attacker's choice.
 */
export const maxTrustedLength = 2000;

/** `message repeated N times` counts for at most this many. */
const maxRepeats = 1_000_000;

const SPACE = 0x20;
const BRACKET_END = 0x5d;

/**
 * What one line says, read in place. The fields hold the last line that `read` was given and point into its bytes;
 * nothing is decoded that nobody asks for. One reader serves one log.
 */
export class WordPressLine {
  /** Null where the message is none that a plugin writes. */
  message: Message | null = null;
  /** Epoch milliseconds. */
  time = 0;
  site = '';
  /** 0 where the line does not end in one address. */
  family: 0 | 4 | 6 = 0;
  words: AddressWords = new Uint32Array(4);
  count = 1;
  /** Null: a failure, so far as the line itself tells. */
  reason: IgnoredReason | null = null;
  readonly #stamps: StampReader;
  readonly #entry: EntryReader;
  readonly #sites: SiteNames;
  readonly #users = new Spellings();
  #bytes: Uint8Array = new Uint8Array();
  #view = textView(this.#bytes);
  #messageStart = 0;
  #messageEnd = 0;
  #pidStart = -1;
  readonly #plain = new Ending();
  readonly #inBrackets = new Ending();

  constructor(stamps: StampReader, sites: SiteNames = new SiteNames()) {
    this.#stamps = stamps;
    this.#entry = new EntryReader(stamps);
    this.#sites = sites;
  }

  /**
   * @param cut the line was longer than what is given
   * @returns whether a WordPress ident wrote it; the fields hold nothing of use otherwise
   */
  read(bytes: Uint8Array, start: number, end: number, cut = false): boolean {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#view = textView(bytes);
    }
    const entry = this.#entry;
    if (!entry.read(bytes, this.#view, start, end)) return false;
    this.time = entry.time;
    const overlong = cut || end - start > maxTrustedLength;
    this.#readMessages(bytes, end, overlong);
    this.reason = this.#judge(overlong);
    return true;
  }

  /** The name tried; null where the message has none. Invalid UTF-8 is replaced. */
  user(): string | null {
    if (this.message?.rest !== 'user') return null;
    return this.#users.read(this.#view, this.#messageStart + this.message.words.length, this.#messageEnd);
  }

  /** A number that stands for the name tried; 0 where the message has none. */
  tag(): number {
    if (this.message?.rest !== 'user') return 0;
    return nameTag(this.#bytes, this.#messageStart + this.message.words.length, this.#messageEnd);
  }

  /** Whether WordPress can have no account of the name tried. */
  get isLongName(): boolean {
    const { message } = this;
    return (
      message?.rest === 'user' &&
      isLongName(this.#bytes, this.#messageStart + message.words.length, this.#messageEnd)
    );
  }

  /** The process that wrote it, as the line says; -1 where it says none. */
  get pid(): number {
    return this.#pidStart < 0 ? -1 : pidAt(this.#bytes, this.#pidStart);
  }

  /** What the stamp has beyond milliseconds, in microseconds; -1 where it has not six digits behind the second. */
  get micros(): number {
    return this.#stamps.micros;
  }

  address(): Network | null {
    const [a, b, c, d] = this.words;
    return this.family === 0 ? null : new Network(this.family, a!, b!, c!, d!);
  }

  #judge(overlong: boolean): IgnoredReason | null {
    if (overlong) return 'overlong';
    if (this.message === null || this.message.filters === 0) return 'not_a_failure';
    if (this.family === 0) return 'no_address';
    if (Number.isNaN(this.time)) return 'no_time';
    if (reservedRange(this.family, this.words) !== null) return 'reserved_address';
    return isSelfTest(this.site, this.family, this.words) ? 'self_test' : null;
  }

  /**
   * Takes the first split whose message counts; where none does, the first whose message is known. Of an overlong line
   * only the first split is read: it proves nothing, and a hostile one may hold thousands.
   */
  #readMessages(bytes: Uint8Array, end: number, overlong: boolean): void {
    const { split } = this.#entry;
    let known: Message | null = null;
    let knownFrom = -1;
    this.site = '';
    this.#pidStart = -1;
    while (this.#entry.nextSplit(bytes, this.#view)) {
      if (knownFrom < 0) this.#readEnds(bytes, split.messageStart, end, overlong);
      const message = this.#readMessage(bytes, split.messageStart, end);
      const counts = message !== null && message.filters !== 0;
      if (counts || (known === null && (message !== null || knownFrom < 0))) {
        known = message;
        knownFrom = split.messageStart;
        this.#pidStart = split.pidStart;
        this.site = this.#sites.name(this.#view, split.siteStart, split.siteEnd);
      }
      if (counts || overlong) return;
    }
    if (knownFrom < 0) this.#readNothing();
    else this.#readMessage(bytes, knownFrom, end);
  }

  /** The ident does not end. */
  #readNothing(): void {
    this.message = null;
    this.family = 0;
    this.count = 1;
  }

  /** Reads what all splits of a line share: the address at its end, and the one before the bracket of a repeated message. */
  #readEnds(bytes: Uint8Array, start: number, end: number, overlong: boolean): void {
    this.#plain.read(bytes, start, end, overlong);
    if (bytes[end - 1] === BRACKET_END) this.#inBrackets.read(bytes, start, end - 1, overlong);
  }

  #readMessage(bytes: Uint8Array, from: number, end: number): Message | null {
    let start = from;
    let ending = this.#plain;
    this.count = 1;
    if (bytes[end - 1] === BRACKET_END && bytes[start] === 0x6d) {
      const repeated = readRepeat(bytes, start, end);
      if (repeated !== null) {
        this.count = repeated.count;
        start = repeated.start;
        ending = this.#inBrackets;
      }
    }
    const within = ending.from >= start;
    this.family = within ? ending.family : 0;
    this.words = ending.words;
    this.#messageStart = start;
    this.#messageEnd = within ? ending.from : ending.end;
    this.message = matchMessage(this.#view, start, this.#messageEnd);
    return this.message;
  }
}

/** Where a message ends: at the last ` from `, and the address that follows it. */
class Ending {
  /** Where ` from` begins; -1 where there is none. */
  from = -1;
  end = 0;
  /** 0 where no single address follows. */
  family: 0 | 4 | 6 = 0;
  readonly words: AddressWords = new Uint32Array(4);

  read(bytes: Uint8Array, start: number, end: number, overlong: boolean): void {
    this.end = end;
    let space = end - 1;
    while (space > start && bytes[space] !== SPACE) space--;
    this.from = space - 5;
    this.family = overlong ? 0 : readAddress(bytes, space + 1, end, this.words);
    if (this.family !== 0 && this.from >= start && isFrom(bytes, this.from)) return;
    this.family = 0;
    // Not one address at the end: the words before the last ` from ` still tell what the line is about.
    this.from = lastFrom(bytes, start, end);
  }
}

/** Whether ` from` stands at `at`. */
const isFrom = (bytes: Uint8Array, at: number): boolean =>
  bytes[at] === SPACE &&
  bytes[at + 1] === 0x66 &&
  bytes[at + 2] === 0x72 &&
  bytes[at + 3] === 0x6f &&
  bytes[at + 4] === 0x6d;

function lastFrom(bytes: Uint8Array, start: number, end: number): number {
  for (let at = end - 6; at >= start; at--) if (isFrom(bytes, at) && bytes[at + 5] === SPACE) return at;
  return -1;
}

const repeatWords = new TextEncoder().encode('message repeated ');
const timesWords = new TextEncoder().encode(' times: [ ');

/** rsyslog's `message repeated N times: [ MESSAGE]`: N, and where MESSAGE begins. */
function readRepeat(bytes: Uint8Array, start: number, end: number): { count: number; start: number } | null {
  if (!startsWith(bytes, start, repeatWords)) return null;
  let at = start + repeatWords.length;
  let count = 0;
  for (; at < end && bytes[at]! >= 0x30 && bytes[at]! <= 0x39; at++) count = count * 10 + bytes[at]! - 0x30;
  if (count === 0 || !startsWith(bytes, at, timesWords)) return null;
  return { count: Math.min(count, maxRepeats), start: at + timesWords.length };
}

function startsWith(bytes: Uint8Array, at: number, words: Uint8Array): boolean {
  for (let i = 0; i < words.length; i++) if (bytes[at + i] !== words[i]) return false;
  return true;
}
