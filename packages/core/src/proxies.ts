import { type Network, parseNetwork } from './address.ts';
import { Beginnings } from './beginnings.ts';
import { cdnRanges } from './cdn-ranges.ts';

/** Addresses behind which many clients stand: a ban would hit them all. */
export interface ProxyRange {
  readonly network: Network;
  /** Whose they are, as a sentence: `104.16.0.0/13 is Cloudflare’s`. */
  readonly detail: string;
}

/**
 * Finds the proxy that an address belongs to. For nearly every address that is one look at a table, because few beginnings
 * are anybody's; for the others two comparisons for each doubling of their number. No allocation.
 */
export class Proxies {
  readonly #v4: readonly ProxyRange[];
  readonly #v6: readonly ProxyRange[];
  readonly #beginnings: Beginnings;

  constructor(proxies: Iterable<ProxyRange> = []) {
    const all = [...proxies];
    this.#v4 = disjoint(all.filter(({ network }) => network.family === 4));
    this.#v6 = disjoint(all.filter(({ network }) => network.family === 6));
    this.#beginnings = new Beginnings(all.map(({ network }) => network));
  }

  /** The proxy whose range holds the whole network; null where none does. */
  find(network: Network): ProxyRange | null {
    if (!this.#beginnings.mayHold(network)) return null;
    const ranges = network.family === 4 ? this.#v4 : this.#v6;
    let low = 0;
    let high = ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compare(ranges[middle]!.network, network) <= 0) low = middle + 1;
      else high = middle;
    }
    const candidate = ranges[low - 1];
    return candidate?.network.contains(network) ? candidate : null;
  }

  /** Every proxy that has an address in common with the network. */
  overlapping(network: Network): ProxyRange[] {
    return [...this.#v4, ...this.#v6].filter((proxy) => proxy.network.overlaps(network));
  }
}

/** The proxies that a configuration names, and those of the large delivery networks. */
export function createProxies({
  trustedProxies,
  cdns,
}: {
  /** Addresses and networks, as written; what is neither is left out. */
  readonly trustedProxies: readonly string[];
  readonly cdns: boolean;
}): Proxies {
  const trusted = trustedProxies.flatMap((text) => {
    const network = parseNetwork(text);
    return network === null ? [] : [{ network, detail: `${network} stands in trusted_proxies` }];
  });
  const published = (cdns ? cdnRanges : []).flatMap(({ name, networks }) =>
    networks.map((text) => ({ network: parseNetwork(text)!, detail: `${text} is a range of ${name}` })),
  );
  return new Proxies([...trusted, ...published]);
}

const compare = (one: Network, other: Network): number =>
  one.a - other.a || one.b - other.b || one.c - other.c || one.d - other.d;

/** In order, without those that lie in another: networks never overlap in part. */
function disjoint(proxies: readonly ProxyRange[]): ProxyRange[] {
  const sorted = proxies.toSorted(
    (one, other) => compare(one.network, other.network) || one.network.prefix - other.network.prefix,
  );
  const kept: ProxyRange[] = [];
  for (const proxy of sorted) if (!kept.at(-1)?.network.contains(proxy.network)) kept.push(proxy);
  return kept;
}
