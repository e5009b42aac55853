import { Network } from './address.ts';
import { accuse, bannedNetworks, type Innocents, isShared } from './banned-networks.ts';
import { BurstWatch } from './burst.ts';
import type { Tried } from './campaigns.ts';
import { oneCustomer } from './client-network.ts';
import type { JailConfig } from './config.ts';
import type { Detector } from './detector.ts';
import { doubtBits } from './doubts.ts';
import { isoInstant } from './iso-instant.ts';
import type { Verdict } from './jail.ts';
import type { KnownGoodPolicy } from './known-good.ts';
import { tagOf } from './name-tag.ts';
import { type ReplayedBan, ReplayedBans } from './replayed-bans.ts';
import {
  evidenceOf,
  type ReplayedEvidence,
  type ReplayedHold,
  ReplayedKnownGood,
} from './replayed-known-good.ts';
import { ReplayedPlaces } from './replayed-places.ts';
import { StampReader, type ZoneClock } from './stamp.ts';
import { describeTogether, type TogetherToTell } from './together.ts';
import { WordPressLine } from './wordpress-line.ts';

/** What `portcullis replay --json` says of one decision. */
export interface ReplayedDecision {
  /** `hold`: the ban would wait for the administrator. Nobody answers, so that it follows. */
  readonly action: 'ban' | 'prolong' | 'unban' | 'hold';
  readonly time: string;
  readonly ip: string;
  readonly jail: string;
  readonly failures?: number;
  readonly sites?: Readonly<Record<string, number>>;
  /** Null: for ever. */
  readonly until?: string | null;
  /** What successful logins changed; left out: nothing. */
  readonly because?: string;
  /** Where failures of several clients counted together, in a jail whose `key` is not the address. */
  readonly together?: TogetherToTell;
}

/** A failure that waits until its instant is over. Its place is used again: there are millions. */
class Draft implements Tried {
  address = new Network(4, 0, 0, 0, 0);
  time = 0;
  site = '';
  name: string | null = null;
  count = 1;
  filters = 0;
  doubts = 0;

  user(): string | null {
    return this.name;
  }

  tag(): number {
    return tagOf(this.name);
  }
}

export interface ReplayOptions {
  /** Also emit that a ban in force was prolonged. */
  readonly tellProlonged?: boolean;
  /** What successful logins change; left out: nothing. */
  readonly knownGood?: KnownGoodPolicy;
  /** Called for each successful login. */
  readonly onLogin?: (address: Network, site: string, time: number) => void;
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
  readonly #options: ReplayOptions;
  readonly #emit: (decision: ReplayedDecision) => void;
  readonly #places = new ReplayedPlaces();
  readonly #bans: ReplayedBans;
  readonly #knownGood: ReplayedKnownGood | null;
  /** Whether a jail counts networks that hold several clients, by family. */
  readonly #countsWide: Readonly<Record<4 | 6, boolean>>;
  readonly #innocents: Innocents;
  #judged = 0;
  /** One for all failures: there are millions. */
  readonly #weight = { doubts: 0, source: 0 };
  readonly #bursts = new BurstWatch<Draft>((draft, burst) => this.#settle(draft, burst));
  /** Drafts that are counted: the next failures take their places. */
  readonly #drafts: Draft[] = [];
  #line: WordPressLine;
  #clock = Number.NEGATIVE_INFINITY;
  #sweptAt = Number.NEGATIVE_INFINITY;

