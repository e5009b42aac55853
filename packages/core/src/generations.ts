/**
 * A map of bounded size: two generations of half of it each. When the young one is full the old one goes, with all that was not
 * asked for since it was young, and the young one becomes old. So what is used stays, every step takes constant time, and
 * there is no order to keep.
 */
export class Generations<K, V> {
  readonly #half: number;
  readonly #spare: ((value: V) => boolean) | undefined;
  readonly #dropped: ((value: V) => void) | undefined;
  #young = new Map<K, V>();
  #old = new Map<K, V>();

  /**
   * @param most entries, at least 4
   * @param spare which of those that would go are kept once more, at most a quarter of `most`
   * @param dropped called with each that goes
   */
  constructor(most: number, spare?: (value: V) => boolean, dropped?: (value: V) => void) {
    this.#half = Math.floor(most / 2);
    this.#spare = spare;
    this.#dropped = dropped;
  }

  /** Entries held; one that was asked for since it became old is held twice. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** @returns what is there, kept for another generation */
  get(key: K): V | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  /** @returns what is there, without keeping it for longer */
  peek(key: K): V | undefined {
    return this.#young.get(key) ?? this.#old.get(key);
  }

  set(key: K, value: V): void {
    this.#young.set(key, value);
    if (this.#young.size < this.#half) return;
    const gone = this.#old;
    this.#old = this.#young;
    this.#young = new Map();
    for (const [known, dropped] of gone) {
      if (this.#old.has(known)) continue;
      if (this.#spare?.(dropped) && this.#young.size < this.#half / 2) this.#young.set(known, dropped);
      else this.#dropped?.(dropped);
    }
  }

  *keys(): Iterable<K> {
    yield* this.#young.keys();
    for (const key of this.#old.keys()) if (!this.#young.has(key)) yield key;
  }

  /** Deletes what is over; `dropped` is not called. */
  forget(isOver: (value: V) => boolean): void {
    for (const map of [this.#young, this.#old]) {
      for (const [key, value] of map) if (isOver(value)) map.delete(key);
    }
  }

  clear(): void {
    this.#young = new Map();
    this.#old = new Map();
  }
}
