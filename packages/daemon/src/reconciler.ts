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
/**
 * Ends that differ by less are the same, in milliseconds: the kernel counts whole seconds, and a busy machine takes
 * seconds to carry or list a hundred thousand bans. A living daemon ends each ban on time whatever the kernel counts.
 */
const endTolerance = 15_000;

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
  /** What the kernel held after `install`, until `verify` has used it or anything else was written. */
  #found: StructureReport | null = null;
  /** Grows when the jails or the firewall are others. */
  #generation = 0;

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
    this.#found = null;
    if (!this.#suspicious) this.enforced = sum(this.#countEnforceable().values());
  }

  /** Something went wrong: look at everything soon. */
  suspect(): void {
    this.#found = null;
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
      const look = await this.#look();
      await enforcer.exclusively(() => this.#verify(look));
      health.set('firewall_failed', '', null);
    } catch (error) {
      this.#suspicious = true;
      const detail = error instanceof Error ? error.message : String(error);
      health.set('firewall_failed', '', `The firewall cannot be used: ${detail}`);
    }
  }

  /** The jails or the firewall are others now: the next `verify` installs anew. */
  changed(): void {
    this.#generation++;
    this.#installed = false;
    this.#suspicious = true;
  }

  /** Puts chains, sets and jumps in place for the jails there are now, and drops those of others. */
  async install(): Promise<void> {
    const { firewall, jails, health } = this.#options;
    // Later what is missing is to be counted as a repair.
    const first = this.#comparedAt === Number.NEGATIVE_INFINITY && sum(this.#countEnforceable().values()) > 0;
    this.#found = await firewall.install(jails(), first ? this.#enforceable() : []);
    this.#installed = true;
    health.keep('ipv6_unenforced', new Set(firewall.limits));
    for (const limit of firewall.limits) health.set('ipv6_unenforced', limit, limit);
  }

  /** Reads what the kernel holds; bans go on meanwhile, but for the moment in which it is counted. */
  async #look(): Promise<Look> {
    const { firewall, enforcer } = this.#options;
    const generation = this.#generation;
    let wanted = this.#countHeld();
    if (this.#found !== null) return { report: this.#found, wanted, generation };
    const report = await firewall.inspect((read) =>
      enforcer.exclusively(async () => {
        const found = await read();
        wanted = this.#countHeld();
        return found;
      }),
    );
    return { report, wanted, generation };
  }

  async #verify({ report, wanted, generation }: Look): Promise<void> {
    const { clock, firewall, jails } = this.#options;
    if (generation !== this.#generation) return;
    let now = report;
    if (now.faults.length > 0) {
      // Another look may have mended them meanwhile.
      const { faults } = await firewall.inspect();
      this.#suspicious = true;
      await this.install();
      now = this.#found!;
      if (faults.length > 0) this.#tell(faults);
    }
    this.#found = null;
    const due = this.#suspicious || Math.abs(clock.now() - this.#comparedAt) >= compareInterval;
    if (due || !sameNumbers(wanted, now, jails())) await this.#compare(now);
    else this.enforced = sum(this.#countHeld().values());
    this.verifiedAt = clock.now();
  }

  /** Bans by jail that the kernel must hold now: without what the enforcer has not carried there yet. */
  #countHeld(): ReadonlyMap<string, number> {
    const waiting = this.#options.enforcer.waitingByJail();
    const wanted = this.#countEnforceable();
    if (waiting.size === 0) return wanted;
    return new Map([...wanted].map(([jail, bans]) => [jail, bans - (waiting.get(jail) ?? 0)]));
  }

  /** Bans by jail that the kernel can hold: without IPv6 in the kernel, those of IPv4. */
  #countEnforceable(): ReadonlyMap<string, number> {
    const { firewall, store } = this.#options;
    if (firewall.families.length === 2) return store.countBansInForce();
    const counts = new Map<string, number>();
    for (const { jail } of this.#enforceable()) counts.set(jail, (counts.get(jail) ?? 0) + 1);
    return counts;
  }

  *#enforceable(): Iterable<WantedBan> {
    const { firewall, store } = this.#options;
    const jails = new Set(this.#options.jails());
    const { families, sparesPorts } = firewall;
    for (const ban of store.bansInForce()) {
      if (!jails.has(ban.jail) || !families.includes(ban.network.family)) continue;
      yield ban.gentle && !sparesPorts ? { ...ban, gentle: false } : ban;
    }
  }

  /** Compares entry by entry, repairs, and looks again only where something was repaired. */
  async #compare(report: StructureReport): Promise<void> {
    const { firewall, clock } = this.#options;
    let repaired = isEmpty(report) ? await this.#fill() : 0;
    const nothing = isEmpty(report) && repaired === 0;
    let { plan, unconfirmed } = this.#plan(nothing ? [] : await firewall.list());
    if (plan.length > 0) {
      repaired += plan.length;
      await firewall.apply(plan);
      ({ plan, unconfirmed } = this.#plan(await firewall.list()));
    }
    if (plan.length > 0)
      throw new Error(`${plan.length} entries still differ after a repair, first ${plan[0]!.network}`);
    const first = this.#comparedAt === Number.NEGATIVE_INFINITY;
    if (repaired > 0 && !first)
      this.#tell([`Entries that differed from what is wanted: ${repaired}.`], repaired);
    this.#confirm(unconfirmed);
    this.#comparedAt = clock.now();
    this.#suspicious = false;
    this.enforced = sum(this.#countEnforceable().values());
  }

  /** Carries all that is wanted to a kernel that has nothing, while it is read. @returns how many bans */
  async #fill(): Promise<number> {
    let bans = 0;
    const changes = function* (wanted: Iterable<EnforcedBan>): Generator<FirewallChange> {
      for (const { jail, network, until, gentle = false } of wanted) {
        bans++;
        yield { action: 'add', jail, network, until, gentle };
      }
    };
    await this.#options.firewall.apply(changes(this.#enforceable()));
    return bans;
  }

  /**
   * What differs, and the wanted bans that are not known to be enforced. Left out is what was decided meanwhile: the
   * enforcer carries that to the kernel.
   */
  #plan(held: readonly EnforcedBan[]): {
    plan: readonly FirewallChange[];
    unconfirmed: readonly WantedBan[];
  } {
    const { enforcer, clock } = this.#options;
    const waiting = enforcer.waiting();
    const unconfirmed: WantedBan[] = [];
    const watched = function* (wanted: Iterable<WantedBan>): Generator<WantedBan> {
      for (const ban of wanted) {
        if (ban.state !== 'active' && !waiting.has(keyOf(ban))) unconfirmed.push(ban);
        yield ban;
      }
    };
    const plan = planRepair(watched(this.#enforceable()), held, clock.now(), endTolerance);
    return { plan: plan.filter((change) => !waiting.has(keyOf(change))), unconfirmed };
  }

  /** Bans that had failed or were not confirmed are active: the kernel was seen to hold them. */
  #confirm(confirmed: readonly WantedBan[]): void {
    const { store, events } = this.#options;
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

/** What the kernel held, and by jail how many bans it must have held, when it was counted. */
interface Look {
  readonly report: StructureReport;
  readonly wanted: ReadonlyMap<string, number>;
  readonly generation: number;
}

/** A ban that the kernel can hold. */
type WantedBan = EnforcedBan & { readonly id: number; readonly state: string };

const sum = (numbers: Iterable<number>): number => {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
};

const isEmpty = ({ entries }: StructureReport): boolean => sum(entries.values()) === 0;

const sameNumbers = (
  wanted: ReadonlyMap<string, number>,
  held: StructureReport,
  jails: readonly string[],
): boolean => jails.every((jail) => (wanted.get(jail) ?? 0) === (held.entries.get(jail) ?? 0));
