import { type Clock, type HostEvent, type Network, parseDomain } from '@portcullis/core';
import type { ExemptionBook } from './exemptions.ts';
import type { Health } from './health.ts';

/** So many failures from proxies within a day say that a site logs its proxy. */
const enough = 5;
const day = 86_400_000;
/** Sites that are counted, and told of: the name is a client's to choose. Those that were told stay; of others the oldest goes. */
const maxSites = 200;
const maxTold = 20;

interface Proxied {
  failures: number;
  readonly since: number;
  lastAt: number;
  told: boolean;
}

export interface ProxiedSitesOptions {
  readonly clock: Clock;
  readonly health: Pick<Health, 'set'>;
  readonly exemptions: Pick<ExemptionBook, 'current'>;
  readonly tell: (event: HostEvent) => void;
}

/** Sites that log their proxy in place of their visitors: nobody can be banned for them, and their owners do not know. */
export class ProxiedSites {
  readonly #options: ProxiedSitesOptions;
  readonly #sites = new Map<string, Proxied>();

  constructor(options: ProxiedSitesOptions) {
    this.#options = options;
  }

  /** Takes a failure that does not count because a proxy's address stands in its line. */
  failed(address: Network, site: string, count: number): void {
    if (parseDomain(site) !== site) return;
    const now = this.#options.clock.now();
    const known = this.#sites.get(site) ?? { failures: 0, since: now, lastAt: now, told: false };
    this.#sites.delete(site);
    this.#sites.set(site, known);
    known.failures += count;
    known.lastAt = now;
    if (this.#sites.size > maxSites) this.#drop(this.#sites.entries().find(([, { told }]) => !told)![0]);
    if (known.failures >= enough && !known.told && this.names().length < maxTold)
      this.#tell(site, known, address);
  }

  /** Sites that are told of now. */
  names(): string[] {
    return [...this.#sites].filter(([, { told }]) => told).map(([site]) => site);
  }

  /** Forgets sites of which no such line came for a day, or came too seldom. */
  sweep(): void {
    const now = this.#options.clock.now();
    for (const [site, { lastAt, since, told }] of this.#sites)
      if (lastAt < now - day || (!told && since < now - day)) this.#drop(site);
  }

  #tell(site: string, known: Proxied, address: Network): void {
    const { health, exemptions, tell } = this.#options;
    known.told = true;
    const proxy = exemptions.current.proxies?.find(address)?.detail ?? `${address} is a proxy`;
    tell({ kind: 'proxied_site', site, failures: known.failures, proxy });
    health.set(
      'site_proxied',
      site,
      `${site} logs the addresses of its proxy (${proxy}), so nobody can be banned for it. Let the web server put the visitor’s address into REMOTE_ADDR: nginx real_ip, Apache mod_remoteip (docs/security.md).`,
    );
  }

  #drop(site: string): void {
    if (this.#sites.get(site)?.told) this.#options.health.set('site_proxied', site, null);
    this.#sites.delete(site);
  }
}
