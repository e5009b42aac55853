import {
  type AnsweredHold,
  type Hold,
  type HoldState,
  type Page,
  PortcullisError,
  type RequestAnswer,
} from '@portcullis/contracts';
import {
  type BanRecord,
  type BanStore,
  type Clock,
  type Detector,
  type HostEvent,
  holdStep,
  type KnownGoodPolicy,
  type Network,
  type Verdict,
} from '@portcullis/core';
import { keyOf } from './enforcer.ts';
import { addEvidence, noEvidence, toBan } from './evidence.ts';
import type { JudgedBan } from './known-good.ts';
import type { Paging } from './operations.ts';
import { type HeldBan, type KnownGoodTable, toHold } from './store/known-good.ts';

/** Failures that a hold remembers by number. */
const maxFailureIds = 2_000;

/** What becomes of a ban that was held: gentle, at most so long, in milliseconds (null: as the jail says), and why it is made now. */
export interface HeldEnd {
  readonly bantime: number | null;
  readonly because: string;
  /** Who decided so; left out: nobody answered. */
  readonly by?: string;
}

export interface HoldsOptions {
  readonly table: KnownGoodTable;
  readonly store: Pick<BanStore, 'transaction' | 'failuresById' | 'addAudit' | 'saveForgotten'>;
  readonly clock: Clock;
  readonly detector: Pick<Detector, 'forget'>;
  readonly lastFailureId: () => number;
  readonly settings: () => KnownGoodPolicy;
  readonly hasJail: (name: string) => boolean;
  readonly isExempt: (network: Network, jail: string) => boolean;
  /** Makes the ban, in the transaction that is open. */
  readonly ban: (verdict: Verdict, end: HeldEnd) => BanRecord[];
  /** Called after the transaction: what was recorded may be applied now. */
  readonly committed: () => Promise<void>;
  readonly tell: (event: HostEvent) => void;
}

/** Bans that wait for the administrator. Each ends in time by itself, also across restarts. */
export class Holds {
  readonly #options: HoldsOptions;
  readonly #open: Map<string, HeldBan>;
  #timer: NodeJS.Timeout | null = null;
  #stopped = false;

  constructor(options: HoldsOptions) {
    this.#options = options;
    this.#open = new Map(options.table.openHolds().map((held) => [keyOf(held), held]));
  }

  get size(): number {
    return this.#open.size;
  }

  /**
   * Holds a ban, or adds to one that is held; inside the transaction of its lines.
   * @returns what is to be banned at once all the same; null where it waits
   */
  take(judged: JudgedBan): JudgedBan | null {
    const { verdict, failures, because } = judged;
    const key = keyOf(verdict);
    const held = this.#open.get(key);
    const step = holdStep(judged.act, held?.failures ?? null, verdict.failures, this.#open.size);
    if (held !== undefined) return this.#add(held, judged, step === 'end');
    if (step === 'ban') return { ...judged, act: 'ban' };
    const { table, clock, settings, tell } = this.#options;
    const now = clock.now();
    const { sites, users } = addEvidence(noEvidence, failures);
    const hold = table.saveHold({
      jail: verdict.jail,
      network: verdict.network,
      since: now,
      until: now + settings().holdFor,
      failures: verdict.failures,
      failureIds: verdict.failureIds.slice(-maxFailureIds),
      sites,
      users,
      because,
      state: 'open',
      endedAt: null,
    });
    this.#open.set(key, hold);
    this.#audit('daemon', 'hold', hold, because);
    tell({
      kind: 'held',
      id: hold.id,
      ip: String(hold.network),
      jail: hold.jail,
      failures: hold.failures,
      sites: { ...sites },
      until: hold.until,
      because,
    });
    this.schedule();
    return null;
  }

  #add(held: HeldBan, { verdict, failures, bantime }: JudgedBan, isEnd: boolean): JudgedBan | null {
    const { sites, users } = addEvidence({ ...noEvidence, sites: held.sites, users: held.users }, failures);
    const more = {
      ...held,
      failures: held.failures + verdict.failures,
      failureIds: [...held.failureIds, ...verdict.failureIds].slice(-maxFailureIds),
      sites,
      users,
    };
    if (!isEnd) {
      this.#open.set(keyOf(held), this.#options.table.saveHold(more));
      return null;
    }
    this.#close(more, 'made');
    const all = this.#options.store.failuresById(more.failureIds);
    return {
      act: 'ban',
      verdict: { ...verdict, failures: more.failures, failureIds: more.failureIds },
      failures: all,
      bantime: bantime ?? this.#options.settings().bantime,
      because: 'held before, and the failures went on',
    };
  }

