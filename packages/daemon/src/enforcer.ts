import type { EndedBy } from '@portcullis/contracts';
import { formatDuration } from '@portcullis/contracts';
import {
  type BanRecord,
  type BanStore,
  banDuration,
  type Clock,
  type EnforcedBan,
  type FailureRecord,
  type Firewall,
  type FirewallChange,
  type JailConfig,
  type Network,
  type Verdict,
} from '@portcullis/core';
import type { EventHub } from './event-hub.ts';
import { addEvidence, noEvidence, toBan } from './evidence.ts';

/** Bans that one batch carries to the kernel; what is more waits for the next. */
const maxBatch = 20_000;

/** Bans of this run whose ends are remembered, so that most verdicts on banned addresses need no look at the store. */
const maxRemembered = 50_000;
/** Longer ends a second that are recorded at once; what is more is a flood and waits. */
const promptASecond = 200;
/** How long a longer end may wait for others, in milliseconds, and how many are recorded at once. */
const prolongDelay = 1_000;
const prolongStep = 2_000;
/** Failures that wait with one ban's longer end; more make it be recorded at once. */
const maxWaitingFailures = 100;

/** A change on its way to the kernel. */
interface Pending {
  readonly change: FirewallChange;
  /** The ban to confirm; null where nothing waits for the confirmation. */
  readonly ban: { readonly id: number; readonly event: 'ban' | 'prolong' } | null;
}

export interface EnforcerOptions {
  readonly store: BanStore;
  readonly firewall: Firewall;
  readonly clock: Clock;
  readonly events: EventHub;
  /** From 0 to 1, 1 excluded. */
  readonly random: () => number;
  readonly jail: (name: string) => JailConfig | undefined;
  /** Whether an exemption touches the network in the jail. */
  readonly touchesExempt: (network: Network, jail: string) => boolean;
  /** Called when the kernel has taken a batch. */
  readonly onApplied: () => void;
  /** Called when the kernel refused a batch: the reconciler looks what holds. */
  readonly onRefusal: (error: Error) => void;
}

/**
 * The only writer of bans: it records the intent in the store, applies it to the firewall, and confirms it or marks it
 * failed with the reason. Changes go to the kernel in order and in batches, one at a time; while one is under way the
 * next gathers. Whoever else works on the firewall does so through `exclusively`.
 */
export class Enforcer {
  readonly #options: EnforcerOptions;
  #queue: Pending[] = [];
  #work: Promise<void> = Promise.resolve();
  #flushing = false;
  readonly #ends = new Map<string, number | null>();
  readonly #longer = new Map<string, Verdict>();
  #longerTimer: NodeJS.Timeout | null = null;
  #promptSecond = 0;
  #prompt = 0;

  constructor(options: EnforcerOptions) {
    this.#options = options;
  }

