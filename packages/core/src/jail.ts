import type { Network } from './address.ts';
import type { FailureWindows } from './failure-windows.ts';
import { type Exhausted, SiteMeasure } from './site-measure.ts';
import { WindowTable } from './window-table.ts';

export interface JailOptions {
  readonly name: string;
  /** Failures that make a verdict, 1 to 1000. */
  readonly maxretry: number;
  /** The window, in milliseconds. */
  readonly findtime: number;
  /** Addresses that are remembered; beyond it the one that failed longest ago is forgotten. */
  readonly maxTracked: number;
  /** Clients that one source of lines alone may make due in an hour; -1 or left out: no limit. */
  readonly maxBansPerSite?: number;
  /** Any 32-bit number; a random one keeps the table's order from being guessed by whoever chooses addresses. */
  readonly seed: number;
}

/** What speaks against several clients at once: failures with one key. */
export interface Together {
  /** The number of the autonomous system, or the tag of the name that was tried, as 32 bits without sign. */
  readonly key: number;
  /** Failures of all clients, and how many clients there are. */
  readonly failures: number;
  readonly clients: number;
  /** The oldest failure's time. */
  readonly since: number;
  /** The id of the failure that made the verdict: what was counted of the client up to it is settled. */
  readonly settled: number;
}

/** Failures of one address, or of all that have a key in common, reached maxretry within findtime. */
export interface Verdict {
  readonly jail: string;
  readonly network: Network;
  /** The newest failure's time: when the ban starts. */
  readonly time: number;
  readonly failures: number;
  /** The failures that count for it, oldest first: their ids, how many events each stands for, and when each was. */
  readonly failureIds: readonly number[];
  readonly failureCounts: readonly number[];
  readonly failureTimes: readonly number[];
  /** The campaign whose lower maxretry decided; left out: the jail's own did. */
  readonly campaign?: string;
  /** What that campaign requires. */
  readonly required?: number;
  /** Where failures of several clients counted together; left out: those of this one alone did. */
  readonly together?: Together;
  /** Failures that counted with these, of others who are not banned for them; left out: there are none. */
  readonly leftOut?: number;
}

/**
 * Counts failures in an exact sliding window: an address is due when those with `time >= newest - findtime` reach
 * maxretry; it is then forgotten. (fail2ban extrapolates a rate instead.) Lines may come out of order.
 *
 * A million addresses are cheap: about 60 bytes each, and 32 for each failure; counting, forgetting one and evicting
 * take constant time. An address never holds more than maxretry - 1 failures, or one where maxretry is 1.
 */
export class Jail {
  readonly name: string;
  readonly maxretry: number;
  readonly findtime: number;
  readonly maxTracked: number;
  /** Failures counted from lines; what is counted again from the store does not add to it. */
  counted = 0;
  readonly #clients: WindowTable;
  readonly #windows: FailureWindows;
  readonly #measure: SiteMeasure;

  constructor(options: JailOptions) {
    this.name = options.name;
    this.maxretry = options.maxretry;
    this.findtime = options.findtime;
    this.maxTracked = options.maxTracked;
    this.#clients = new WindowTable(options.maxTracked, options.seed);
    this.#windows = this.#clients.windows;
    this.#measure = new SiteMeasure(options.maxBansPerSite ?? -1);
  }

  /** Addresses tracked now. */
  get tracked(): number {
    return this.#clients.size;
  }

  /** Addresses forgotten because of `maxTracked`. */
  get evicted(): number {
    return this.#clients.evicted;
  }

  /**
   * Counts one failure of a network (an IPv4 address, or the IPv6 network that stands for one client).
   * @param id grows with each failure
   * @param count how many events it stands for, at least 1
   * @param tag of the name tried; 0 where there is none
   * @param source who wrote the line, a site or a user; beyond the measure of one, another must witness, too. 0: not known,
   *   and not measured
   */
  fail(network: Network, time: number, id: number, count: number, tag = 0, source = 0): Verdict | null {
    const windows = this.#windows;
    const slot = this.#clients.open(network);
    const newest = Math.max(windows.newest(slot), time);
    windows.expire(slot, newest - this.findtime);
    if (time >= newest - this.findtime) windows.insert(slot, time, id, count, tag, source);
    const failures = windows.total(slot);
    if (failures < this.maxretry || !this.#isWitnessed(slot, network, newest)) return null;
    const { failureIds, failureCounts, failureTimes } = windows.evidence(slot);
    this.#clients.remove(slot);
    return { jail: this.name, network, time: newest, failures, failureIds, failureCounts, failureTimes };
  }

  /** A verdict by a lower maxretry, on those failures alone that fit by their tags. */
  lowered(network: Network, maxretry: number, fits: (tag: number) => boolean): Verdict | null {
    const slot = this.#clients.find(network);
    if (slot === undefined) return null;
    const evidence = this.#windows.evidence(slot, fits);
    const failures = evidence.failureCounts.reduce((sum, count) => sum + count, 0);
    if (failures < maxretry || !this.#isWitnessed(slot, network, this.#windows.newest(slot))) return null;
    const verdict = { jail: this.name, network, time: this.#windows.newest(slot), failures, ...evidence };
    this.#clients.remove(slot);
    return verdict;
  }

  /** Forgets the failures of one client. @returns whether there were any */
  forget(network: Network): boolean {
    const slot = this.#clients.find(network);
    if (slot === undefined) return false;
    this.#clients.remove(slot);
    return true;
  }

  /** Forgets the failures of every client in the network; looks at all of them. @returns whether there were any */
  forgetWithin(network: Network): boolean {
    let found = false;
    for (const slot of this.#clients.slots()) {
      if (!network.contains(this.#clients.keyOf(slot))) continue;
      this.#clients.remove(slot);
      found = true;
    }
    return found;
  }

  /** The clients in the network, each by its first address; looks at all of them. */
  clientsWithin(network: Network): readonly Network[] {
    return [...this.#clients.slots()]
      .map((slot) => this.#clients.keyOf(slot))
      .filter((client) => network.contains(client));
  }

  /** The ids of the failures that are counted of one client, oldest first. */
  failureIdsOf(network: Network): readonly number[] {
    const slot = this.#clients.find(network);
    return slot === undefined ? [] : this.#windows.evidence(slot).failureIds;
  }

  /** Forgets single failures of one client; its others count on. */
  forgetFailures(network: Network, ids: ReadonlySet<number>): void {
    const slot = this.#clients.find(network);
    if (slot === undefined) return;
    this.#windows.drop(slot, ids);
    if (this.#windows.total(slot) === 0) this.#clients.remove(slot);
  }

  /** Failures of the network that lie within findtime of its newest one. */
  failuresOf(network: Network): number {
    const slot = this.#clients.find(network);
    return slot === undefined ? 0 : this.#windows.total(slot);
  }

  /** Forgets addresses whose newest failure is older than findtime at `now`, those that arrived longest ago first. */
  sweep(now: number): void {
    this.#clients.sweep(now - this.findtime);
  }

  /** Sources that are beyond their measure at `now`. */
  exhausted(now: number): Exhausted[] {
    return this.#measure.exhausted(now);
  }

  /** Whether several sources, or one within its measure, speak against the client. If not, it stays one failure below. */
  #isWitnessed(slot: number, network: Network, time: number): boolean {
    const source = this.#windows.soleSource(slot);
    if (source <= 0 || this.#measure.take(source, network, time)) return true;
    this.#windows.trim(slot, Math.max(1, this.maxretry - 1));
    return false;
  }
}
