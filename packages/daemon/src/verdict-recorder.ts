import {
  type BanRecord,
  type Compared,
  type FailureRecord,
  isShared,
  type Network,
  type Verdict,
} from '@portcullis/core';
import { banReason } from './ban-reason.ts';
import { type Enforcer, keyOf } from './enforcer.ts';
import { addEvidence, addUnseen, noEvidence } from './evidence.ts';
import { receiptOf } from './receipt.ts';
import {
  type DecidedBan,
  type Decision,
  type Making,
  VerdictDecider,
  type VerdictDeciderOptions,
} from './verdict-decider.ts';

/** Longer ends a second that are recorded at once; what is more is a flood and waits. */
const promptASecond = 200;
/** How long a longer end may wait for others, in milliseconds, and how many are recorded at once. */
const prolongDelay = 1_000;
const prolongStep = 2_000;
/** Where recording takes long, the wait is so many times as long, up to a bound: reading a flood comes first. */
const prolongPause = 20;
/** Nor does it wait longer while a log is caught up with. */
const maxProlongDelay = 10_000;
const usualMaxWaiting = 50_000;
/** To record so many bans takes longer than to bring them to the kernel before that (80 ms). */
const manyBans = 500;

/** The latest verdict on a banned address, and the latest time and all failures of those that wait with it. */
interface Longer {
  verdict: Verdict;
  time: number;
  failures: number;
}

export interface VerdictRecorderOptions extends VerdictDeciderOptions {
  readonly enforcer: Enforcer;
  /** Longer ends that wait after a chunk; beyond it some are recorded at once. 50,000 where it is left out. */
  readonly maxWaiting?: number;
  /** What speaks for a client of a jail; its ban's receipt says that this was looked at. */
  readonly compare: (network: Network, jail: string) => Compared;
  /** So many failures like this one count as one; left out: each counts. */
  readonly factorOf?: (failure: FailureRecord) => number;
}

/** Turns the jails' verdicts into bans: new ones, or longer ones. Works inside the transaction of the lines. */
export class VerdictRecorder {
  readonly #options: VerdictRecorderOptions;
  readonly #decider: VerdictDecider;
  readonly #longer = new Map<string, Longer>();
  #longerTimer: NodeJS.Timeout | null = null;
  #delay = prolongDelay;
  /** When the first of those that wait began to, and when a log was last caught up with, by `performance.now()`. */
  #waitingSince = 0;
  #caughtUpAt = Number.NEGATIVE_INFINITY;
  #promptSecond = 0;
  #prompt = 0;

  constructor(options: VerdictRecorderOptions) {
    this.#options = options;
    this.#decider = new VerdictDecider(options);
  }

  /**
   * Records what verdicts lead to: new bans at once, longer ends of bans in force too unless they come in a flood. Where there
   * are many, all are decided before the first is recorded, and are in the kernel meanwhile.
   *
   * @param catchingUp they are of a log that is caught up with: longer ends wait for the end of that, at most 10 s
   */
  record(verdicts: readonly Verdict[], catchingUp = false): void {
    if (catchingUp) this.#caughtUpAt = performance.now();
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
      const isInForce = keys.has(key) || this.#options.enforcer.inForce(verdict) !== null;
      if (isInForce && (catchingUp || !this.#isPrompt(key))) {
        this.#postpone(key, verdict);
        continue;
      }
      const client = String(verdict.network);
      const alone = isShared(verdict);
      // What is decided of a client rests on what was recorded of it.
      if (alone || clients.has(client)) recordDecisions();
      const decision = this.#decider.decide(verdict);
      if (decision === null) continue;
      decisions.push(decision);
      clients.add(client);
      if (decision.bans.length > 0) keys.add(key);
      if (alone) recordDecisions();
    }
    recordDecisions();
    // Not before: a longer end of a ban that is decided and not recorded would be a second ban.
    if (this.#longer.size > (this.#options.maxWaiting ?? usualMaxWaiting)) this.recordLonger();
  }

  /** Brings bans to the kernel that will be recorded in a moment, where there are so many that it is long. */
  #advance(decisions: readonly Decision[]): void {
    const bans = decisions.flatMap(({ bans }) => bans).filter(({ current }) => current === undefined);
    if (bans.length >= manyBans) this.#options.enforcer.advance(bans.map(({ ban }) => ban));
  }