  /** Changes that the store has and the kernel does not have yet: whose bans they are, as `keyOf` names them. */
  waiting(): ReadonlySet<string> {
    return new Set(this.#queue.map(({ change }) => keyOf(change)));
  }

  // ─── Intents: synchronous, inside a transaction of the store ──────────────────────────────────────────────────

  /** Records what verdicts lead to: new bans at once, longer ends of bans in force too unless they come in a flood. */
  record(verdicts: readonly Verdict[]): void {
    for (const verdict of verdicts) {
      const key = keyOf(verdict);
      if (this.#isInForce(key, verdict.time) && !this.#isPrompt(key)) this.#postpone(key, verdict);
      else this.#recordVerdict(verdict);
    }
  }

  #isInForce(key: string, time: number): boolean {
    const end = this.#ends.get(key);
    return end !== undefined && (end === null || end > time);
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
   * Gathers the verdicts on a banned address: a flood of them costs one write a second. A crash loses none: what they
   * rest on counts again from the store, because it is forgotten only when they are recorded.
   */
  #postpone(key: string, verdict: Verdict): void {
    const waiting = this.#longer.get(key);
    const merged = waiting === undefined ? verdict : merge(waiting, verdict);
    if (merged.failureIds.length > maxWaitingFailures) {
      this.#longer.delete(key);
      this.#recordVerdict(merged);
      return;
    }
    this.#longer.set(key, merged);
    if (this.#longer.size > maxRemembered) this.recordLonger();
    this.#longerTimer ??= setTimeout(() => this.#recordLongerLater(), prolongDelay);
  }

  #recordLongerLater(): void {
    this.#longerTimer = null;
    this.recordLonger();
    if (this.#longer.size > 0) this.#longerTimer = setTimeout(() => this.#recordLongerLater(), prolongDelay);
    void this.flush();
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

  /** Records every longer end that waits, and sets no more timers. */
  stop(): void {
    while (this.recordLonger());
    if (this.#longerTimer !== null) clearTimeout(this.#longerTimer);
    this.#longerTimer = null;
  }

  #recordVerdict(verdict: Verdict): void {
    const { store, jail } = this.#options;
    const config = jail(verdict.jail);
    if (config === undefined) return;
    const failures = store.failuresById(verdict.failureIds);
    for (const network of this.#narrow(verdict, failures)) {
      this.#recordOne(config, verdict, network, failures);
    }
    // Only what the verdict rests on: lines behind it, in the same chunk too, count towards the next one.
    const failureId = Math.max(...verdict.failureIds);
    store.saveForgotten([{ jail: verdict.jail, network: verdict.network, failureId }]);
  }

  #remember(ban: BanRecord): void {
    const key = keyOf(ban);
    this.#ends.delete(key);
    this.#ends.set(key, ban.until);
    if (this.#ends.size > maxRemembered) this.#ends.delete(this.#ends.keys().next().value!);
  }

  /** A network that holds an exempt address is never banned as a whole: only the addresses that failed are. */
  #narrow({ network, jail }: Verdict, failures: readonly FailureRecord[]): Network[] {
    if (network.isSingle || !this.#options.touchesExempt(network, jail)) return [network];
    return [...new Map(failures.map(({ address }) => [String(address), address])).values()];
  }

  #recordOne(
    config: JailConfig,
    verdict: Verdict,
    network: Network,
    failures: readonly FailureRecord[],
  ): void {
    const { store, random, clock } = this.#options;
    const current = store.banInForce(verdict.jail, network);
    const earlier = store.timesBanned(network, config.overalljails ? null : verdict.jail);
    const duration = banDuration(
      config,
      current === undefined ? earlier : Math.max(0, earlier - 1),
      random(),
    );
    // A stamp ahead of this host's clock must not make a ban last longer.
    const since = Math.min(verdict.time, clock.now());
    const until = duration === null ? null : since + duration;
    if (current !== undefined) {
      this.#prolong(current, until, verdict.failures, failures);
      return;
    }
    const reason = `${verdict.failures} failures ${span(failures)}; ${config.name} allows ${config.maxretry - 1} in ${formatDuration(config.findtime)}`;
    this.insert({
      network,
      jail: verdict.jail,
      since,
      until,
      failures: verdict.failures,
      timesBanned: store.timesBanned(network, verdict.jail) + 1,
      reason,
      evidence: addEvidence(noEvidence, failures),
    });
  }

  /** Records a new ban. One that has ended already is kept as history and never applied. */
  insert(ban: Omit<BanRecord, 'id' | 'state' | 'endedAt' | 'endedBy'>): BanRecord {
    const { store, clock } = this.#options;
    if (ban.until !== null && ban.until <= clock.now()) {
      return store.insertBan({ ...ban, state: 'ended', endedAt: ban.until, endedBy: 'expired' });
    }
    const record = store.insertBan({ ...ban, state: 'pending', endedAt: null, endedBy: null });
    this.#remember(record);
    this.#queue.push({
      change: { action: 'add', ...enforced(record) },
      ban: { id: record.id, event: 'ban' },
    });
    return record;
  }

