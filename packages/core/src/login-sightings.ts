import type { Network } from './address.ts';
import { type ClientPrefixes, clientNetwork } from './client-network.ts';

/** What a log tells of the successful logins from one client. */
export interface SeenLogins {
  readonly count: number;
  readonly first_at: string;
  readonly last_at: string;
  /** The latest sites, at most `maxSites`. */
  readonly sites: readonly string[];
}

interface Seen {
  count: number;
  first: number;
  last: number;
  readonly sites: Set<string>;
}

/** Clients that are remembered; beyond it the one that logged in longest ago is forgotten. */
const maxClients = 200_000;
const maxSites = 5;

/** Who logged in where, as a log tells it. Bounded. */
export class LoginSightings {
  /** Clients that were forgotten because there were too many. */
  forgotten = 0;
  readonly #prefixes: readonly ClientPrefixes[];
  readonly #clients = new Map<string, Seen>();

  /** @param prefixes by which clients will be asked for */
  constructor(prefixes: readonly ClientPrefixes[]) {
    this.#prefixes = prefixes;
  }

  add(address: Network, site: string, time: number): void {
    const clients = new Set(this.#prefixes.map((prefixes) => String(clientNetwork(address, prefixes))));
    for (const client of clients) this.#addTo(client, site, time);
  }

  #addTo(client: string, site: string, time: number): void {
    const seen = this.#clients.get(client) ?? { count: 0, first: time, last: time, sites: new Set() };
    seen.count++;
    seen.first = Math.min(seen.first, time);
    seen.last = Math.max(seen.last, time);
    seen.sites.delete(site);
    seen.sites.add(site);
    if (seen.sites.size > maxSites) seen.sites.delete(seen.sites.keys().next().value!);
    this.#clients.delete(client);
    this.#clients.set(client, seen);
    if (this.#clients.size <= maxClients) return;
    this.#clients.delete(this.#clients.keys().next().value!);
    this.forgotten++;
  }

  /** @param client a banned network, canonical; null where nobody of it logged in, as far as is remembered */
  of(client: string): SeenLogins | null {
    const seen = this.#clients.get(client);
    if (seen === undefined) return null;
    return {
      count: seen.count,
      first_at: new Date(seen.first).toISOString(),
      last_at: new Date(seen.last).toISOString(),
      sites: [...seen.sites].reverse(),
    };
  }
}
