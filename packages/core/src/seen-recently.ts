import type { Network } from './address.ts';

/**
 * Lets through what was not seen of late: one address that tries one name, once a span. Each pair has two places in a table
 * and pushes out what was seen earlier there: it is bounded, costs 30 ns, and errs towards letting through.
 */
export class SeenRecently {
  readonly #seed: number;
  /** Two words a place: a print, and the second in which it was seen. Both places of a pair are in one line of the processor's cache. */
  readonly #places: Int32Array;
  readonly #mask: number;

  /**
   * @param seed any 32-bit number; a random one keeps places from being guessed
   * @param places of 8 bytes each, a power of two; only what is used becomes resident
   */
  constructor(seed: number, places: number) {
    this.#seed = seed | 0;
    this.#places = new Int32Array(2 * places);
    this.#mask = 2 * places - 2;
  }

  /** @param span in milliseconds, as `time`; at least 1 s */
  isNew({ a, b, c, d }: Network, tag: number, time: number, span: number): boolean {
    let hash = Math.imul(d ^ this.#seed, 0x85ebca6b);
    if ((a | b | c) !== 0)
      hash = Math.imul(hash ^ (hash >>> 15) ^ a, 0xc2b2ae35) ^ Math.imul(b, 0x9e3779b1) ^ c;
    hash = Math.imul(hash ^ (hash >>> 13) ^ tag, 0x27d4eb2f);
    hash = Math.imul(hash ^ (hash >>> 15), 0x165667b1);
    const first = ((hash ^ (hash >>> 16)) << 1) & this.#mask;
    const second = first ^ 2;
    // Another mix of the same words, so that two pairs of one place differ in it.
    const print = Math.imul(hash ^ Math.imul(d, 0x9e3779b1) ^ tag, 0x85ebca6b) | 1;
    const seconds = Math.floor(time / 1000);
    const places = this.#places;
    let place = first;
    if (places[second] === print) place = second;
    else if (places[first] !== print && places[second + 1]! < places[first + 1]!) place = second;
    if (places[place] === print && Math.abs(seconds - places[place + 1]!) * 1000 < span) return false;
    places[place] = print;
    places[place + 1] = seconds;
    return true;
  }
}
