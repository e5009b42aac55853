import type { Network } from './address.ts';
import { ClientTable } from './client-table.ts';
import { FailureWindows } from './failure-windows.ts';

/** A window of failures for each key, a bounded number of them: the key that failed longest ago makes room. */
export class WindowTable {
  /** Keys that made room. */
  evicted = 0;
  readonly windows: FailureWindows;
  readonly #keys: ClientTable;
  readonly #most: number;

  /** @param onForget called with the number of each failure that is forgotten, in whatever way */
  constructor(most: number, seed: number, onForget: ((failure: number) => void) | null = null) {
    this.#most = most;
    this.#keys = new ClientTable(seed);
    this.windows = new FailureWindows(onForget);
  }

  get size(): number {
    return this.#keys.size;
  }

  find(key: Network): number | undefined {
    return this.#keys.find(key);
  }

  /** The key's window, an empty one where it has none; it is the one that failed last now. */
  open(key: Network): number {
    const slot = this.#keys.find(key) ?? this.#add(key);
    this.#keys.touch(slot);
    return slot;
  }

  /** The key: of a network its first address. */
  keyOf(slot: number): Network {
    return this.#keys.networkOf(slot);
  }

  /** Those that failed longest ago first. The one that was given may be removed meanwhile, no other. */
  *slots(): Generator<number> {
    for (let slot = this.#keys.oldest; slot >= 0; ) {
      const next = this.#keys.newer(slot);
      yield slot;
      slot = next;
    }
  }

  remove(slot: number): void {
    this.windows.clear(slot);
    this.#keys.remove(slot);
  }

  /** Removes those whose newest failure lies before `since`, in the order of `slots`, up to the first that stays. */
  sweep(since: number): void {
    for (let slot = this.#keys.oldest; slot >= 0 && this.windows.newest(slot) < since; ) {
      this.remove(slot);
      slot = this.#keys.oldest;
    }
  }

  #add(key: Network): number {
    if (this.#keys.size >= this.#most) {
      this.remove(this.#keys.oldest);
      this.evicted++;
    }
    const slot = this.#keys.add(key);
    this.windows.open(slot);
    return slot;
  }
}
