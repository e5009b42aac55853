import type { Network } from './address.ts';
import { Beginnings } from './beginnings.ts';
import { isReserved, reservedRange, reservedWithin } from './reserved.ts';

/** Why an address is never banned. */
export interface Exemption {
  readonly network: Network;
  /**
   * `reserved`: no client can have it. `host`: this machine's, its gateways' or resolvers'. `allow`: the allow list.
   * `proxy`: many clients stand behind it.
   */
  readonly source: 'reserved' | 'host' | 'ignoreip' | 'allow' | 'proxy';
  /** What exempts it, as a sentence. */
  readonly detail: string;
  /** When it ends; null: never. */
  readonly until: number | null;
}

type Key = number | string;

/** What tells the network of `prefix` bits around this one from others of its length; a number where that suffices. */
const keyOf = (network: Network, prefix: number): Key => {
  if (network.family === 4) return prefix === 0 ? 0 : (network.d & (-1 << (32 - prefix))) >>> 0;
  const { a, b, c, d } = network.widen(prefix);
  return `${a}:${b}:${c}:${d}`;
};

/**
 * Finds the exemption that covers an address: one look for each length of prefix in use, however many entries there
 * are. Reserved ranges always count, and are found first.
 */
export class ExemptionList {
  readonly #byPrefix: { family: 4 | 6; prefix: number; entries: Map<Key, Exemption[]> }[] = [];
  readonly #beginnings: Beginnings;

  constructor(exemptions: Iterable<Exemption> = []) {
    const all = [...exemptions];
    this.#beginnings = new Beginnings(all.map(({ network }) => network));
    for (const exemption of all) {
      const { family, prefix } = exemption.network;
      let group = this.#byPrefix.find((known) => known.family === family && known.prefix === prefix);
      if (group === undefined) {
        group = { family, prefix, entries: new Map() };
        this.#byPrefix.push(group);
      }
      const key = keyOf(exemption.network, prefix);
      group.entries.set(key, [...(group.entries.get(key) ?? []), exemption]);
    }
  }

  /** How many there are, by source, but for the reserved ranges. */
  countBySource(): Map<Exemption['source'], number> {
    const counts = new Map<Exemption['source'], number>();
    for (const { source } of this.#byPrefix.flatMap(({ entries }) => [...entries.values()].flat())) {
      counts.set(source, (counts.get(source) ?? 0) + 1);
    }
    return counts;
  }

  /** The exemption that covers the whole network at `now`; null where none does. */
  covering(network: Network, now: number): Exemption | null {
    return isReserved(network) ? reservedExemption(network) : this.listed(network, now);
  }

  /** As `covering`, for an address that is known not to be reserved. */
  listed(network: Network, now: number): Exemption | null {
    if (!this.#beginnings.mayHold(network)) return null;
    for (const { family, prefix, entries } of this.#byPrefix) {
      if (family !== network.family || prefix > network.prefix) continue;
      const found = entries.get(keyOf(network, prefix));
      const current = found?.find(({ until }) => until === null || until > now);
      if (current !== undefined) return current;
    }
    return null;
  }

  /** Every exemption that has an address in common with the network at `now`. */
  overlapping(network: Network, now: number): Exemption[] {
    const covering = this.covering(network, now);
    const found = covering === null ? reservedWithin(network).map(reservedExemption) : [covering];
    for (const { family, entries } of this.#byPrefix) {
      if (family !== network.family) continue;
      for (const group of entries.values()) {
        for (const exemption of group) {
          const current = exemption.until === null || exemption.until > now;
          if (current && exemption !== covering && exemption.network.overlaps(network)) found.push(exemption);
        }
      }
    }
    return found;
  }
}

function reservedExemption(network: Network): Exemption {
  const range = reservedRange(network.family, [network.a, network.b, network.c, network.d]);
  const what = network.isSingle ? 'address' : 'network';
  const article = /^[aeiou]/i.test(range ?? '') ? 'an' : 'a';
  return {
    network,
    source: 'reserved',
    detail: `${network} is ${article} ${range} ${what}, which no client can have`,
    until: null,
  };
}