  constructor(
    detector: Detector,
    zone: ZoneClock,
    now: number,
    random: () => number,
    emit: (decision: ReplayedDecision) => void,
    options: ReplayOptions = {},
  ) {
    const { knownGood } = options;
    this.#detector = detector;
    this.#zone = zone;
    this.#now = now;
    this.#emit = emit;
    this.#options = options;
    this.#bans = new ReplayedBans(random);
    this.#knownGood =
      knownGood === undefined
        ? null
        : new ReplayedKnownGood(knownGood, detector, (network, jail) => this.#bans.wasBanned(network, jail));
    const countsWide = detector.jails.some(({ config }) => config.ipv4Prefix < oneCustomer.ipv4Prefix);
    this.#countsWide = {
      4: countsWide,
      // IPv4 clients behind NAT64 are IPv6.
      6: countsWide || detector.jails.some(({ config }) => config.ipv6Prefix < oneCustomer.ipv6Prefix),
    };
    this.#innocents = {
      isExempt: (network, jail) => detector.isExempt(network, jail, this.#clock),
      holdsInnocent: (network, jail, sites) =>
        detector.touchesExempt(network, jail, sites, this.#clock) ||
        (this.#knownGood?.holdsKnown(network, this.#clock) ?? false),
      isKnownAt: (address, site) => this.#knownGood?.isKnownAt(address, site, this.#clock) ?? false,
    };
    this.#line = this.#newLine();
  }

  /** The log's clock, in epoch milliseconds. */
  get clock(): number {
    return this.#clock;
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
    if (!line.read(bytes, start, end, cut)) return;
    this.#bursts.see(line, -1, this.#draft(line));
    if (line.reason === 'not_a_failure' && line.message?.event === 'login_success') this.#login(line);
  }

  /** Moves the log's clock on: what ends by then is emitted. */
  pass(time: number): void {
    if (time > this.#clock) this.#advance(time);
  }

  #draft(line: WordPressLine): Draft | null {
    if (line.reason !== null) return null;
    const address = line.address()!;
    const now = Math.max(this.#clock, line.time);
    if (this.#detector.examine(line, address, now) !== null) return null;
    const { witnesses, seesNames } = this.#detector;
    const draft = this.#drafts.pop() ?? new Draft();
    draft.address = address;
    draft.time = line.time;
    draft.site = line.site;
    draft.name = seesNames ? line.user() : null;
    draft.count = line.count;
    draft.filters = line.message!.filters;
    draft.doubts = witnesses.doubts(line, null);
    return draft;
  }

  #login(line: WordPressLine): void {
    const { site, time } = line;
    const address = line.address();
    if (address === null || Number.isNaN(time)) return;
    this.pass(time);
    this.#knownGood?.login(address, site, line.user() ?? '', time, this.#clock);
    this.#options.onLogin?.(address, site, time);
  }

  #settle(draft: Draft, burst: boolean): void {
    const { address, time, site, name, count, filters } = draft;
    // Nothing below reads another line.
    this.#drafts.push(draft);
    this.pass(time);
    const doubts = draft.doubts | (burst ? doubtBits.burst : 0);
    if (this.#detector.distrusted(filters, address, this.#clock, doubts) === null) this.failures += count;
    const weight = this.#weight;
    weight.doubts = doubts;
    weight.source = this.#detector.witnesses.source(site, null);
    const place = this.#countsWide[address.family]
      ? this.#places.ofClient(site, address)
      : this.#places.of(site);
    for (const verdict of this.#detector.count(
      filters,
      address,
      time,
      this.#clock,
      place,
      count,
      draft,
      weight,
    )) {
      this.#decide(verdict, name);
    }
  }

  #newLine = (): WordPressLine => new WordPressLine(new StampReader(this.#zone, this.#now));

  /** @param name that the last failure tried */
  #decide(verdict: Verdict, name: string | null): void {
    const { jail, network, time, failures } = verdict;
    const { config } = this.#detector.rule(jail)!;
    const knownGood = this.#knownGood === null || this.#knownGood.isEmpty ? null : this.#knownGood;
    if (knownGood === null && !isShared(verdict)) {
      const ban = this.#bans.find(jail, network);
      if (ban !== undefined && !this.#options.tellProlonged) {
        this.#bans.prolong(config, ban, time, null);
        return;
      }
      const sites = this.#sitesOf(verdict);
      this.#enact(config, verdict, time, { failures, sites, bantime: null, because: '', rests: [] });
      return;
    }
    const rests = this.#failuresOf(verdict);
    const named = { ...verdict, failureIds: rests.map(({ id }) => id) };
    const together = verdict.together && describeTogether(config, verdict.together, name);
    const accused = accuse(config, named, rests, this.#innocents);
    if (accused === null) return;
    const judged =
      knownGood === null || this.#bans.find(jail, network) !== undefined
        ? evidenceOf(accused, null, '')
        : knownGood.judge(config, accused.verdict, accused.failures, this.#clock);
    if (judged === null) return;
    if (isHold(judged)) this.#tell('hold', judged.since, judged, judged);
    else this.#enact(config, verdict, time, judged, together);
  }

  #enact(
    config: JailConfig,
    verdict: Pick<Verdict, 'network' | 'together'>,
    time: number,
    evidence: ReplayedEvidence,
    together?: ReplayedDecision['together'],
  ): void {
    // Of one IPv6 client the addresses that failed are not kept.
    const networks = isShared(verdict)
      ? bannedNetworks(config, verdict, evidence.rests, this.#innocents)
      : [verdict.network];
    for (const network of networks) {
      const ban = this.#bans.find(config.name, network);
      if (ban === undefined) {
        this.bans++;
        this.#tell(
          'ban',
          time,
          this.#bans.begin(config, network, time, evidence.bantime),
          evidence,
          together,
        );
      } else {
        this.#bans.prolong(config, ban, time, evidence.bantime);
        if (this.#options.tellProlonged) this.#tell('prolong', time, ban, evidence, together);
      }
    }
  }

  /** Whoever has become known meanwhile is left out. */
  #enactHeld(held: ReplayedHold): void {
    const { jail, network, failures, rests, until, bantime, because } = held;
    const { config } = this.#detector.rule(jail)!;
    const verdict = {
      jail,
      network,
      time: until,
      failures,
      failureIds: rests.map(({ id }) => id),
      failureCounts: rests.map(({ count }) => count),
      failureTimes: rests.map((failure) => failure.time),
    };
    const accused = isShared(verdict)
      ? accuse(config, verdict, rests, this.#innocents)
      : { verdict, failures: rests };
    if (accused === null) return;
    const evidence = accused.failures.length === rests.length ? held : evidenceOf(accused, bantime, because);
    this.#enact(config, verdict, until, evidence);
  }

  #tell(
    action: ReplayedDecision['action'],
    time: number,
    { network, jail, until }: ReplayedBan,
    { failures, sites, because }: Pick<ReplayedEvidence, 'failures' | 'sites' | 'because'>,
    together?: ReplayedDecision['together'],
  ): void {
    this.#emit({
      action,
      time: isoInstant(time),
      ip: network.toString(),
      jail,
      failures,
      sites,
      until: until === null ? null : isoInstant(until),
      ...(because === '' ? {} : { because }),
      ...(together === undefined ? {} : { together }),
    });
  }

