import {
  accuse,
  type BanRecord,
  type BanStore,
  banDuration,
  bannedNetworks,
  type Clock,
  type Compared,
  type FailureRecord,
  type Innocents,
  isShared,
  type JailConfig,
  type Network,
  shorter,
  type Verdict,
} from '@portcullis/core';
import { banReason } from './ban-reason.ts';
import { type Enforcer, keyOf } from './enforcer.ts';
import { addEvidence, addUnseen, noEvidence } from './evidence.ts';
import type { JudgedBan } from './known-good.ts';
import { receiptOf } from './receipt.ts';

/** Longer ends a second that are recorded at once; what is more is a flood and waits. */
const promptASecond = 200;
/** How long a longer end may wait for others, in milliseconds, and how many are recorded at once. */
const prolongDelay = 1_000;
const prolongStep = 2_000;
/** Where recording takes long, the wait is so many times as long, up to a bound: reading a flood comes first. */
const prolongPause = 20;
const maxProlongDelay = 10_000;
/** Longer ends that wait; beyond it some are recorded at once. */
const maxWaiting = 50_000;
/** To record so many bans takes longer than to bring them to the kernel before that (80 ms). */
const manyBans = 500;

export interface VerdictRecorderOptions {
  readonly store: BanStore;
  readonly enforcer: Enforcer;
  readonly clock: Clock;
  /** From 0 to 1, 1 excluded. */
  readonly random: () => number;
  readonly jail: (name: string) => JailConfig | undefined;
  readonly innocents: Innocents;
  /**
   * What is known of the client may change the ban of a verdict. `wait`: its failures stay counted. `settled`: they are,
   * without a ban. Left out: nothing is known of anybody.
   */
  readonly judge?: (
    config: JailConfig,
    verdict: Verdict,
    failures: readonly FailureRecord[],
  ) => Pick<JudgedBan, 'verdict' | 'failures' | 'bantime' | 'because'> | 'wait' | 'settled';
  /** What speaks for a client of a jail; its ban's receipt says that this was looked at. */
  readonly compare: (network: Network, jail: string) => Compared;
  /** So many failures like this one count as one; left out: each counts. */
  readonly factorOf?: (failure: FailureRecord) => number;
}

/** How a verdict's ban is made. */
type Making = Pick<JudgedBan, 'bantime' | 'because'> & { readonly by?: string | undefined };

/** What a verdict leads to. */
interface Decision {
  /** What counted of the client up to this failure counts no more. */
  readonly settled: { readonly jail: string; readonly network: Network; readonly failureId: number };
  readonly bans: readonly DecidedBan[];
}

/** A ban that is to be recorded: a new one, or a longer one where there is a current one. */
interface DecidedBan extends Pick<BanRecord, 'jail' | 'network' | 'since' | 'until' | 'gentle'> {
  readonly config: JailConfig;
  readonly verdict: Verdict;
  readonly failures: readonly FailureRecord[];
  readonly making: Making;
  readonly current: BanRecord | undefined;
  /** How often the network was banned before. */
  readonly earlier: number;
  /** In milliseconds; null: for ever. */
  readonly bantime: number | null;
  /** When it was decided. */
  readonly at: number;
}

/** Turns the jails' verdicts into bans: new ones, or longer ones. Works inside the transaction of the lines. */
export class VerdictRecorder {
  readonly #options: VerdictRecorderOptions;
  readonly #longer = new Map<string, Verdict>();
  #longerTimer: NodeJS.Timeout | null = null;
  #delay = prolongDelay;
  #promptSecond = 0;
  #prompt = 0;

  constructor(options: VerdictRecorderOptions) {
    this.#options = options;
  }

  /**
   * Records what verdicts lead to: new bans at once, longer ends of bans in force too unless they come in a flood. Where there
   * are many, all are decided before the first is recorded, and are in the kernel meanwhile.
   */
  record(verdicts: readonly Verdict[]): void {
    const clients = new Set<string>();
    const keys = new Set<string>();
    let decisions: Decision[] = [];
    const recordDecisions = () => {
      this.#advance(decisions);
      for (const decision of decisions) this.#recordDecision(decision);
      decisions = [];
      clients.clear();
      keys.clear();
    };
    for (const verdict of verdicts) {
      const key = keyOf(verdict);
      const isInForce = keys.has(key) || this.#options.enforcer.isInForce(key, verdict.time);
      if (isInForce && !this.#isPrompt(key)) {
        this.#postpone(key, verdict);
        continue;
      }
      const client = String(verdict.network);
      const alone = isShared(verdict);
      // What is decided of a client rests on what was recorded of it.
      if (alone || clients.has(client)) recordDecisions();
      const decision = this.#decide(verdict);
      if (decision === null) continue;
      decisions.push(decision);
      clients.add(client);
      if (decision.bans.length > 0) keys.add(key);
      if (alone) recordDecisions();
    }
    recordDecisions();
  }

