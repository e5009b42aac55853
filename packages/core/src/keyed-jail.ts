import { Network } from './address.ts';
import { type ClientPrefixes, clientNetwork } from './client-network.ts';
import { FailureClients } from './failure-clients.ts';
import type { FailureWindows } from './failure-windows.ts';
import type { JailOptions, Verdict } from './jail.ts';
import { type Exhausted, SiteMeasure } from './site-measure.ts';
import { WindowTable } from './window-table.ts';

/** A window in which a client has failures. */
export interface KeyWindow {
  readonly key: number;
  /** Of all clients. */
  readonly failures: number;
  /** The id of the client's latest failure in it. */
  readonly latestId: number;
}

const none: readonly Verdict[] = [];

/** Keys are numbers of 32 bits, and tables find four words: a key is the lowest of them. */
const asKey = (key: number): Network => new Network(4, 0, 0, 0, key);

/**
 * Counts failures that have a key in common (a name, an autonomous system), in the exact window of `Jail`: when those of one key
 * reach maxretry, each client that has one of them is due, by a verdict of its own, and all that was counted of it is forgotten.
 *
 * What speaks against a client are its own failures: where all of them are one source's lines it counts towards that source's
 * measure, whoever wrote the others. Beyond it the client is left out and its failures stay, so that the key is one failure
 * below a verdict.
 *
 * A key never holds more than maxretry - 1 failures, of which each costs 48 bytes, and 48 more for a client.
 */
export class KeyedJail {
  readonly name: string;
  readonly maxretry: number;
  readonly findtime: number;
  readonly maxTracked: number;
  /** Failures counted from lines; what is counted again from the store does not add to it. */
  counted = 0;
  readonly #prefixes: ClientPrefixes;
  readonly #clients: FailureClients;
  readonly #keys: WindowTable;
  readonly #windows: FailureWindows;
  readonly #measure: SiteMeasure;

  constructor(options: JailOptions & ClientPrefixes) {
    this.name = options.name;
    this.maxretry = options.maxretry;
    this.findtime = options.findtime;
    this.maxTracked = options.maxTracked;
    this.#prefixes = options;
    this.#clients = new FailureClients(options.seed);
    this.#keys = new WindowTable(options.maxTracked, options.seed, (failure) =>
      this.#clients.remove(failure),
    );
    this.#windows = this.#keys.windows;
    this.#measure = new SiteMeasure(options.maxBansPerSite ?? -1);
  }

  /** Keys tracked now. */
  get tracked(): number {
    return this.#keys.size;
  }

  /** Keys forgotten because of `maxTracked`. */
  get evicted(): number {
    return this.#keys.evicted;
  }

  /** Clients that have failures in some window. */
  get clients(): number {
    return this.#clients.size;
  }

  /**
   * Counts one failure.
   * @param client the network that stands for it, by the jail's prefixes
   * @param id grows with each failure
   * @param count how many events it stands for, at least 1
   * @param source as of `Jail.fail`
   */
  fail(
    key: number,
    client: Network,
    time: number,
    id: number,
    count: number,
    source = 0,
  ): readonly Verdict[] {
    const windows = this.#windows;
    const slot = this.#keys.open(asKey(key));
    const newest = Math.max(windows.newest(slot), time);
    windows.expire(slot, newest - this.findtime);
    if (time >= newest - this.findtime)
      this.#clients.put(windows.insert(slot, time, id, count, 0, source), client, slot);
    return windows.total(slot) < this.maxretry ? none : this.#decide(slot, newest, id);
  }

  #decide(slot: number, newest: number, id: number): Verdict[] {
    const windows = this.#windows;
    const byClient = Map.groupBy(windows.failures(slot), (failure) => this.#clients.clientOf(failure));
    const together = {
      key: this.#keys.keyOf(slot).d,
      failures: windows.total(slot),
      clients: byClient.size,
      since: windows.timeOf(windows.failures(slot).next().value!),
      settled: id,
    };
    const verdicts: Verdict[] = [];
    for (const [number, failures] of byClient) {
      const network = clientNetwork(this.#clients.networkOf(number), this.#prefixes);
      if (!this.#isWitnessed(failures, network, newest)) continue;
      const failureCounts = failures.map((failure) => windows.countOf(failure));
      verdicts.push({
        jail: this.name,
        network,
        time: newest,
        failures: failureCounts.reduce((sum, count) => sum + count, 0),
        failureIds: failures.map((failure) => windows.idOf(failure)),
        failureCounts,
        failureTimes: failures.map((failure) => windows.timeOf(failure)),
        together,
      });
    }
    for (const { network } of verdicts) this.forget(network);
    if (verdicts.length < byClient.size) windows.trim(slot, Math.max(1, this.maxretry - 1));
    return verdicts;
  }

  #isWitnessed([first, ...others]: readonly number[], network: Network, time: number): boolean {
    const source = this.#windows.sourceOf(first!);
    if (source === 0 || others.some((failure) => this.#windows.sourceOf(failure) !== source)) return true;
    return this.#measure.take(source, network, time);
  }

  /** Forgets the failures of one client, in every window. @returns whether there were any */
  forget(client: Network): boolean {
    const failures = this.#clients.of(client);
    for (const failure of failures) this.#drop(failure);
    return failures.length > 0;
  }

  /** Forgets the failures of every client in the network; looks at all clients. @returns whether there were any */
  forgetWithin(network: Network): boolean {
    const clients = this.#clients.within(network);
    for (const client of clients) this.forget(client);
    return clients.length > 0;
  }

  /** The clients in the network, each by its first address; looks at all of them. */
  clientsWithin(network: Network): readonly Network[] {
    return this.#clients.within(network);
  }

  /** The ids of the failures that are counted of one client, in whichever window. */
  failureIdsOf(client: Network): readonly number[] {
    return this.#clients.of(client).map((failure) => this.#windows.idOf(failure));
  }

  /** Failures of one client that are counted, in all windows. */
  failuresOf(client: Network): number {
    return this.#clients.of(client).reduce((sum, failure) => sum + this.#windows.countOf(failure), 0);
  }

  /** Forgets single failures of one client; its others count on. */
  forgetFailures(client: Network, ids: ReadonlySet<number>): void {
    for (const failure of this.#clients.of(client)) {
      if (ids.has(this.#windows.idOf(failure))) this.#drop(failure);
    }
  }

  /** The windows in which a client has failures, the fullest first. */
  windowsOf(client: Network): KeyWindow[] {
    const windows = new Map<number, KeyWindow>();
    for (const failure of this.#clients.of(client)) {
      const slot = this.#clients.windowOf(failure);
      if (windows.has(slot)) continue;
      windows.set(slot, {
        key: this.#keys.keyOf(slot).d,
        failures: this.#windows.total(slot),
        latestId: this.#windows.idOf(failure),
      });
    }
    return [...windows.values()].sort((one, other) => other.failures - one.failures);
  }

  /** Forgets keys whose newest failure is older than findtime at `now`, those that arrived longest ago first. */
  sweep(now: number): void {
    this.#keys.sweep(now - this.findtime);
  }

  /** Sources that are beyond their measure at `now`. */
  exhausted(now: number): Exhausted[] {
    return this.#measure.exhausted(now);
  }

  /** Forgets one failure, and its key with the last one. */
  #drop(failure: number): void {
    const slot = this.#clients.windowOf(failure);
    this.#windows.remove(slot, failure);
    if (this.#windows.isEmpty(slot)) this.#keys.remove(slot);
  }
}
