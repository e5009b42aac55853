import type { Channel, Doubt, EventName, FilterName, IgnoredReason } from '@portcullis/contracts';
import type { Network } from './address.ts';
import { BurstWatch } from './burst.ts';
import type { Detector } from './detector.ts';
import { doubtBits, doubtsIn } from './doubts.ts';
import { filterNames } from './filters/wordpress.ts';
import { StampReader, type ZoneClock } from './stamp.ts';
import { WordPressLine } from './wordpress-line.ts';

/** What `portcullis match --json` says of one line. */
export interface LineMatch {
  readonly line: number;
  readonly time: string | null;
  readonly site: string | null;
  readonly event: EventName | null;
  readonly channel?: Channel;
  readonly user: string | null;
  readonly ip: string | null;
  readonly count: number;
  readonly filters: readonly FilterName[];
  readonly counted: boolean;
  readonly reason?: IgnoredReason;
  /** Why it cannot be trusted; left out where nothing speaks against it. */
  readonly doubts?: readonly Doubt[];
  /** It counts as a failure, but brings no address nearer to a ban: every jail that counts it distrusts it. */
  readonly weight?: 0;
}

/** A line of another program. */
export interface OtherLine {
  readonly line: number;
  readonly reason: 'not_wordpress';
}

/** A failure that may be one of a burst. */
interface Held {
  readonly match: LineMatch;
  readonly address: Network;
  readonly filters: number;
  readonly doubts: number;
}

/** Says of lines whether they count, and why not. One matcher serves one log. */
export class Matcher {
  readonly #line: WordPressLine;
  readonly #detector: Detector;
  readonly #now: number;
  readonly #emit: (match: LineMatch | OtherLine) => void;
  readonly #bursts = new BurstWatch<Held>((held, burst) => this.#settle(held, burst));
  /** Lines behind one that is held. */
  #behind: (LineMatch | OtherLine)[] = [];

  /** @param emit takes each line in their order, some lines after it was read */
  constructor(
    detector: Detector,
    zone: ZoneClock,
    now: number,
    emit: (match: LineMatch | OtherLine) => void,
  ) {
    this.#detector = detector;
    this.#now = now;
    this.#emit = emit;
    this.#line = new WordPressLine(new StampReader(zone, now));
  }

  /** @param number the line's, from 1 */
  read(number: number, bytes: Uint8Array, start: number, end: number, cut: boolean): void {
    const line = this.#line;
    if (!line.read(bytes, start, end, cut)) {
      this.#emitInOrder({ line: number, reason: 'not_wordpress' });
      return;
    }
    const address = line.address();
    const reason = this.#detector.examine(line, address, this.#now);
    const channel = line.message?.channel ?? null;
    const match: LineMatch = {
      line: number,
      time: Number.isNaN(line.time) ? null : new Date(line.time).toISOString(),
      site: line.site === '' ? null : line.site,
      event: line.message?.event ?? null,
      ...(channel === null ? {} : { channel }),
      user: line.user(),
      ip: address === null ? null : address.toString(),
      count: line.count,
      filters: filterNames(line.message?.filters ?? 0),
      counted: reason === null,
      ...(reason === null ? {} : { reason }),
    };
    if (reason !== null) {
      this.#bursts.see(line, -1, null);
      this.#emitInOrder(match);
      return;
    }
    const doubts = this.#detector.witnesses.doubts(line, null);
    this.#bursts.see(line, -1, { match, address: address!, filters: line.message!.filters, doubts });
  }

  /** Says that the log is over. */
  end(): void {
    this.#bursts.flush();
  }

  #settle({ match, address, filters, doubts: known }: Held, burst: boolean): void {
    const doubts = known | (burst ? doubtBits.burst : 0);
    const distrusted = this.#detector.distrusted(filters, address, this.#now, doubts) !== null;
    this.#emitBehind(match.line);
    this.#emit({
      ...match,
      ...(doubts === 0 ? {} : { doubts: doubtsIn(doubts) }),
      ...(distrusted ? { weight: 0 } : {}),
    });
    const next = this.#bursts.first;
    this.#emitBehind(next?.match.line ?? Number.POSITIVE_INFINITY);
  }

  #emitInOrder(match: LineMatch | OtherLine): void {
    if (this.#bursts.first === undefined) this.#emit(match);
    else this.#behind.push(match);
  }

  #emitBehind(before: number): void {
    if (this.#behind.length === 0) return;
    const waiting = this.#behind;
    this.#behind = waiting.filter(({ line }) => line >= before);
    for (const match of waiting) if (match.line < before) this.#emit(match);
  }
}