  /** Brings bans to the kernel that will be recorded in a moment, where there are so many that it is long. */
  #advance(decisions: readonly Decision[]): void {
    const bans = decisions.flatMap(({ bans }) => bans.filter(({ current }) => current === undefined));
    if (bans.length >= manyBans) this.#options.enforcer.advance(bans);
  }

  /** Whether a longer end may be recorded at once: few were in this second, and none of this ban waits. */
  #isPrompt(key: string): boolean {
    const second = Math.floor(this.#options.clock.now() / 1000);
    if (second !== this.#promptSecond) {
      this.#promptSecond = second;
      this.#prompt = 0;
    }
    return !this.#longer.has(key) && ++this.#prompt <= promptASecond;
  }

  /**
   * Gathers the verdicts on a banned address: a flood of them costs one write a second, or fewer. The ban counts all of their
   * failures; it keeps the lines, names and sites of the latest, and counts the rest under `otherSites`. A crash loses
   * none: what they rest on counts again from the store, because it is forgotten only when they are recorded.
   */
  #postpone(key: string, verdict: Verdict): void {
    const waiting = this.#longer.get(key);
    this.#longer.set(key, waiting === undefined ? verdict : merge(waiting, verdict));
    if (this.#longer.size > maxWaiting) this.recordLonger();
    this.#longerTimer ??= setTimeout(() => this.#recordLongerLater(), this.#delay);
  }

  #recordLongerLater(): void {
    this.#longerTimer = null;
    const start = performance.now();
    this.recordLonger();
    const pause = prolongPause * (performance.now() - start);
    this.#delay = Math.min(Math.max(prolongDelay, pause), maxProlongDelay);
    if (this.#longer.size > 0) this.#longerTimer = setTimeout(() => this.#recordLongerLater(), this.#delay);
    void this.#options.enforcer.flush();
  }

  /** Records the longer ends that wait, a bounded number of them. @returns whether more wait */
  recordLonger(): boolean {
    const step = [...this.#longer.entries().take(prolongStep)];
    if (step.length === 0) return false;
    this.#options.store.transaction(() => {
      for (const [key, verdict] of step) {
        this.#longer.delete(key);
        this.#recordVerdict(verdict);
      }
    });
    return this.#longer.size > 0;
  }

  /** Records every longer end that waits: before bans are ended by the clock, none of them may be late. */
  settle(): void {
    while (this.recordLonger());
  }

  /** Records now what waits to prolong one ban, as `keyOf` names it: its evidence is complete then. */
  settleOne(key: string): void {
    const verdict = this.#longer.get(key);
    if (verdict === undefined) return;
    this.#longer.delete(key);
    this.#options.store.transaction(() => this.#recordVerdict(verdict));
  }

  /** Records every longer end that waits, and sets no more timers. */
  stop(): void {
    this.settle();
    if (this.#longerTimer !== null) clearTimeout(this.#longerTimer);
    this.#longerTimer = null;
  }

  #recordVerdict(verdict: Verdict): void {
    const decision = this.#decide(verdict);
    if (decision !== null) this.#recordDecision(decision);
  }

  /** @returns null where nothing is to be recorded */
  #decide(verdict: Verdict): Decision | null {
    const { store, jail } = this.#options;
    const config = jail(verdict.jail);
    if (config === undefined) return null;
    const failures = store.failuresById(verdict.failureIds);
    const accused = accuse(config, verdict, failures, this.#options.innocents);
    // Only what the verdict rests on: lines behind it, in the same chunk too, count towards the next one.
    const failureId = verdict.together?.settled ?? Math.max(...verdict.failureIds);
    const settled = { jail: verdict.jail, network: verdict.network, failureId };
    if (accused === null) return { settled, bans: [] };
    const plain = { ...accused, bantime: null, because: '' };
    const current = store.banInForce(verdict.jail, verdict.network);
    const judged =
      current !== undefined
        ? plain
        : (this.#options.judge?.(config, accused.verdict, accused.failures) ?? plain);
    if (judged === 'wait') return null;
    return { settled, bans: judged === 'settled' ? [] : this.#decideJudged(config, judged, current) };
  }

  #recordDecision({ settled, bans }: Decision): void {
    for (const ban of bans) this.#recordOne(ban);
    this.#options.store.saveForgotten([settled]);
  }

  /** @param current the ban in force of the verdict's network; left out: there is none */
  #decideJudged(
    config: JailConfig,
    { verdict, failures, ...making }: Pick<JudgedBan, 'verdict' | 'failures'> & Making,
    current?: BanRecord,
  ): DecidedBan[] {
    const { store, random, clock, innocents } = this.#options;
    return bannedNetworks(config, verdict, failures, innocents).map((network) => {
      const inForce = network === verdict.network ? current : store.banInForce(verdict.jail, network);
      const earlier = store.timesBanned(network, config.overalljails ? null : verdict.jail);
      const usual = banDuration(config, inForce === undefined ? earlier : Math.max(0, earlier - 1), random());
      const bantime = shorter(usual, making.bantime);
      // A stamp ahead of this host's clock must not make a ban last longer.
      const at = clock.now();
      const since = Math.min(verdict.time, at);
      const until = bantime === null ? null : since + bantime;
      const { jail } = verdict;
      const gentle = making.bantime !== null;
      return {
        config,
        verdict,
        failures,
        making,
        jail,
        network,
        current: inForce,
        earlier,
        bantime,
        at,
        since,
        until,
        gentle,
      };
    });
  }

  /** Records the ban of a verdict that was held; inside a transaction. @returns what is in force then */
  enact(verdict: Verdict, making: Making): BanRecord[] {
    const { store, jail } = this.#options;
    const config = jail(verdict.jail);
    if (config === undefined) return [];
    const failures = store.failuresById(verdict.failureIds);
    const accused = accuse(config, verdict, failures, this.#options.innocents);
    if (accused !== null) {
      const current = store.banInForce(verdict.jail, verdict.network);
      for (const ban of this.#decideJudged(config, { ...accused, ...making }, current)) this.#recordOne(ban);
    }
    return store.bansOverlapping(verdict.network).filter((ban) => ban.jail === verdict.jail);
  }

  /** A ban has ended: what waited to prolong it is void. */
  drop(key: string): void {
    this.#longer.delete(key);
  }

  #recordOne(ban: DecidedBan): void {
    const { store, compare, factorOf } = this.#options;
    const {
      config,
      verdict,
      failures,
      making,
      network,
      current,
      earlier,
      bantime,
      at,
      since,
      until,
      gentle,
    } = ban;
    if (current !== undefined) {
      this.#prolong(current, until, verdict.failures, failures, current.gentle && gentle);
      return;
    }
    const { because, by } = making;
    const reason = `${banReason(config, verdict, failures)}${because === '' ? '' : `; ${because}`}`;
    const seen = countOf(failures);
    const evidence = addUnseen(addEvidence(noEvidence, failures), Math.max(0, verdict.failures - seen));
    this.#options.enforcer.insert(
      {
        network,
        jail: verdict.jail,
        since,
        until,
        failures: verdict.failures,
        timesBanned: (config.overalljails ? store.timesBanned(network, verdict.jail) : earlier) + 1,
        reason,
        byHand: false,
        gentle,
        evidence,
      },
      receiptOf({
        at,
        config,
        verdict,
        failures,
        lines: evidence.lines,
        earlierBans: earlier,
        bantime,
        compared: compare(network, verdict.jail),
        factorOf,
        because,
        by,
      }),
    );
  }

  /** Records that a ban in force ends later, rests on more and may close more ports. Never shortens it. */
  #prolong(
    ban: BanRecord,
    until: number | null,
    failures: number,
    evidence: readonly FailureRecord[],
    gentle: boolean,
  ): void {
    const end = ban.until === null || until === null ? null : Math.max(ban.until, until);
    const seen = countOf(evidence);
    this.#options.enforcer.replace(ban, {
      until: end,
      failures: ban.failures + failures,
      gentle,
      evidence: addUnseen(addEvidence(ban.evidence, evidence), Math.max(0, failures - seen)),
    });
  }
}

const merge = (earlier: Verdict, later: Verdict): Verdict => ({
  ...later,
  time: Math.max(earlier.time, later.time),
  failures: earlier.failures + later.failures,
});

const countOf = (failures: readonly FailureRecord[]): number =>
  failures.reduce((sum, { count }) => sum + count, 0);