  /** Moves the log's clock and ends what it passes: bans, and waiting for an answer, in the order of their ends. */
  #advance(time: number): void {
    this.#clock = time;
    if (time > this.#sweptAt + sweepInterval) {
      this.#detector.sweep(time);
      this.#sweptAt = time;
    }
    for (let held = this.#knownGood?.takeDue(time); held; held = this.#knownGood?.takeDue(time)) {
      this.#bans.end(held.until, this.#tellEnd);
      this.#enactHeld(held);
    }
    this.#bans.end(time, this.#tellEnd);
  }

  #tellEnd = ({ network, jail }: ReplayedBan, end: number): void =>
    this.#emit({ action: 'unban', time: isoInstant(end), ip: network.toString(), jail });

  #sitesOf({ failureIds, failureCounts }: Verdict): Record<string, number> {
    const sites: Record<string, number> = Object.create(null);
    for (const [index, place] of failureIds.entries()) {
      const { site } = this.#places.get(place);
      sites[site] = (sites[site] ?? 0) + failureCounts[index]!;
    }
    return sites;
  }

  /** What a verdict rests on, each failure with a number of its own. */
  #failuresOf({ network, failureIds, failureCounts, failureTimes }: Verdict) {
    return failureIds.map((place, index) => {
      const { site, client } = this.#places.get(place);
      return {
        id: ++this.#judged,
        site,
        address: client ?? network,
        time: failureTimes[index]!,
        count: failureCounts[index]!,
      };
    });
  }
}

const isHold = (judged: ReplayedEvidence | ReplayedHold): judged is ReplayedHold => 'until' in judged;

/** How often addresses outside findtime are forgotten, in the log's milliseconds. */
const sweepInterval = 60_000;
