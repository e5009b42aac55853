import type { EndedBy } from '@portcullis/contracts';
import {
  type BanReceipt,
  type BanRecord,
  type BanStore,
  type Clock,
  type EnforcedBan,
  type Firewall,
  type FirewallChange,
  type JailConfig,
  networkKey,
  type Verdict,
} from '@portcullis/core';
import type { EventHub } from './event-hub.ts';
import { toBan } from './evidence.ts';

/** Bans that one batch carries to the kernel; what is more waits for the next. */
const maxBatch = 20_000;

/** Outcomes that are told while others wait for the kernel; fewer wait until it has all, because telling costs more. */
const maxUntold = 20_000;

/** Bans of this run, a jail, whose ends are remembered, so that most verdicts on banned addresses need no look at the store. */
const maxRemembered = 50_000;

/** A change on its way to the kernel. */
interface Pending {
  readonly change: FirewallChange;
  /** The ban to confirm; null where nothing waits for the confirmation. */
  readonly ban: { readonly id: number; readonly event: 'ban' | 'prolong' } | null;
  /** The ban that this ends. */
  readonly ended?: number;
  /** From this on ports are closed that were open. */
  readonly closes?: boolean;
}

export interface EnforcerOptions {
  readonly store: BanStore;
  readonly firewall: Firewall;
  readonly clock: Clock;
  readonly events: EventHub;
  readonly jail: (name: string) => JailConfig | undefined;
  /** Called when a new ban is recorded, in its transaction. */
  readonly onBan: (ban: BanRecord) => void;
  /** Called when a ban is recorded as ended, with what `keyOf` names it. */
  readonly onEnd: (key: string) => void;
  /** Called when the kernel has taken a batch: the bans that begin with it or close more from now on, and the ends. */
  readonly onApplied: (begun: readonly FirewallChange[], ended: readonly FirewallChange[]) => void;
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
  #untold: (Pending & { readonly failed: boolean })[] = [];
  /** Of bans of this run, by jail and network: what `keyOf` names them, and when they end. */
  readonly #ends = new Map<string, Map<number | string, { key: string; until: number | null }>>();

  constructor(options: EnforcerOptions) {
    this.#options = options;
  }

  /** Changes that the store has and the kernel does not have yet: whose bans they are, as `keyOf` names them. */
  waiting(): ReadonlySet<string> {
    return new Set(this.#queue.map(({ change }) => keyOf(change)));
  }

  /** Entries by jail that those changes will add to the kernel, less those that they will take from it. */
  waitingByJail(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { change, ban } of this.#queue) {
      const more = change.action === 'remove' ? -1 : ban?.event === 'ban' ? 1 : 0;
      counts.set(change.jail, (counts.get(change.jail) ?? 0) + more);
    }
    return counts;
  }

  // ─── Intents: synchronous, inside a transaction of the store ──────────────────────────────────────────────────

  /**
   * Whether a ban that this run recorded is in force at a time; null where that would take a look at the store.
   * @returns what `keyOf` names it
   */
  inForce({ jail, network, time }: Pick<Verdict, 'jail' | 'network' | 'time'>): string | null {
    const ban = this.#ends.get(jail)?.get(networkKey(network));
    return ban !== undefined && (ban.until === null || ban.until > time) ? ban.key : null;
  }

