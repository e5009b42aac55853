import {
  type BanStore,
  type Clock,
  type EnforcedBan,
  type Firewall,
  type FirewallChange,
  planRepair,
  type StructureReport,
} from '@portcullis/core';
import { type Enforcer, keyOf } from './enforcer.ts';
import type { EventHub } from './event-hub.ts';
import { toBan } from './evidence.ts';
import type { Health } from './health.ts';

/** How often the kernel is looked at, in milliseconds: a repair must be done within 5 s. */
const inspectInterval = 3_000;
/** How often every entry is compared although the numbers agree, in milliseconds. */
const compareInterval = 10 * 60_000;
/** The kernel counts whole seconds: ends that differ by less are the same, in milliseconds. */
const endTolerance = 2_000;

export interface ReconcilerOptions {
  readonly store: BanStore;
  readonly firewall: Firewall;
  readonly enforcer: Enforcer;
  readonly clock: Clock;
  readonly events: EventHub;
  readonly health: Health;
  readonly jails: () => readonly string[];
  /** Ends the bans whose time is over, before they are compared. */
  readonly endDue: () => void;
}

/**
 * Proves that the kernel holds what is wanted: structure and numbers every few seconds, every entry now and then, and
 * both after anything went wrong. What differs is repaired, counted and told.
 */
export class Reconciler {
  /** Differences mended since the start. */
  repairs = 0;
  /** Wanted bans that the kernel held when last verified. */
  enforced = 0;
  verifiedAt: number | null = null;
  readonly #options: ReconcilerOptions;
  #timer: NodeJS.Timeout | null = null;
  #comparedAt = Number.NEGATIVE_INFINITY;
  #suspicious = true;
  #installed = false;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#schedule(inspectInterval);
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** The kernel took a batch: unless something is suspicious, it holds what is wanted. */
  applied(): void {
    if (!this.#suspicious) this.enforced = sum(this.#countEnforceable().values());
  }

  /** Something went wrong: look at everything soon. */
  suspect(): void {
    this.#suspicious = true;
    if (this.#timer !== null) this.#schedule(0);
  }

  #schedule(delay: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(async () => {
      await this.verify();
      if (this.#timer !== null) this.#schedule(inspectInterval);
    }, delay);
  }

  /** Compares, repairs, and says what holds. Never rejects: what cannot be repaired stands in health. */
  async verify(): Promise<void> {
    const { enforcer, health } = this.#options;
    this.#options.endDue();
    try {
      if (!this.#installed) await enforcer.exclusively(() => this.install());
      await enforcer.flush();
      await enforcer.exclusively(() => this.#verify());
      health.set('firewall_failed', '', null);
    } catch (error) {
      this.#suspicious = true;
      const detail = error instanceof Error ? error.message : String(error);
      health.set('firewall_failed', '', `The firewall cannot be used: ${detail}`);
    }
  }

  /** The jails or the firewall are others now: the next `verify` installs anew. */
  changed(): void {
    this.#installed = false;
    this.#suspicious = true;
  }

  /** Puts chains, sets and jumps in place for the jails there are now, and drops those of others. */
  async install(): Promise<void> {
    const { firewall, jails, health } = this.#options;
    await firewall.install(jails());
    this.#installed = true;
    health.keep('ipv6_unenforced', new Set(firewall.limits));
    for (const limit of firewall.limits) health.set('ipv6_unenforced', limit, limit);
  }

  async #verify(): Promise<void> {
    const { firewall, clock } = this.#options;
    let report = await firewall.inspect();
    if (report.faults.length > 0) {
      const { faults } = report;
      this.#suspicious = true;
      await this.install();
      report = await firewall.inspect();
      if (report.faults.length > 0) throw new Error(report.faults.join(' '));
      this.#tell(faults);
    }
    const wanted = this.#countEnforceable();
    const due = this.#suspicious || Math.abs(clock.now() - this.#comparedAt) >= compareInterval;
    if (due || !sameNumbers(wanted, report, this.#options.jails())) await this.#compare();
    else this.enforced = sum(wanted.values());
    this.verifiedAt = clock.now();
  }

  /** Bans by jail that the kernel can hold: without IPv6 in the kernel, those of IPv4. */
  #countEnforceable(): ReadonlyMap<string, number> {
    const { firewall, store } = this.#options;
    if (firewall.families.length === 2) return store.countBansInForce();
    const counts = new Map<string, number>();
    for (const { jail } of this.#enforceable()) counts.set(jail, (counts.get(jail) ?? 0) + 1);
    return counts;
  }

  *#enforceable(): Iterable<EnforcedBan & { readonly id: number; readonly state: string }> {
    const { firewall, store } = this.#options;
    const jails = new Set(this.#options.jails());
    for (const ban of store.bansInForce()) {
      if (jails.has(ban.jail) && firewall.families.includes(ban.network.family)) yield ban;
    }
  }

  /** Compares entry by entry, repairs, and looks again only where something was repaired. */
  async #compare(): Promise<void> {
    const { firewall, clock } = this.#options;
    const plan = await this.#plan();
    if (plan.length > 0) {
      await firewall.apply(plan);
      const left = await this.#plan();
      if (left.length > 0)
        throw new Error(`${left.length} entries still differ after a repair, first ${left[0]!.network}`);
      const first = this.#comparedAt === Number.NEGATIVE_INFINITY;
      if (!first) this.#tell([`Entries that differed from what is wanted: ${plan.length}.`], plan.length);
    }
    this.#confirm();
    this.#comparedAt = clock.now();
    this.#suspicious = false;
    this.enforced = sum(this.#countEnforceable().values());
  }

  /** What differs, but for bans that were decided meanwhile: the enforcer carries those to the kernel. */
  async #plan(): Promise<FirewallChange[]> {
    const { firewall, enforcer, clock } = this.#options;
    const held = await firewall.list();
    const waiting = enforcer.waiting();
    const plan = planRepair(this.#enforceable(), held, clock.now(), endTolerance);
    return plan.filter((change) => !waiting.has(keyOf(change)));
  }

  /** Whatever is wanted and does not wait is there now: bans that had failed or were not confirmed are active. */
  #confirm(): void {
    const { store, enforcer, events } = this.#options;
    const waiting = enforcer.waiting();
    const confirmed = [...this.#enforceable()].filter(
      (ban) => ban.state !== 'active' && !waiting.has(keyOf(ban)),
    );
    if (confirmed.length === 0) return;
    store.transaction(() =>
      store.setBanState(
        confirmed.map(({ id }) => id),
        'active',
      ),
    );
    for (const { jail, network } of confirmed) {
      const ban = store.banInForce(jail, network);
      if (ban !== undefined) events.publish('ban', { ...toBan(ban) });
    }
  }

  #tell(faults: readonly string[], repairs: number = faults.length): void {
    this.repairs += repairs;
    this.#options.events.publish('repair', { faults: [...faults], repairs });
  }
}

const sum = (numbers: Iterable<number>): number => {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
};

const sameNumbers = (
  wanted: ReadonlyMap<string, number>,
  held: StructureReport,
  jails: readonly string[],
): boolean => jails.every((jail) => (wanted.get(jail) ?? 0) === (held.entries.get(jail) ?? 0));
