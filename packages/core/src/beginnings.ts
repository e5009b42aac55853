import type { Network } from './address.ts';

/** Of every beginning a bit. */
const beginningBits = 12;
const words = 2 ** beginningBits / 32;

/**
 * With which 12 bits the networks of a list begin: for nearly every address one look says that it is in none of them. A kilobyte,
 * because each site may have a list.
 */
export class Beginnings {
  readonly #v4 = new Uint32Array(words);
  readonly #v6 = new Uint32Array(words);

  constructor(networks: Iterable<Network>) {
    for (const network of networks) {
      const table = network.family === 4 ? this.#v4 : this.#v6;
      const first = beginningOf(network);
      const open = Math.max(0, beginningBits - network.prefix);
      for (let at = first; at < first + 2 ** open; at++) table[at >>> 5]! |= 1 << at;
    }
  }

  /** Whether one of the networks may hold this one. */
  mayHold(network: Network): boolean {
    const at = beginningOf(network);
    return ((network.family === 4 ? this.#v4 : this.#v6)[at >>> 5]! & (1 << at)) !== 0;
  }
}

const beginningOf = ({ family, a, d }: Network): number => (family === 4 ? d : a) >>> (32 - beginningBits);