  /**
   * Takes what does no more than to end a ban later, while a log is caught up with: most verdicts of a flood, and sooner than
   * `record`, so that nobody has to keep them.
   * @returns false where it is more, and to be recorded
   */
  postpone(verdict: Verdict): boolean {
    const key = this.#options.enforcer.inForce(verdict);
    if (key === null) return false;
    this.#caughtUpAt = performance.now();
    this.#postpone(key, verdict);
    return true;
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
    if (waiting === undefined)
      this.#longer.set(key, { verdict, time: verdict.time, failures: verdict.failures });
    else {
      waiting.verdict = verdict;
      waiting.time = Math.max(waiting.time, verdict.time);
      waiting.failures += verdict.failures;
    }
    if (this.#longerTimer !== null) return;
    this.#waitingSince = performance.now();
    this.#recordLongerIn(this.#delay);
  }

  #recordLongerIn(delay: number): void {
    this.#longerTimer = setTimeout(() => this.#recordLongerLater(), delay);
  }

  #recordLongerLater(): void {
    this.#longerTimer = null;
    const start = performance.now();
    if (start - this.#caughtUpAt < prolongDelay && start - this.#waitingSince < maxProlongDelay) {
      this.#recordLongerIn(prolongDelay);
      return;
    }
    this.recordLonger();
    const pause = prolongPause * (performance.now() - start);
    this.#delay = Math.min(Math.max(prolongDelay, pause), maxProlongDelay);
    if (this.#longer.size > 0) {
      this.#waitingSince = performance.now();
      this.#recordLongerIn(this.#delay);
    }
    void this.#options.enforcer.flush();
  }

  /** Records the longer ends that wait, a bounded number of them. @returns whether more wait */
  recordLonger(): boolean {
    const step = [...this.#longer.entries().take(prolongStep)];
    if (step.length === 0) return false;
    this.#options.store.transaction(() => {
      for (const [key, longer] of step) {
        this.#longer.delete(key);
        this.#recordLonger(longer);
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
    const longer = this.#longer.get(key);
    if (longer === undefined) return;
    this.#longer.delete(key);
    this.#options.store.transaction(() => this.#recordLonger(longer));
  }

  /** Records every longer end that waits, and sets no more timers. */
  stop(): void {
    this.settle();
    if (this.#longerTimer !== null) clearTimeout(this.#longerTimer);
    this.#longerTimer = null;
  }

  #recordLonger({ verdict, time, failures }: Longer): void {
    const decision = this.#decider.decide({ ...verdict, time, failures });
    if (decision !== null) this.#recordDecision(decision);
  }

  #recordDecision({ settled, bans }: Decision): void {
    for (const ban of bans) this.#recordOne(ban);
    this.#options.store.saveForgotten([settled]);
  }

  /** Records the ban of a verdict that was held; inside a transaction. @returns what is in force then */
  enact(verdict: Verdict, making: Making): BanRecord[] {
    const { store } = this.#options;
    for (const decided of this.#decider.decideHeld(verdict, making)) this.#recordOne(decided);
    return store.bansOverlapping(verdict.network).filter((ban) => ban.jail === verdict.jail);
  }

  /** A ban has ended: what waited to prolong it is void. */
  drop(key: string): void {
    this.#longer.delete(key);
  }

  #recordOne({ ban, current, config, verdict, failures, making, earlier, bantime, at }: DecidedBan): void {
    const { store, compare, factorOf } = this.#options;
    if (current !== undefined) {
      this.#prolong(current, ban.until, verdict.failures, failures, current.gentle && ban.gentle);
      return;
    }
    const { jail, network } = ban;
    const { because, by } = making;
    const reason = `${banReason(config, verdict, failures)}${because === '' ? '' : `; ${because}`}`;
    const seen = countOf(failures);
    const evidence = addUnseen(addEvidence(noEvidence, failures), Math.max(0, verdict.failures - seen));
    this.#options.enforcer.insert(
      {
        ...ban,
        failures: verdict.failures,
        timesBanned: (config.overalljails ? store.timesBanned(network, jail) : earlier) + 1,
        reason,
        byHand: false,
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
        compared: compare(network, jail),
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

const countOf = (failures: readonly FailureRecord[]): number =>
  failures.reduce((sum, { count }) => sum + count, 0);
