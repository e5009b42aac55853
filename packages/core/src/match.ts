import type { Channel, EventName, FilterName, IgnoredReason } from '@portcullis/contracts';
import type { Detector } from './detector.ts';
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
}

/** Says of single lines whether they count, and why not. One matcher serves one log. */
export class Matcher {
  readonly #line: WordPressLine;
  readonly #detector: Detector;
  readonly #now: number;

  constructor(detector: Detector, zone: ZoneClock, now: number) {
    this.#detector = detector;
    this.#now = now;
    this.#line = new WordPressLine(new StampReader(zone, now));
  }

  /** @param number the line's, from 1. @returns null where no WordPress ident wrote it */
  match(number: number, bytes: Uint8Array, start: number, end: number, cut: boolean): LineMatch | null {
    const line = this.#line;
    if (!line.read(bytes, start, end, cut)) return null;
    const address = line.address();
    const reason = this.#detector.examine(line, address, this.#now);
    const channel = line.message?.channel ?? null;
    return {
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
  }
}
