import { Network } from './address.ts';
import { grown } from './grown.ts';

const NONE = -1;
const initialSlots = 1024;

/** What a slot holds, in words of 32 bits: four of key, the next slot in its bucket (or in the list of free slots), its neighbours. */
const slotWords = 8;
const CHAIN = 4;
const OLDER = 5;
const NEWER = 6;

/**
 * Gives each client (an IPv4 address or an IPv6 network) a slot, a small number, and keeps clients in the order in
 * which they were touched. Typed arrays that double, found by a seeded hash: every step takes constant time, and a
 * million clients are nothing that the garbage collector would have to walk. All that a slot holds is in one line of the
 * processor's cache, because with many clients each step waits for memory.
 */
export class ClientTable {
  size = 0;
  readonly #seed: number;
  #buckets = new Int32Array(initialSlots * 2).fill(NONE);
  #slots = new Int32Array(initialSlots * slotWords);
  #free = NONE;
  #used = 0;
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
    return this.#slots[slot * slotWords + NEWER]!;
  }

  find({ family, a, b, c, d }: Network): number | undefined {
    // IPv4 is kept as its mapped IPv6 address, so that one key serves both.
    const high = family === 4 ? 0xffff : c | 0;
    const slots = this.#slots;
    for (let slot = this.#buckets[this.#hash(a | 0, b | 0, high, d | 0)]!; slot !== NONE; ) {
      const at = slot * slotWords;
      if (
        slots[at + 3] === (d | 0) &&
        slots[at + 2] === high &&
        slots[at + 1] === (b | 0) &&
        slots[at] === (a | 0)
      )
        return slot;
      slot = slots[at + CHAIN]!;
    }
    return undefined;
  }

  /** The client's first address. */
  networkOf(slot: number): Network {
    const at = slot * slotWords;
    const word = (index: number) => this.#slots[at + index]! >>> 0;
    if (word(0) === 0 && word(1) === 0 && word(2) === 0xffff) return new Network(4, 0, 0, 0, word(3));
    return new Network(6, word(0), word(1), word(2), word(3));
  }

  /** Adds a client that is not there, as the newest. */
  add({ family, a, b, c, d }: Network): number {
    let slot = this.#free;
    if (slot === NONE) {
      if ((this.#used + 1) * slotWords > this.#slots.length) this.#grow();
      slot = this.#used++;
    } else this.#free = this.#slots[slot * slotWords + CHAIN]!;
    const slots = this.#slots;
    const at = slot * slotWords;
    slots[at] = a;
    slots[at + 1] = b;
    slots[at + 2] = family === 4 ? 0xffff : c;
    slots[at + 3] = d;
    this.#chain(slot);
    this.#append(slot);
    this.size++;
    return slot;
  }

  remove(slot: number): void {
    const slots = this.#slots;
    const at = slot * slotWords;
    const bucket = this.#bucketOf(slot);
    if (this.#buckets[bucket] === slot) this.#buckets[bucket] = slots[at + CHAIN]!;
    else {
      let before = this.#buckets[bucket]! * slotWords;
      while (slots[before + CHAIN] !== slot) before = slots[before + CHAIN]! * slotWords;
      slots[before + CHAIN] = slots[at + CHAIN]!;
    }
    this.#unlink(slot);
    slots[at + CHAIN] = this.#free;
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
    const slots = this.#slots;
    slots[slot * slotWords + OLDER] = this.#newest;
    slots[slot * slotWords + NEWER] = NONE;
    if (this.#newest === NONE) this.#oldest = slot;
    else slots[this.#newest * slotWords + NEWER] = slot;
    this.#newest = slot;
  }

  #unlink(slot: number): void {
    const slots = this.#slots;
    const older = slots[slot * slotWords + OLDER]!;
    const newer = slots[slot * slotWords + NEWER]!;
    if (older === NONE) this.#oldest = newer;
    else slots[older * slotWords + NEWER] = newer;
    if (newer === NONE) this.#newest = older;
    else slots[newer * slotWords + OLDER] = older;
  }

  #grow(): void {
    this.#slots = grown(this.#slots, this.#slots.length * 2);
    this.#buckets = new Int32Array(this.#buckets.length * 2).fill(NONE);
    // It grows only when no slot is free: every one of them is in use.
    for (let slot = 0; slot < this.#used; slot++) this.#chain(slot);
  }

  /** Puts a slot into the bucket of its key. */
  #chain(slot: number): void {
    const bucket = this.#bucketOf(slot);
    this.#slots[slot * slotWords + CHAIN] = this.#buckets[bucket]!;
    this.#buckets[bucket] = slot;
  }

  #bucketOf(slot: number): number {
    const at = slot * slotWords;
    const slots = this.#slots;
    return this.#hash(slots[at]!, slots[at + 1]!, slots[at + 2]!, slots[at + 3]!);
  }

  #hash(a: number, b: number, c: number, d: number): number {
    let hash = Math.imul(a ^ this.#seed, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15) ^ b, 0xc2b2ae35);
    hash = Math.imul(hash ^ (hash >>> 13) ^ c, 0x27d4eb2f);
    hash = Math.imul(hash ^ (hash >>> 15) ^ d, 0x165667b1);
    return (hash ^ (hash >>> 16)) & (this.#buckets.length - 1);
  }
}
