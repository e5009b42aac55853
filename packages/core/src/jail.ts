import { Network } from './address.ts';

export interface JailOptions {
  readonly name: string;
  /** Failures that make a verdict, 1 to 1000. */
  readonly maxretry: number;
  /** The window, in milliseconds. */
  readonly findtime: number;
  /** Addresses that are remembered; beyond it the one that failed longest ago is forgotten. */
  readonly maxTracked: number;
  /** Any 32-bit number; a random one keeps the table's order from being guessed by whoever chooses addresses. */
  readonly seed: number;
}

/** Failures of one address reached maxretry within findtime. */
export interface Verdict {
  readonly jail: string;
  readonly network: Network;
  /** The newest failure's time: when the ban starts. */
  readonly time: number;
  readonly failures: number;
  /** The failures that count for it, oldest first: their ids, and how many events each stands for. */
  readonly failureIds: readonly number[];
  readonly failureCounts: readonly number[];
}

const NONE = -1;
const initialSlots = 1024;

/**
 * Counts failures in an exact sliding window: an address is due when those with `time >= newest - findtime` reach
 * maxretry; it is then forgotten. (fail2ban extrapolates a rate instead.) Lines may come out of order.
 *
 * A million addresses are cheap: addresses and failures live in typed arrays (about 40 and 24 bytes each) that grow by
 * doubling, found by a seeded hash and ordered by their latest arrival, so counting, forgetting and evicting take
 * constant time. An address never holds more than maxretry - 1 failures.
 */
export class Jail {
  readonly name: string;
  readonly maxretry: number;
  readonly findtime: number;
  readonly maxTracked: number;
  /** Addresses tracked now. */
  tracked = 0;
  /** Failures counted since the start. */
  counted = 0;
  /** Addresses forgotten because of `maxTracked`. */
  evicted = 0;

  readonly #seed: number;
  #buckets = new Int32Array(initialSlots * 2).fill(NONE);
  // Per address: four words of key, its hash chain, its place in the order of arrival, and its failures by time.
  #keys = new Uint32Array(initialSlots * 4);
  #chain = new Int32Array(initialSlots);
  #older = new Int32Array(initialSlots);
  #newer = new Int32Array(initialSlots);
  #first = new Int32Array(initialSlots);
  #last = new Int32Array(initialSlots);
  #total = new Int32Array(initialSlots);
  #freeSlot = NONE;
  #slots = 0;
  #oldest = NONE;
  #newest = NONE;
  // Per failure.
  #time = new Float64Array(initialSlots);
  #id = new Float64Array(initialSlots);
  #count = new Int32Array(initialSlots);
  #next = new Int32Array(initialSlots);
  #freeFailure = NONE;
  #failures = 0;

  constructor(options: JailOptions) {
    this.name = options.name;
    this.maxretry = options.maxretry;
    this.findtime = options.findtime;
    this.maxTracked = options.maxTracked;
    this.#seed = options.seed | 0;
  }

