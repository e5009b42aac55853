import type { Network } from './address.ts';
import { clientNetwork, oneCustomer } from './client-network.ts';

/** What is remembered of one client's successful logins on one site. */
export interface Logins {
  readonly client: Network;
  readonly site: string;
  /** The name of the latest, in lower case: WordPress tells no case apart. At most 100 characters. */
  readonly account: string;
  /** Different hours in which there was one, at most 100. */
  readonly hours: number;
  /** When the latest hour that counts began, in epoch milliseconds. */
  readonly lastHour: number;
}

/** Pairs of client and site that are remembered; beyond it clients that logged in longest ago are forgotten. */
export const maxLogins = 20_000;
/** Sites of one client: whoever chooses the Host header invents any number of them. */
export const maxSitesOfClient = 30;

const hour = 3_600_000;
const nothing: ReadonlyMap<string, Logins> = new Map();
const maxHours = 100;
const maxAccount = 100;
/** The client of an address, whatever prefix a jail counts by. */
export const loginClient = (address: Network): Network => clientNetwork(address, oneCustomer);

/**
 * Successful logins by client and site. Only different hours count: ten logins within a minute are one person at work, or one
 * attacker who owns one account.
 */
export class LoginBook {
  #size = 0;
  /** Those that logged in longest ago first. */
  readonly #clients = new Map<string, Map<string, Logins>>();
  /** The keys of clients, by the first bits of their address. */
  readonly #near = new Map<number, Set<string>>();

  constructor(logins: Iterable<Logins> = []) {
    for (const each of logins) this.#put(String(each.client), each);
  }

  get size(): number {
    return this.#size;
  }

  /**
   * @param within after so many milliseconds without a login, hours count from the first again
   * @returns what is new, to be stored; null where the hour was known
   */
  note(address: Network, site: string, user: string, time: number, within: number): Logins | null {
    const client = loginClient(address);
    const key = String(client);
    const known = this.#clients.get(key)?.get(site);
    const lastHour = Math.floor(time / hour) * hour;
    const account = user.slice(0, maxAccount).toLowerCase();
    if (known !== undefined && lastHour <= known.lastHour) return null;
    const goesOn = known !== undefined && time - known.lastHour <= within + hour;
    const hours = goesOn ? Math.min(known.hours + 1, maxHours) : 1;
    const logins = { client, site, account, hours, lastHour };
    this.#put(key, logins);
    return logins;
  }

  /** What is remembered of an address's client, by site. */
  of(address: Network): ReadonlyMap<string, Logins> {
    return (this.#size > 0 && this.#clients.get(String(loginClient(address)))) || nothing;
  }

  /** What is remembered of the clients in a network, of at least 16 bits in IPv4 and 32 in IPv6; of a wider one nothing. */
  *within(network: Network): Generator<Logins> {
    if (network.prefix < (network.family === 4 ? 16 : 32)) return;
    for (const key of this.#near.get(beginningOf(network)) ?? []) {
      for (const logins of this.#clients.get(key)!.values()) {
        if (!network.contains(logins.client)) break;
        yield logins;
      }
    }
  }

  #put(key: string, logins: Logins): void {
    this.#near.getOrInsertComputed(beginningOf(logins.client), () => new Set()).add(key);
    const sites = this.#clients.get(key) ?? new Map<string, Logins>();
    this.#clients.delete(key);
    this.#clients.set(key, sites);
    if (!sites.delete(logins.site)) this.#size++;
    sites.set(logins.site, logins);
    if (sites.size > maxSitesOfClient) {
      sites.delete(sites.keys().next().value!);
      this.#size--;
    }
    while (this.#size > maxLogins) {
      const [oldest, gone] = this.#clients.entries().next().value!;
      this.#clients.delete(oldest);
      this.#size -= gone.size;
      this.#leave(gone.values().next().value!.client, oldest);
    }
  }

  #leave(client: Network, key: string): void {
    const beginning = beginningOf(client);
    const near = this.#near.get(beginning);
    near?.delete(key);
    if (near?.size === 0) this.#near.delete(beginning);
  }
}

/** The first 16 bits of an IPv4 address, the first 32 of an IPv6 one: the widest that a jail counts as one client. */
const beginningOf = ({ family, a, d }: Network): number => (family === 4 ? d >>> 16 : 0x10000 + a);
