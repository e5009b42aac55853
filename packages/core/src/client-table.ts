import { Network } from './address.ts';
import { grown } from './grown.ts';

const NONE = -1;
const initialSlots = 1024;

/**
 * Gives each client (an IPv4 address or an IPv6 network) a slot, a small number, and keeps clients in the order in
 * which they were touched. Typed arrays that double, found by a seeded hash: every step takes constant time, and a
 * million clients are nothing that the garbage collector would have to walk.
 */
export class ClientTable {
  size = 0;
  readonly #seed: number;
  #buckets = new Int32Array(initialSlots * 2).fill(NONE);
  // Per slot: four words of key, the next in its bucket (or in the list of free slots), and its neighbours in order.
  #keys = new Uint32Array(initialSlots * 4);
  #chain = new Int32Array(initialSlots);
  #older = new Int32Array(initialSlots);
  #newer = new Int32Array(initialSlots);
  #free = NONE;
  #slots = 0;
  #oldest = NONE;
  #newest = NONE;

  /** @param seed any 32-bit number; a random one keeps buckets from being guessed by whoever chooses addresses */
  constructor(seed: number) {
    this.#seed = seed | 0;
  }

  /** The slot that was touched longest ago; -1 where there is none. */
  get oldest(): number {
    return this.#oldest;
  }

  /** The slot that was touched next after this one; -1 where there is none. */
  newer(slot: number): number {
    return this.#newer[slot]!;
  }

  find({ family, a, b, c, d }: Network): number | undefined {
    // IPv4 is kept as its mapped IPv6 address, so that one key serves both.
    const high = family === 4 ? 0xffff : c;
    const keys = this.#keys;
    for (let slot = this.#buckets[this.#hash(a, b, high, d)]!; slot !== NONE; slot = this.#chain[slot]!) {
      const key = slot * 4;
      if (keys[key + 3] === d && keys[key + 2] === high && keys[key + 1] === b && keys[key] === a)
        return slot;
    }
    return undefined;
  }

  /** The client's first address. */
  networkOf(slot: number): Network {
    const [a, b, c, d] = this.#keys.subarray(slot * 4) as unknown as [number, number, number, number];
    return a === 0 && b === 0 && c === 0xffff ? new Network(4, 0, 0, 0, d) : new Network(6, a, b, c, d);
  }

  /** Adds a client that is not there, as the newest. */
  add({ family, a, b, c, d }: Network): number {
    let slot = this.#free;
    if (slot === NONE) {
      if (this.#slots === this.#chain.length) this.#grow();
      slot = this.#slots++;
    } else this.#free = this.#chain[slot]!;
    const high = family === 4 ? 0xffff : c;
    const key = slot * 4;
    this.#keys[key] = a;
    this.#keys[key + 1] = b;
    this.#keys[key + 2] = high;
    this.#keys[key + 3] = d;
    const bucket = this.#hash(a, b, high, d);
    this.#chain[slot] = this.#buckets[bucket]!;
    this.#buckets[bucket] = slot;
    this.#append(slot);
    this.size++;
    return slot;
  }

  remove(slot: number): void {
    const bucket = this.#bucketOf(slot);
    if (this.#buckets[bucket] === slot) this.#buckets[bucket] = this.#chain[slot]!;
    else {
      let before = this.#buckets[bucket]!;
      while (this.#chain[before] !== slot) before = this.#chain[before]!;
      this.#chain[before] = this.#chain[slot]!;
    }
    this.#unlink(slot);
    this.#chain[slot] = this.#free;
    this.#free = slot;
    this.size--;
  }

  /** Makes the client the newest. */
  touch(slot: number): void {
    if (slot === this.#newest) return;
    this.#unlink(slot);
    this.#append(slot);
  }

  #append(slot: number): void {
    this.#older[slot] = this.#newest;
    this.#newer[slot] = NONE;
    if (this.#newest === NONE) this.#oldest = slot;
    else this.#newer[this.#newest] = slot;
    this.#newest = slot;
  }

  #unlink(slot: number): void {
    const older = this.#older[slot]!;
    const newer = this.#newer[slot]!;
    if (older === NONE) this.#oldest = newer;
    else this.#newer[older] = newer;
    if (newer === NONE) this.#newest = older;
    else this.#older[newer] = older;
  }

  #grow(): void {
    const size = this.#chain.length * 2;
    this.#keys = grown(this.#keys, size * 4);
    this.#older = grown(this.#older, size);
    this.#newer = grown(this.#newer, size);
    this.#chain = new Int32Array(size);
    this.#buckets = new Int32Array(size * 2).fill(NONE);
    // It grows only when no slot is free: every one of them is in use.
    for (let slot = 0; slot < this.#slots; slot++) {
      const bucket = this.#bucketOf(slot);
      this.#chain[slot] = this.#buckets[bucket]!;
      this.#buckets[bucket] = slot;
    }
  }

  #bucketOf(slot: number): number {
    const key = slot * 4;
    const keys = this.#keys;
    return this.#hash(keys[key]!, keys[key + 1]!, keys[key + 2]!, keys[key + 3]!);
  }

  #hash(a: number, b: number, c: number, d: number): number {
    let hash = Math.imul(a ^ this.#seed, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15) ^ b, 0xc2b2ae35);
    hash = Math.imul(hash ^ (hash >>> 13) ^ c, 0x27d4eb2f);
    hash = Math.imul(hash ^ (hash >>> 15) ^ d, 0x165667b1);
    return (hash ^ (hash >>> 16)) & (this.#buckets.length - 1);
  }
}