  /**
   * Counts one failure of a network (an IPv4 address, or the IPv6 network that stands for one client).
   * @param id grows with each failure
   * @param count how many events it stands for, at least 1
   */
  fail(network: Network, time: number, id: number, count: number): Verdict | null {
    this.counted += count;
    const slot = this.#find(network) ?? this.#add(network);
    this.#touch(slot);
    const last = this.#last[slot]!;
    const newest = last === NONE ? time : Math.max(this.#time[last]!, time);
    this.#expire(slot, newest - this.findtime);
    if (time >= newest - this.findtime) this.#insert(slot, time, id, count);
    const failures = this.#total[slot]!;
    if (failures < this.maxretry) return null;
    const verdict: Verdict = { jail: this.name, network, time: newest, failures, ...this.#evidence(slot) };
    this.#remove(slot);
    return verdict;
  }

  /** Forgets the failures of one client. @returns whether there were any */
  forget(network: Network): boolean {
    const slot = this.#find(network);
    if (slot === undefined) return false;
    this.#remove(slot);
    return true;
  }

  /** Forgets the failures of every client in the network; looks at all of them. @returns whether there were any */
  forgetWithin(network: Network): boolean {
    let found = false;
    for (let slot = this.#oldest; slot !== NONE; ) {
      const next = this.#newer[slot]!;
      if (network.contains(this.#networkOf(slot))) {
        this.#remove(slot);
        found = true;
      }
      slot = next;
    }
    return found;
  }

  /** Failures of the network that lie within findtime of its newest one. */
  failuresOf(network: Network): number {
    const slot = this.#find(network);
    return slot === undefined ? 0 : this.#total[slot]!;
  }

  /** Forgets addresses whose newest failure is older than findtime at `now`, those that arrived longest ago first. */
  sweep(now: number): void {
    while (this.#oldest !== NONE && this.#time[this.#last[this.#oldest]!]! < now - this.findtime) {
      this.#remove(this.#oldest);
    }
  }

  // ─── Addresses ─────────────────────────────────────────────────────────────────────────────────────────────────

  #hash(a: number, b: number, c: number, d: number): number {
    let hash = Math.imul(a ^ this.#seed, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15) ^ b, 0xc2b2ae35);
    hash = Math.imul(hash ^ (hash >>> 13) ^ c, 0x27d4eb2f);
    hash = Math.imul(hash ^ (hash >>> 15) ^ d, 0x165667b1);
    return (hash ^ (hash >>> 16)) & (this.#buckets.length - 1);
  }

  #find({ family, a, b, c, d }: Network): number | undefined {
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

  #networkOf(slot: number): Network {
    const [a, b, c, d] = this.#keys.subarray(slot * 4, slot * 4 + 4) as unknown as [
      number,
      number,
      number,
      number,
    ];
    return a === 0 && b === 0 && c === 0xffff ? new Network(4, 0, 0, 0, d) : new Network(6, a, b, c, d);
  }

  #add({ family, a, b, c, d }: Network): number {
    if (this.tracked >= this.maxTracked) {
      this.#remove(this.#oldest);
      this.evicted++;
    }
    let slot = this.#freeSlot;
    if (slot === NONE) {
      if (this.#slots === this.#chain.length) this.#growSlots();
      slot = this.#slots++;
    } else this.#freeSlot = this.#chain[slot]!;
    const high = family === 4 ? 0xffff : c;
    this.#keys.set([a, b, high, d], slot * 4);
    const bucket = this.#hash(a, b, high, d);
    this.#chain[slot] = this.#buckets[bucket]!;
    this.#buckets[bucket] = slot;
    this.#first[slot] = this.#last[slot] = NONE;
    this.#total[slot] = 0;
    this.#append(slot);
    this.tracked++;
    return slot;
  }

  #remove(slot: number): void {
    while (this.#first[slot] !== NONE) this.#dropFirst(slot);
    const key = slot * 4;
    const keys = this.#keys;
    const bucket = this.#hash(keys[key]!, keys[key + 1]!, keys[key + 2]!, keys[key + 3]!);
    if (this.#buckets[bucket] === slot) this.#buckets[bucket] = this.#chain[slot]!;
    else {
      let before = this.#buckets[bucket]!;
      while (this.#chain[before] !== slot) before = this.#chain[before]!;
      this.#chain[before] = this.#chain[slot]!;
    }
    this.#unlink(slot);
    this.#chain[slot] = this.#freeSlot;
    this.#freeSlot = slot;
    this.tracked--;
  }

  #touch(slot: number): void {
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

  #growSlots(): void {
    const size = this.#chain.length * 2;
    this.#keys = grown(this.#keys, size * 4);
    this.#older = grown(this.#older, size);
    this.#newer = grown(this.#newer, size);
    this.#first = grown(this.#first, size);
    this.#last = grown(this.#last, size);
    this.#total = grown(this.#total, size);
    this.#chain = new Int32Array(size);
    this.#buckets = new Int32Array(size * 2).fill(NONE);
    const keys = this.#keys;
    // It grows only when no slot is free: every one of them is in use.
    for (let slot = 0; slot < this.#slots; slot++) {
      const key = slot * 4;
      const bucket = this.#hash(keys[key]!, keys[key + 1]!, keys[key + 2]!, keys[key + 3]!);
      this.#chain[slot] = this.#buckets[bucket]!;
      this.#buckets[bucket] = slot;
    }
  }

  // ─── Failures ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** Puts a failure in its place by time; nearly always that is the end. */
  #insert(slot: number, time: number, id: number, count: number): void {
    const failure = this.#takeFailure();
    this.#time[failure] = time;
    this.#id[failure] = id;
    this.#count[failure] = count;
    this.#total[slot]! += count;
    const last = this.#last[slot]!;
    if (last === NONE || this.#time[last]! <= time) {
      this.#next[failure] = NONE;
      if (last === NONE) this.#first[slot] = failure;
      else this.#next[last] = failure;
      this.#last[slot] = failure;
      return;
    }
    let before = NONE;
    let after = this.#first[slot]!;
    while (this.#time[after]! <= time) {
      before = after;
      after = this.#next[after]!;
    }
    this.#next[failure] = after;
    if (before === NONE) this.#first[slot] = failure;
    else this.#next[before] = failure;
  }

  #expire(slot: number, since: number): void {
    while (this.#first[slot] !== NONE && this.#time[this.#first[slot]!]! < since) this.#dropFirst(slot);
  }

  #dropFirst(slot: number): void {
    const failure = this.#first[slot]!;
    this.#first[slot] = this.#next[failure]!;
    if (this.#first[slot] === NONE) this.#last[slot] = NONE;
    this.#total[slot]! -= this.#count[failure]!;
    this.#next[failure] = this.#freeFailure;
    this.#freeFailure = failure;
  }

  #evidence(slot: number): Pick<Verdict, 'failureIds' | 'failureCounts'> {
    const failureIds: number[] = [];
    const failureCounts: number[] = [];
    for (let failure = this.#first[slot]!; failure !== NONE; failure = this.#next[failure]!) {
      failureIds.push(this.#id[failure]!);
      failureCounts.push(this.#count[failure]!);
    }
    return { failureIds, failureCounts };
  }

  #takeFailure(): number {
    const free = this.#freeFailure;
    if (free !== NONE) {
      this.#freeFailure = this.#next[free]!;
      return free;
    }
    if (this.#failures === this.#time.length) {
      const size = this.#time.length * 2;
      this.#time = grown(this.#time, size);
      this.#id = grown(this.#id, size);
      this.#count = grown(this.#count, size);
      this.#next = grown(this.#next, size);
    }
    return this.#failures++;
  }
}

function grown<T extends Int32Array | Uint32Array | Float64Array>(array: T, length: number): T {
  const larger = new (array.constructor as new (length: number) => T)(length);
  larger.set(array);
  return larger;
}