  /** Records that a ban in force ends later and rests on more. Never shortens it. */
  #prolong(ban: BanRecord, until: number | null, failures: number, evidence: readonly FailureRecord[]): void {
    const end = ban.until === null || until === null ? null : Math.max(ban.until, until);
    this.replace(ban, {
      until: end,
      failures: ban.failures + failures,
      evidence: addEvidence(ban.evidence, evidence),
    });
  }

  /** Records another end, and what else is given, for a ban in force. */
  replace(
    ban: BanRecord,
    changes: Partial<Pick<BanRecord, 'until' | 'failures' | 'evidence' | 'reason'>>,
  ): BanRecord {
    const record = { ...ban, ...changes };
    this.#options.store.updateBan(record);
    this.#remember(record);
    this.#queue.push({
      change: { action: 'add', ...enforced(record) },
      ban: { id: record.id, event: 'prolong' },
    });
    return record;
  }

  /** Records the end of bans. */
  end(bans: readonly Pick<BanRecord, 'id' | 'jail' | 'network' | 'until'>[], endedBy: EndedBy): void {
    const { store, clock } = this.#options;
    store.endBans(
      bans.map(({ id }) => id),
      clock.now(),
      endedBy,
    );
    for (const ban of bans) {
      const key = keyOf(ban);
      this.#ends.delete(key);
      this.#longer.delete(key);
      this.#queue.push({ change: { action: 'remove', ...enforced(ban) }, ban: null });
    }
  }

  // ─── Effects ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** Carries everything recorded so far to the kernel. Resolves when that is tried, whatever came of it. */
  flush(): Promise<void> {
    if (this.#flushing) return this.#work.then(() => this.flush());
    if (this.#queue.length === 0) return this.#work;
    this.#flushing = true;
    return this.exclusively(async () => {
      try {
        while (this.#queue.length > 0) await this.#applyBatch();
      } finally {
        this.#flushing = false;
      }
    });
  }

  /** Runs work on the firewall while no batch is under way. Its failure is the caller's alone. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#work.then(work);
    this.#work = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }

  async #applyBatch(): Promise<void> {
    const { store, firewall, jail, onRefusal } = this.#options;
    const batch = this.#queue.slice(0, maxBatch);
    this.#queue = this.#queue.slice(maxBatch);
    const ids = batch.flatMap(({ ban }) => (ban === null ? [] : [ban.id]));
    const [possible, impossible] = this.#byFamily(batch);
    try {
      // The chain of a jail that is gone went with everything in it.
      await firewall.apply(latest(batch).filter((change) => jail(change.jail) !== undefined));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (ids.length > 0) store.transaction(() => store.setBanState(ids, 'failed', reason));
      onRefusal(error instanceof Error ? error : new Error(reason));
      this.#publish(batch, 'failed');
      return;
    }
    if (ids.length > 0) {
      store.transaction(() => {
        store.setBanState(possible, 'active');
        store.setBanState(impossible, 'failed', firewall.limits[0] ?? 'This host cannot enforce it.');
      });
    }
    this.#options.onApplied();
    this.#publish(batch);
  }

  /** The bans of a batch that this host can enforce, and those it cannot, as IPv6 on a kernel without it. */
  #byFamily(batch: readonly Pending[]): [possible: number[], impossible: number[]] {
    const { families } = this.#options.firewall;
    const possible: number[] = [];
    const impossible: number[] = [];
    for (const { change, ban } of batch) {
      if (ban !== null) (families.includes(change.network.family) ? possible : impossible).push(ban.id);
    }
    return [possible, impossible];
  }

  /** @param outcome of the bans in the batch; left out: what each change came to be. */
  #publish(batch: readonly Pending[], outcome?: 'failed'): void {
    const { events, store } = this.#options;
    for (const { change, ban } of batch) {
      if (ban === null) events.publish('unban', { ip: String(change.network), jail: change.jail });
      else {
        const record = store.banInForce(change.jail, change.network);
        if (record !== undefined) events.publish(outcome ?? ban.event, { ...toBan(record) });
      }
    }
  }
}

/** Names a ban's place in the kernel: its jail and its network. */
export const keyOf = ({ jail, network }: Pick<EnforcedBan, 'jail' | 'network'>): string =>
  `${jail} ${network}`;

const enforced = ({ jail, network, until }: Pick<BanRecord, 'jail' | 'network' | 'until'>) => ({
  jail,
  network,
  until,
});

/** Of several changes of one network in one jail only the last counts. */
function latest(batch: readonly Pending[]): FirewallChange[] {
  const changes = new Map<string, FirewallChange>();
  for (const { change } of batch) {
    const key = keyOf(change);
    changes.delete(key);
    changes.set(key, change);
  }
  return [...changes.values()];
}

const merge = (earlier: Verdict, later: Verdict): Verdict => ({
  ...later,
  time: Math.max(earlier.time, later.time),
  failures: earlier.failures + later.failures,
  failureIds: [...earlier.failureIds, ...later.failureIds],
  failureCounts: [...earlier.failureCounts, ...later.failureCounts],
});

/** `within 42 s`, or `at one instant`. */
function span(failures: readonly FailureRecord[]): string {
  const times = failures.map(({ time }) => time);
  const seconds = Math.round((Math.max(...times) - Math.min(...times)) / 1000);
  if (seconds <= 0 || !Number.isFinite(seconds)) return 'at one instant';
  if (seconds < 120) return `within ${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `within ${minutes} min` : `within ${Math.round(minutes / 60)} h`;
}
