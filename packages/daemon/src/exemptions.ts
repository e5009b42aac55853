import dns from 'node:dns/promises';
import type { AllowEntry } from '@portcullis/contracts';
import {
  type BanStore,
  type Exemption,
  ExemptionList,
  type Exemptions,
  type JailConfig,
  type Network,
  Proxies,
  type ProxyRange,
  parseNetwork,
} from '@portcullis/core';
import type { Health } from './health.ts';
import { hostExemptions } from './host-networks.ts';

/** How long all host names of ignoreip may take to resolve, in milliseconds; what is slower keeps its last addresses. */
const resolveTimeout = 5_000;

export interface ExemptionsOptions {
  readonly store: Pick<BanStore, 'allowEntries'>;
  readonly health: Health;
  readonly jails: () => readonly JailConfig[];
  /** Addresses of many clients each; left out: none. */
  readonly proxies?: () => Proxies;
  /** The registered site that a name in the log belongs to. */
  readonly ownerOf?: (site: string) => string | null;
}

/** Who is never banned, and why: ignoreip of each jail, the allow list, and what the host itself needs. */
export class ExemptionBook {
  current: Exemptions = { everywhere: new ExemptionList(), byJail: new Map() };
  readonly #options: ExemptionsOptions;
  readonly #resolved = new Map<string, Network[]>();
  #proxies = new Proxies();
  readonly #counts = new Map<string | null, Record<string, number>>();

  constructor(options: ExemptionsOptions) {
    this.#options = options;
  }