  list(query: Paging & { state?: HoldState }): Page<Hold> {
    return this.#options.table.listHolds(query);
  }

  /** Those that wait and have an address in common with the network. */
  of(network: Network): Hold[] {
    return [...this.#open.values()].filter((held) => held.network.overlaps(network)).map(toHold);
  }

  /** @throws PortcullisError not_found, already_answered */
  async answer(actor: string, id: number, state: RequestAnswer['state']): Promise<AnsweredHold> {
    const { table, store, detector, lastFailureId, committed } = this.#options;
    const held = table.hold(id);
    if (held === undefined) {
      throw new PortcullisError('not_found', `No ban with the number h${id} was held.`, {
        hint: '`portcullis requests` lists those that wait.',
      });
    }
    if (held.state !== 'open') {
      throw new PortcullisError(
        'already_answered',
        `The ban of ${held.network} no longer waits: it is ${held.state}.`,
        {
          hint: `\`portcullis why ${held.network}\` tells how the address stands.`,
        },
      );
    }
    const made = store.transaction(
      () => {
        this.#close(held, state);
        this.#audit(actor, state === 'approved' ? 'approve' : 'decline', held, `held ban h${id}`);
        if (state === 'approved') return this.#make(held, { bantime: null, because: 'approved', by: actor });
        detector.forget(held.network, held.jail);
        store.saveForgotten([{ jail: held.jail, network: held.network, failureId: lastFailureId() }]);
        return [];
      },
      { durable: true },
    );
    await committed();
    return { hold: toHold(table.hold(id)!), bans: made.map(toBan) };
  }

  /** Makes the bans whose time to wait is over. */
  endDue(): void {
    const { store, clock, settings, hasJail, isExempt, committed } = this.#options;
    const now = clock.now();
    const due = [...this.#open.values()].filter(({ until }) => until <= now);
    if (due.length > 0) {
      store.transaction(() => {
        for (const held of due) {
          const isVoid = !hasJail(held.jail) || isExempt(held.network, held.jail);
          this.#close(held, isVoid ? 'dropped' : 'made');
          if (!isVoid) this.#make(held, { bantime: settings().bantime, because: 'held, and not answered' });
        }
      });
      void committed();
    }
    this.schedule();
  }

  /** Waits for the next end. */
  schedule(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#stopped || this.#open.size === 0) return;
    const next = Math.min(...[...this.#open.values()].map(({ until }) => until));
    // A clock that was set back must not hold a ban for as long as it was ahead.
    const delay = Math.min(
      Math.max(next - this.#options.clock.now(), 0),
      this.#options.settings().holdFor || 1,
    );
    this.#timer = setTimeout(() => this.endDue(), delay + 1);
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #close(held: HeldBan, state: HoldState): void {
    const { table, clock } = this.#options;
    this.#open.delete(keyOf(held));
    table.saveHold({ ...held, state, endedAt: clock.now() });
  }

  #make(held: HeldBan, end: HeldEnd): BanRecord[] {
    const { jail, network, failures, failureIds } = held;
    const verdict = {
      jail,
      network,
      time: this.#options.clock.now(),
      failures,
      failureIds,
      failureCounts: [],
      failureTimes: [],
    };
    return this.#options.ban(verdict, { ...end, because: `${end.because}: ${held.because}` });
  }

  #audit(actor: string, action: 'hold' | 'approve' | 'decline', held: HeldBan, detail: string): void {
    const at = new Date(this.#options.clock.now()).toISOString();
    const { network, jail } = held;
    this.#options.store.addAudit({ at, actor, action, ip: String(network), jail, detail });
  }
}
