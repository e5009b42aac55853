import type { Network } from './address.ts';
import { ClientTable } from './client-table.ts';
import { grown } from './grown.ts';

const NONE = -1;
const initialSize = 1024;

/**
 * Whose each failure is, and which failures each client has, where those of several clients are in one window. Failures are
 * the numbers that `FailureWindows` gives them, so that jails which count by address have none of this: 16 bytes for each,
 * and 40 for a client.
 */
export class FailureClients {
  readonly #table: ClientTable;
  // Per client, by slot: its latest failure, and how many it has.
  #latest = new Int32Array(initialSize);
  #failures = new Int32Array(initialSize);
  // Per failure: its client's slot, its window, and its neighbours among the client's failures.
  #client = new Int32Array(initialSize);
  #window = new Int32Array(initialSize);
  #earlier = new Int32Array(initialSize);
  #later = new Int32Array(initialSize);

  constructor(seed: number) {
    this.#table = new ClientTable(seed);
  }

  /** Clients that have failures. */
  get size(): number {
    return this.#table.size;
  }

  /** Says whose a failure is, and in which window. */
  put(failure: number, client: Network, window: number): void {
    const slot = this.#table.find(client) ?? this.#add(client);
    this.#reserve(failure);
    const latest = this.#latest[slot]!;
    this.#client[failure] = slot;
    this.#window[failure] = window;
    this.#earlier[failure] = latest;
    this.#later[failure] = NONE;
    if (latest !== NONE) this.#later[latest] = failure;
    this.#latest[slot] = failure;
    this.#failures[slot]!++;
  }

  /** Forgets a failure, and its client with the last one. */
  remove(failure: number): void {
    const slot = this.#client[failure]!;
    const earlier = this.#earlier[failure]!;
    const later = this.#later[failure]!;
    if (earlier !== NONE) this.#later[earlier] = later;
    if (later !== NONE) this.#earlier[later] = earlier;
    else this.#latest[slot] = earlier;
    if (--this.#failures[slot]! === 0) this.#table.remove(slot);
  }

  /** The client of a failure, as a number. */
  clientOf(failure: number): number {
    return this.#client[failure]!;
  }

  windowOf(failure: number): number {
    return this.#window[failure]!;
  }

  /** A client: of a network its first address. */
  networkOf(client: number): Network {
    return this.#table.networkOf(client);
  }

  /** All failures of a client, the latest first. */
  of(client: Network): number[] {
    const failures: number[] = [];
    const slot = this.#table.find(client);
    if (slot === undefined) return failures;
    for (let failure = this.#latest[slot]!; failure !== NONE; failure = this.#earlier[failure]!)
      failures.push(failure);
    return failures;
  }

  /** The clients in a network, each by its first address; looks at all of them. */
  within(network: Network): Network[] {
    const found: Network[] = [];
    for (let slot = this.#table.oldest; slot >= 0; slot = this.#table.newer(slot)) {
      const client = this.#table.networkOf(slot);
      if (network.contains(client)) found.push(client);
    }
    return found;
  }

  #add(client: Network): number {
    const slot = this.#table.add(client);
    if (slot >= this.#latest.length) {
      this.#latest = grown(this.#latest, this.#latest.length * 2);
      this.#failures = grown(this.#failures, this.#failures.length * 2);
    }
    this.#latest[slot] = NONE;
    this.#failures[slot] = 0;
    return slot;
  }

  #reserve(failure: number): void {
    if (failure < this.#client.length) return;
    const size = this.#client.length * 2;
    this.#client = grown(this.#client, size);
    this.#window = grown(this.#window, size);
    this.#earlier = grown(this.#earlier, size);
    this.#later = grown(this.#later, size);
  }
}