  /** Reads the allow list and the host's addresses anew. Cheap: no name is resolved. */
  refresh(): void {
    const { store, jails, proxies, ownerOf = () => null } = this.#options;
    const allowed = Map.groupBy(store.allowEntries(), ({ site }) => site);
    const ofHost = (allowed.get(null) ?? []).map(allowedExemption);
    const ofSites = new Map<string, BySubSite>();
    for (const [site, entries] of allowed) {
      if (site !== null) ofSites.set(site, bySubSite(entries));
    }
    this.#proxies = proxies?.() ?? new Proxies();
    this.#counts.clear();
    this.current = {
      proxies: this.#proxies,
      everywhere: new ExemptionList([...hostExemptions(), ...ofHost]),
      byJail: new Map(jails().map((jail) => [jail.name, new ExemptionList(this.#ignored(jail))])),
      // Left out where no site allows anybody: then no line is asked whose it is.
      ...(ofSites.size === 0 ? {} : { bySite: (site: string) => ofSites.get(ownerOf(site) ?? '')?.(site) }),
    };
  }

  /** Resolves the host names among ignoreip, then refreshes. A name that does not resolve keeps its last addresses. */
  async resolve(): Promise<void> {
    const { jails, health } = this.#options;
    const names = new Set(
      jails().flatMap(({ ignoreip }) => ignoreip.filter((entry) => parseNetwork(entry) === null)),
    );
    health.keep('ignoreip_unresolved', names);
    const timeout = AbortSignal.timeout(resolveTimeout);
    await Promise.all([...names].map((name) => this.#resolveOne(name, timeout)));
    this.refresh();
  }

  async #resolveOne(name: string, timeout: AbortSignal): Promise<void> {
    const { health } = this.#options;
    try {
      const late = new Promise<never>((_, reject) => {
        timeout.addEventListener('abort', () => reject(new Error('no answer within 5 s')), { once: true });
      });
      const found = await Promise.race([dns.lookup(name, { all: true }), late]);
      this.#resolved.set(
        name,
        found.map(({ address }) => parseNetwork(address)).filter((network) => network !== null),
      );
      health.set('ignoreip_unresolved', name, null);
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      const sentence = `ignoreip names ${name}, which does not resolve (${detail}). Write its address, or mend the name.`;
      health.set('ignoreip_unresolved', name, sentence);
    }
  }

  #ignored(jail: JailConfig): Exemption[] {
    return jail.ignoreip.flatMap((entry) => {
      const network = parseNetwork(entry);
      const networks = network === null ? (this.#resolved.get(entry) ?? []) : [network];
      return networks.map((each): Exemption => {
        const spelled = network === null ? `${each} is ${entry}, which` : `${each}`;
        return {
          network: each,
          source: 'ignoreip',
          detail: `${spelled} stands in ignoreip of ${jail.name}`,
          until: null,
        };
      });
    });
  }

  /** Whether an exemption covers the whole network in this jail. */
  covering(network: Network, jail: string, now: number): Exemption | null {
    const { everywhere, byJail } = this.current;
    const proxy = this.#proxies.find(network);
    return (
      everywhere.covering(network, now) ??
      byJail.get(jail)?.covering(network, now) ??
      (proxy === null ? null : proxyExemption(proxy))
    );
  }

  /** An exemption that stands against a ban of the network: of one client one that covers it, else one that touches it. */
  against(network: Network, jail: string, now: number): Exemption | null {
    if (network.isSingle) return this.covering(network, jail, now);
    return this.overlapping(network, jail, now)[0] ?? null;
  }

  /** Whether an exemption that holds for lines of one of these sites only touches the network. */
  touchedBySites(network: Network, sites: ReadonlySet<string>, now: number): boolean {
    const { bySite } = this.current;
    if (bySite === undefined) return false;
    return [...sites].some((site) =>
      bySite(site)
        ?.overlapping(network, now)
        .some(({ source }) => source === 'allow'),
    );
  }

  /** What an address is compared with, by source: in one jail, or in any. What several jails name counts once for each. */
  countBySource(jail: string | null): Readonly<Record<string, number>> {
    return this.#counts.getOrInsertComputed(jail, () => {
      const counts: Record<string, number> = {};
      for (const [source, count] of this.#lists(jail).flatMap((list) => [...list.countBySource()])) {
        counts[source] = (counts[source] ?? 0) + count;
      }
      return counts;
    });
  }

  #lists(jail: string | null): ExemptionList[] {
    const { everywhere, byJail } = this.current;
    return [everywhere, ...(jail === null ? byJail.values() : [byJail.get(jail) ?? new ExemptionList()])];
  }

  /** Every exemption that touches the network: in one jail, or in any. */
  overlapping(network: Network, jail: string | null, now: number): Exemption[] {
    const found = [
      ...this.#lists(jail).flatMap((list) => list.overlapping(network, now)),
      ...this.#proxies.overlapping(network).map(proxyExemption),
    ];
    return [...new Map(found.map((exemption) => [exemption.detail, exemption])).values()];
  }
}

const proxyExemption = ({ network, detail }: ProxyRange): Exemption => ({
  network,
  source: 'proxy',
  detail: `${detail}: many clients stand behind it`,
  until: null,
});

/** What a registered site allows for lines of one of its names. */
type BySubSite = (name: string) => ExemptionList;

function bySubSite(entries: readonly AllowEntry[]): BySubSite {
  const ofAll = entries.filter(({ sub_site }) => sub_site === null);
  const everywhere = new ExemptionList(ofAll.map(allowedExemption));
  const names = new Set(entries.map(({ sub_site }) => sub_site).filter((name) => name !== null));
  const lists = new Map(
    [...names].map((name) => [
      name,
      new ExemptionList(
        entries.filter((one) => one.sub_site === null || one.sub_site === name).map(allowedExemption),
      ),
    ]),
  );
  return (name) => lists.get(name) ?? everywhere;
}

function allowedExemption({ ip, note, until }: AllowEntry): Exemption {
  return {
    network: parseNetwork(ip)!,
    source: 'allow',
    detail: `${ip} is on the allow list${note === '' ? '' : `: ${note}`}`,
    until: until === null ? null : Date.parse(until),
  };
}