  #remember(ban: BanRecord): void {
    const { jail, network, until } = ban;
    const ends = this.#ends.getOrInsertComputed(jail, () => new Map());
    const at = networkKey(network);
    ends.delete(at);
    ends.set(at, { key: keyOf(ban), until });
    if (ends.size > maxRemembered) ends.delete(ends.keys().next().value!);
  }

  #forget({ jail, network }: Pick<BanRecord, 'jail' | 'network'>): void {
    const ends = this.#ends.get(jail);
    ends?.delete(networkKey(network));
    if (ends?.size === 0) this.#ends.delete(jail);
  }

  /**
   * Brings bans to the kernel that are decided and will be recorded in this transaction: many take longer to record than to
   * decide. Who dies between the two finds them in the kernel without a record, takes them from it and reads their lines
   * again.
   */
  advance(bans: readonly Pick<BanRecord, 'jail' | 'network' | 'until' | 'gentle'>[]): void {
    this.#options.firewall.advance?.(bans.map((ban) => ({ action: 'add', ...enforced(ban) })));
  }

  /** Records a new ban. One that has ended already is kept as history and never applied. */
  insert(
    ban: Omit<BanRecord, 'id' | 'state' | 'endedAt' | 'endedBy' | 'liftedBy'>,
    receipt: BanReceipt,
  ): BanRecord {
    const { store, clock } = this.#options;
    if (ban.until !== null && ban.until <= clock.now()) {
      return store.insertBan(
        { ...ban, state: 'ended', endedAt: ban.until, endedBy: 'expired', liftedBy: null },
        receipt,
      );
    }
    const record = store.insertBan(
      { ...ban, state: 'pending', endedAt: null, endedBy: null, liftedBy: null },
      receipt,
    );
    this.#remember(record);
    this.#options.onBan(record);
    this.#queue.push({
      change: { action: 'add', ...enforced(record) },
      ban: { id: record.id, event: 'ban' },
      closes: true,
    });
    return record;
  }

  /** Records another end, and what else is given, for a ban in force. */
  replace(
    ban: BanRecord,
    changes: Partial<Pick<BanRecord, 'until' | 'failures' | 'evidence' | 'reason' | 'byHand' | 'gentle'>>,
  ): BanRecord {
    const record = { ...ban, ...changes };
    this.#options.store.updateBan(record);
    this.#remember(record);
    this.#queue.push({
      change: { action: 'add', ...enforced(record) },
      ban: { id: record.id, event: 'prolong' },
      closes: ban.gentle && !record.gentle,
    });
    return record;
  }

  /** Records the end of bans. @param liftedBy the actor, where one decided on it */
  end(
    bans: readonly Pick<BanRecord, 'id' | 'jail' | 'network' | 'until'>[],
    endedBy: EndedBy,
    liftedBy?: string,
  ): void {
    const { store, clock, onEnd } = this.#options;
    store.endBans(
      bans.map(({ id }) => id),
      clock.now(),
      endedBy,
      liftedBy,
    );
    for (const ban of bans) {
      const key = keyOf(ban);
      this.#forget(ban);
      onEnd(key);
      const { id, jail, network, until } = ban;
      this.#queue.push({ change: { action: 'remove', jail, network, until }, ban: null, ended: id });
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
        while (this.#queue.length > 0) {
          await this.#applyBatch();
          if (this.#untold.length >= maxUntold) this.#tell();
        }
        this.#tell();
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
      for (const pending of batch) this.#untold.push({ ...pending, failed: true });
      return;
    }
    if (ids.length > 0) {
      store.transaction(() => {
        store.setBanState(possible, 'active');
        store.setBanState(impossible, 'failed', firewall.limits[0] ?? 'This host cannot enforce it.');
      });
    }
    const changes = (of: readonly Pending[]) => of.map(({ change }) => change);
    this.#options.onApplied(
      changes(batch.filter(({ closes }) => closes)),
      changes(batch.filter(({ change }) => change.action === 'remove')),
    );
    for (const pending of batch) this.#untold.push({ ...pending, failed: false });
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

  /** Publishes what the changes came to. */
  #tell(): void {
    const { events, store } = this.#options;
    const untold = this.#untold;
    this.#untold = [];
    for (const { change, ban, ended, failed } of untold) {
      if (ban === null) events.publish('unban', { id: ended, ip: String(change.network), jail: change.jail });
      else {
        const record = store.banInForce(change.jail, change.network);
        if (record !== undefined) events.publish(failed ? 'failed' : ban.event, { ...toBan(record) });
      }
    }
  }
}

/** Names a ban's place in the kernel: its jail and its network. */
export const keyOf = ({ jail, network }: Pick<EnforcedBan, 'jail' | 'network'>): string =>
  `${jail} ${network}`;

const enforced = ({
  jail,
  network,
  until,
  gentle,
}: Pick<BanRecord, 'jail' | 'network' | 'until' | 'gentle'>): EnforcedBan => ({
  jail,
  network,
  until,
  gentle,
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
