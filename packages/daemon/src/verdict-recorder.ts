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

  /** Records what verdicts lead to: new bans at once, longer ends of bans in force too unless they come in a flood. */
  record(verdicts: readonly Verdict[]): void {
    for (const verdict of verdicts) {
      const key = keyOf(verdict);
      if (this.#options.enforcer.isInForce(key, verdict.time) && !this.#isPrompt(key))
        this.#postpone(key, verdict);
      else this.#recordVerdict(verdict);
    }
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
    const { store, jail } = this.#options;
    const config = jail(verdict.jail);
    if (config === undefined) return;
    const failures = store.failuresById(verdict.failureIds);
    const accused = accuse(config, verdict, failures, this.#options.innocents);
    if (accused !== null) {
      const plain = { ...accused, bantime: null, because: '' };
      const isInForce = store.banInForce(verdict.jail, verdict.network) !== undefined;
      const judged = isInForce
        ? plain
        : (this.#options.judge?.(config, accused.verdict, accused.failures) ?? plain);
      if (judged === 'wait') return;
      if (judged !== 'settled') this.#recordJudged(config, judged);
    }
    // Only what the verdict rests on: lines behind it, in the same chunk too, count towards the next one.
    const failureId = verdict.together?.settled ?? Math.max(...verdict.failureIds);
    store.saveForgotten([{ jail: verdict.jail, network: verdict.network, failureId }]);
  }

  #recordJudged(
    config: JailConfig,
    { verdict, failures, ...making }: Pick<JudgedBan, 'verdict' | 'failures'> & Making,
  ): void {
    for (const network of bannedNetworks(config, verdict, failures, this.#options.innocents)) {
      this.#recordOne(config, verdict, network, failures, making);
    }
  }

  /** Records the ban of a verdict that was held; inside a transaction. @returns what is in force then */
  enact(verdict: Verdict, making: Making): BanRecord[] {
    const { store, jail } = this.#options;
    const config = jail(verdict.jail);
    if (config === undefined) return [];
    const failures = store.failuresById(verdict.failureIds);
    const accused = accuse(config, verdict, failures, this.#options.innocents);
    if (accused !== null) this.#recordJudged(config, { ...accused, ...making });
    return store.bansOverlapping(verdict.network).filter((ban) => ban.jail === verdict.jail);
  }

  /** A ban has ended: what waited to prolong it is void. */
  drop(key: string): void {
    this.#longer.delete(key);
  }

  #recordOne(
    config: JailConfig,
    verdict: Verdict,
    network: Network,
    failures: readonly FailureRecord[],
    { bantime, because, by }: Making,
  ): void {
    const { store, random, clock, compare, factorOf } = this.#options;
    const current = store.banInForce(verdict.jail, network);
    const earlier = store.timesBanned(network, config.overalljails ? null : verdict.jail);
    const usual = banDuration(config, current === undefined ? earlier : Math.max(0, earlier - 1), random());
    const duration = shorter(usual, bantime);
    // A stamp ahead of this host's clock must not make a ban last longer.
    const at = clock.now();
    const since = Math.min(verdict.time, at);
    const until = duration === null ? null : since + duration;
    if (current !== undefined) {
      const gentle = current.gentle && bantime !== null;
      this.#prolong(current, until, verdict.failures, failures, gentle);
      return;
    }
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
        gentle: bantime !== null,
        evidence,
      },
      receiptOf({
        at,
        config,
        verdict,
        failures,
        lines: evidence.lines,
        earlierBans: earlier,
        bantime: duration,
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
