import type { Clock, Network } from '@portcullis/core';

/** Look-ups at once, and those that wait; an address beyond is looked up when it is asked for again. */
const atOnce = 4;
const maxWaiting = 200;
/** Look-ups begun in a minute: a flood of addresses must not become a flood of queries. */
const maxAMinute = 120;
const minute = 60_000;
/** Names remembered; the one looked up longest ago is forgotten. */
const maxNames = 2_000;
/** How long an answer holds, in milliseconds; a failed one is tried again sooner. */
const nameHolds = 60 * minute;
const failureHolds = 10 * minute;
/** For one query to one server, which is asked once. */
const timeout = 2_000;

/** What a host name may consist of (RFC 1123); whoever holds an address can make its name any bytes. */
const hostName = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_]([a-z0-9_-]{0,62}))*$/;

export interface ReverseNamesOptions {
  readonly clock: Clock;
  /** As `127.0.0.1:53`; the host's own when left out. */
  readonly servers?: readonly string[];
}

/** Names of addresses as reverse DNS has them. Whoever asks is told at once what is known, and never waits. */
export class ReverseNames {
  readonly #options: ReverseNamesOptions;
  readonly #known = new Map<string, { readonly name: string | null; readonly until: number }>();
  readonly #waiting = new Set<string>();
  readonly #running = new Set<string>();
  #minute = 0;
  #begun = 0;
  #resolve: Promise<(ip: string) => Promise<string[]>> | null = null;

  constructor(options: ReverseNamesOptions) {
    this.#options = options;
  }

  /** Null: not known yet, has none, or is a network of many addresses. Not being known begins a look-up. */
  get(network: Network): string | null {
    if (!network.isSingle) return null;
    const ip = String(network);
    const known = this.#known.get(ip);
    if (known !== undefined && known.until > this.#options.clock.now()) return known.name;
    if (this.#waiting.size < maxWaiting && !this.#running.has(ip)) this.#waiting.add(ip);
    this.#next();
    return known?.name ?? null;
  }

  #next(): void {
    const now = this.#options.clock.now();
    if (Math.floor(now / minute) !== this.#minute) {
      this.#minute = Math.floor(now / minute);
      this.#begun = 0;
    }
    for (const ip of this.#waiting) {
      if (this.#running.size >= atOnce || this.#begun >= maxAMinute) return;
      this.#waiting.delete(ip);
      this.#running.add(ip);
      this.#begun++;
      void this.#look(ip);
    }
  }

  async #look(ip: string): Promise<void> {
    let name: string | null = null;
    try {
      this.#resolve ??= this.#createResolver();
      const names = await (await this.#resolve)(ip);
      name = names.map((one) => one.toLowerCase()).find((one) => hostName.test(one)) ?? null;
    } catch {
      // It has no name, or nobody tells: both are "not known".
    }
    this.#running.delete(ip);
    this.#known.delete(ip);
    if (this.#known.size >= maxNames) this.#known.delete(this.#known.keys().next().value!);
    const until = this.#options.clock.now() + (name === null ? failureHolds : nameHolds);
    this.#known.set(ip, { name, until });
    this.#next();
  }

  async #createResolver(): Promise<(ip: string) => Promise<string[]>> {
    const { Resolver } = await import('node:dns/promises');
    const resolver = new Resolver({ timeout, tries: 1 });
    const { servers } = this.#options;
    if (servers !== undefined) resolver.setServers([...servers]);
    return (ip) => resolver.reverse(ip);
  }
}
