import FlatQueue from 'flatqueue';
import type { Network } from './address.ts';
import { banDuration } from './bantime.ts';
import { BurstWatch } from './burst.ts';
import type { JailConfig } from './config.ts';
import type { Detector } from './detector.ts';
import { doubtBits } from './doubts.ts';
import type { Verdict } from './jail.ts';
import { tagOf } from './name-tag.ts';
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

/** A failure that waits until its instant is over. */
interface Draft {
  readonly address: Network;
  readonly time: number;
  readonly site: string;
  readonly name: string | null;
  readonly count: number;
  readonly filters: number;
  readonly doubts: number;
}

interface ReplayedBan {
  readonly jail: string;
  readonly network: Network;
  until: number | null;
}

/** Tells networks apart; a number where that suffices, because hundreds of thousands are looked up. */
const keyOf = (network: Network): number | string =>
  network.family === 4 && network.isSingle ? network.d : network.toString();

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
  readonly #tellProlonged: boolean;
  readonly #emit: (decision: ReplayedDecision) => void;
  readonly #sites: string[] = [];
  readonly #siteIds = new Map<string, number>();
  /** Bans in force by jail and network. */
  readonly #active = new Map<string, Map<number | string, ReplayedBan>>();
  /** How often each network was banned, for jails that escalate. */
  readonly #times = new Map<string, number>();
  /** Bans by their end as it was when they were put in: a longer one is found when that comes. */
  readonly #ends = new FlatQueue<ReplayedBan>();
  /** One for all failures: there are millions. */
  readonly #weight = { doubts: 0, source: 0 };
  readonly #bursts = new BurstWatch<Draft>((draft, burst) => this.#settle(draft, burst));
  #line: WordPressLine;
  #clock = Number.NEGATIVE_INFINITY;
  #sweptAt = Number.NEGATIVE_INFINITY;

  /** @param options.tellProlonged also emit that a ban in force was prolonged */
  constructor(
    detector: Detector,
    zone: ZoneClock,
    now: number,
    random: () => number,
    emit: (decision: ReplayedDecision) => void,
    options: { readonly tellProlonged?: boolean } = {},
  ) {
    this.#detector = detector;
    this.#zone = zone;
    this.#now = now;
    this.#random = random;
    this.#emit = emit;
    this.#tellProlonged = options.tellProlonged ?? false;
    this.#line = this.#newLine();
  }

  /** Says that another log begins. */
  nextLog(): void {
    this.end();
    this.#line = this.#newLine();
  }

  /** Says that the log is over: what its last lines came to is emitted. */
  end(): void {
    this.#bursts.flush();
  }

  line(bytes: Uint8Array, start: number, end: number, cut: boolean): void {
    this.lines++;
    const line = this.#line;
    if (line.read(bytes, start, end, cut)) this.#bursts.see(line, line.pid, this.#draft(line));
  }

  #draft(line: WordPressLine): Draft | null {
    if (line.reason !== null) return null;
    const address = line.address()!;
    const now = Math.max(this.#clock, line.time);
    if (this.#detector.examine(line, address, now) !== null) return null;
    const { witnesses, seesNames } = this.#detector;
    return {
      address,
      time: line.time,
      site: line.site,
      name: seesNames ? line.user() : null,
      count: line.count,
      filters: line.message!.filters,
      doubts: witnesses.doubts(line, null),
    };
  }

  #settle(draft: Draft, burst: boolean): void {
    const { address, time, site, name, count, filters } = draft;
    if (time > this.#clock) this.#advance(time);
    const doubts = draft.doubts | (burst ? doubtBits.burst : 0);
    if (this.#detector.distrusted(filters, address, this.#clock, doubts) === null) this.failures += count;
    const weight = this.#weight;
    weight.doubts = doubts;
    weight.source = this.#detector.witnesses.source(site, null);
    const tried = name === null ? undefined : { site, user: () => name, tag: () => tagOf(name) };
    const id = this.#siteId(site);
    for (const verdict of this.#detector.count(
      filters,
      address,
      time,
      this.#clock,
      id,
      count,
      tried,
      weight,
    )) {
      this.#decide(verdict);
    }
  }

  #newLine = (): WordPressLine => new WordPressLine(new StampReader(this.#zone, this.#now));

  #decide({ jail, network, time, ...verdict }: Verdict): void {
    const { config } = this.#detector.rule(jail)!;
    const active = this.#active.getOrInsertComputed(jail, () => new Map());
    const key = keyOf(network);
    let ban = active.get(key);
    const again = ban !== undefined;
    const until = this.#endOf(config, time, network, again);
    if (ban === undefined) {
      this.bans++;
      ban = { jail, network, until };
      active.set(key, ban);
      if (until !== null) this.#ends.push(ban, until);
    } else {
      ban.until = ban.until === null || until === null ? null : Math.max(ban.until, until);
      if (!this.#tellProlonged) return;
    }
    this.#emit({
      action: again ? 'prolong' : 'ban',
      time: iso(time),
      ip: network.toString(),
      jail,
      failures: verdict.failures,
      sites: this.#sitesOf(verdict),
      until: ban.until === null ? null : iso(ban.until),
    });
  }

  /** When a ban from `since` on ends; escalation counts the bans before it, and not itself when it is prolonged. */
  #endOf(config: JailConfig, since: number, network: Network, again: boolean): number | null {
    let earlier = 0;
    if (config.increment) {
      const key = config.overalljails ? network.toString() : `${config.name} ${network}`;
      earlier = this.#times.get(key) ?? 0;
      if (again) earlier = Math.max(0, earlier - 1);
      else this.#times.set(key, earlier + 1);
    }
    const duration = banDuration(config, earlier, this.#random());
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
      const ban = this.#ends.pop()!;
      if (ban.until === null) continue;
      if (ban.until > end) {
        this.#ends.push(ban, ban.until);
        continue;
      }
      this.#active.get(ban.jail)!.delete(keyOf(ban.network));
      this.#emit({ action: 'unban', time: iso(end), ip: ban.network.toString(), jail: ban.jail });
    }
  }

  #siteId(site: string): number {
    let id = this.#siteIds.get(site);
    if (id === undefined) {
      if (this.#sites.length >= maxSites && site !== otherSites) return this.#siteId(otherSites);
      id = this.#sites.push(site) - 1;
      this.#siteIds.set(site, id);
    }
    return id;
  }

  #sitesOf({
    failureIds,
    failureCounts,
  }: Pick<Verdict, 'failureIds' | 'failureCounts'>): Record<string, number> {
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

/** Sites that are told apart; the Host header is a client's to choose. The rest are counted under one name. */
const maxSites = 100_000;
const otherSites = '(other)';

const dayMs = 86_400_000;
const dates = new Map<number, string>();
const pad = (number: number, digits: number): string => String(number).padStart(digits, '0');

/** As `Date.toISOString`, which is slow where hundreds of thousands are wanted: only the date is left to it. */
function iso(instant: number): string {
  const day = Math.floor(instant / dayMs);
  let date = dates.get(day);
  if (date === undefined) {
    date = new Date(day * dayMs).toISOString().slice(0, 11);
    if (dates.size >= 1000) dates.clear();
    dates.set(day, date);
  }
  const ms = instant - day * dayMs;
  const seconds = Math.floor(ms / 1000);
  return `${date}${pad(Math.floor(seconds / 3600), 2)}:${pad(Math.floor(seconds / 60) % 60, 2)}:${pad(seconds % 60, 2)}.${pad(ms % 1000, 3)}Z`;
}
