import FlatQueue from 'flatqueue';
import { banDuration } from './bantime.ts';
import type { JailConfig } from './config.ts';
import type { Detector } from './detector.ts';
import type { Verdict } from './jail.ts';
import { StampReader, type ZoneClock } from './stamp.ts';
import { WordPressLine } from './wordpress-line.ts';

/** What `portcullis replay --json` says of one decision. */
export interface ReplayedDecision {
  readonly action: 'ban' | 'prolong' | 'unban';
  readonly time: string;
  readonly ip: string;
  readonly jail: string;
  readonly failures?: number;
  readonly sites?: Readonly<Record<string, number>>;
  /** Null: for ever. */
  readonly until?: string | null;
}

interface ReplayedBan {
  readonly verdict: Verdict;
  until: number | null;
}

/**
 * What logs would have led to, by their own clock: the latest stamp so far. Feed it one log after the other, the oldest
 * first. Bounded as the jails are; bans that have ended are forgotten but for their number, which escalation needs.
 */
export class Replay {
  lines = 0;
  failures = 0;
  bans = 0;
  readonly #detector: Detector;
  readonly #zone: ZoneClock;
  readonly #now: number;
  readonly #random: () => number;
  readonly #emit: (decision: ReplayedDecision) => void;
  readonly #sites: string[] = [];
  readonly #siteIds = new Map<string, number>();
  readonly #active = new Map<string, ReplayedBan>();
  readonly #times = new Map<string, number>();
  #line: WordPressLine;
  #clock = Number.NEGATIVE_INFINITY;
  /** Keys of bans by their end; one that was prolonged since stands in it twice. */
  readonly #ends = new FlatQueue<string>();
  #sweptAt = Number.NEGATIVE_INFINITY;

  constructor(
    detector: Detector,
    zone: ZoneClock,
    now: number,
    random: () => number,
    emit: (decision: ReplayedDecision) => void,
  ) {
    this.#detector = detector;
    this.#zone = zone;
    this.#now = now;
    this.#random = random;
    this.#emit = emit;
    this.#line = this.#newLine();
  }

  /** Says that another log begins. */
  nextLog(): void {
    this.#line = this.#newLine();
  }

  line(bytes: Uint8Array, start: number, end: number, cut: boolean): void {
    this.lines++;
    const line = this.#line;
    if (!line.read(bytes, start, end, cut) || line.reason !== null) return;
    if (line.time > this.#clock) this.#advance(line.time);
    const address = line.address()!;
    if (this.#detector.examine(line, address, this.#clock) !== null) return;
    this.failures += line.count;
    const site = this.#siteId(line.site);
    const { filters } = line.message!;
    for (const verdict of this.#detector.count(filters, address, line.time, this.#clock, site, line.count)) {
      this.#decide(verdict);
    }
  }

  #newLine = (): WordPressLine => new WordPressLine(new StampReader(this.#zone, this.#now));

  #decide(verdict: Verdict): void {
    const { config } = this.#detector.rule(verdict.jail)!;
    const key = `${verdict.jail} ${verdict.network}`;
    const timesKey = config.overalljails ? String(verdict.network) : key;
    const earlier = this.#times.get(timesKey) ?? 0;
    const current = this.#active.get(key);
    const until = this.#endOf(config, verdict.time, earlier - (current === undefined ? 0 : 1));
    if (current === undefined) {
      this.bans++;
      this.#times.set(timesKey, earlier + 1);
      this.#active.set(key, { verdict, until });
    } else {
      current.until = current.until === null || until === null ? null : Math.max(current.until, until);
    }
    const end = this.#active.get(key)!.until;
    if (end !== null) this.#ends.push(key, end);
    this.#emit({
      action: current === undefined ? 'ban' : 'prolong',
      time: iso(verdict.time),
      ip: String(verdict.network),
      jail: verdict.jail,
      failures: verdict.failures,
      sites: this.#sitesOf(verdict),
      until: end === null ? null : iso(end),
    });
  }

  #endOf(config: JailConfig, since: number, earlier: number): number | null {
    const duration = banDuration(config, Math.max(0, earlier), this.#random());
    return duration === null ? null : since + duration;
  }

  /** Moves the log's clock and ends the bans that it passes. */
  #advance(time: number): void {
    this.#clock = time;
    if (time > this.#sweptAt + sweepInterval) {
      this.#detector.sweep(time);
      this.#sweptAt = time;
    }
    while ((this.#ends.peekValue() ?? Number.POSITIVE_INFINITY) <= time) {
      const end = this.#ends.peekValue()!;
      const key = this.#ends.pop()!;
      const ban = this.#active.get(key);
      if (ban?.until !== end) continue;
      this.#active.delete(key);
      this.#emit({
        action: 'unban',
        time: iso(end),
        ip: String(ban.verdict.network),
        jail: ban.verdict.jail,
      });
    }
  }

  #siteId(site: string): number {
    let id = this.#siteIds.get(site);
    if (id === undefined) {
      id = this.#sites.push(site) - 1;
      this.#siteIds.set(site, id);
    }
    return id;
  }

  #sitesOf({ failureIds, failureCounts }: Verdict): Record<string, number> {
    const sites: Record<string, number> = Object.create(null);
    for (const [index, id] of failureIds.entries()) {
      const site = this.#sites[id]!;
      sites[site] = (sites[site] ?? 0) + failureCounts[index]!;
    }
    return sites;
  }
}

/** How often addresses outside findtime are forgotten, in the log's milliseconds. */
const sweepInterval = 60_000;

const iso = (instant: number): string => new Date(instant).toISOString();
