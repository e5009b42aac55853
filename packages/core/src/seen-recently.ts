import type { Network } from './address.ts';

/**
 * Lets through what was not seen of late: one address that tries one name, once a span. Each pair has two places in a table
 * and pushes out what was seen earlier there: it is bounded, costs 30 ns, and errs towards letting through.
 */
export class SeenRecently {
  readonly #seed: number;
  readonly #prints: Int32Array;
  readonly #seconds: Int32Array;

  /**
   * @param seed any 32-bit number; a random one keeps places from being guessed
   * @param places of 8 bytes each, a power of two; only what is used becomes resident
   */
  constructor(seed: number, places: number) {
    this.#seed = seed | 0;
    this.#prints = new Int32Array(places);
    this.#seconds = new Int32Array(places);
  }

  /** @param span in milliseconds, as `time`; at least 1 s */
  isNew({ a, b, c, d }: Network, tag: number, time: number, span: number): boolean {
    let hash = Math.imul(d ^ this.#seed, 0x85ebca6b);
    if ((a | b | c) !== 0)
      hash = Math.imul(hash ^ (hash >>> 15) ^ a, 0xc2b2ae35) ^ Math.imul(b, 0x9e3779b1) ^ c;
    hash = Math.imul(hash ^ (hash >>> 13) ^ tag, 0x27d4eb2f);
    hash = Math.imul(hash ^ (hash >>> 15), 0x165667b1);
    const first = (hash ^ (hash >>> 16)) & (this.#prints.length - 1);
    const second = first ^ 1;
    // Another mix of the same words, so that two pairs of one place differ in it.
    const print = Math.imul(hash ^ Math.imul(d, 0x9e3779b1) ^ tag, 0x85ebca6b) | 1;
    const seconds = Math.floor(time / 1000);
    let place = first;
    if (this.#prints[second] === print) place = second;
    else if (this.#prints[first] !== print && this.#seconds[second]! < this.#seconds[first]!) place = second;
    if (this.#prints[place] === print && Math.abs(seconds - this.#seconds[place]!) * 1000 < span)
      return false;
    this.#prints[place] = print;
    this.#seconds[place] = seconds;
    return true;
  }
}
