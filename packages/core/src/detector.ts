import type { Channel, EventName, IgnoredReason } from '@portcullis/contracts';
import { fullPrefix, Network } from './address.ts';
import type { JailConfig } from './config.ts';
import { countedFilters, filterBits } from './filters/wordpress.ts';
import type { ExemptionList } from './ignoreip.ts';
import { Jail, type Verdict } from './jail.ts';
import type { Proxies } from './proxies.ts';
import type { WordPressLine } from './wordpress-line.ts';

/** Who is exempt: from all jails, and by each jail's own ignoreip. */
export interface Exemptions {
  readonly everywhere: ExemptionList;
  readonly byJail: ReadonlyMap<string, ExemptionList>;
  /** Who is exempt only where a line names a certain site; left out: nobody. */
  readonly bySite?: (site: string) => ExemptionList | undefined;
  /** Addresses of many clients each; left out: none. */
  readonly proxies?: Proxies;
}

interface Rule {
  readonly config: JailConfig;
  readonly filters: number;
  readonly jail: Jail;
}

/** What nearly every line comes to. */
const none: readonly Verdict[] = [];

/** The NAT64 well-known prefix (RFC 6052): each of its addresses is another IPv4 client, never one /64 of a customer. */
const nat64 = new Network(6, 0x0064ff9b, 0, 0, 0, 96);

/** The network that stands for one client: the address itself, or an IPv6 address's surrounding prefix. */
export function clientNetwork(address: Network, ipv6Prefix: number): Network {
  if (address.family === 4 || nat64.contains(address)) return address;
  return address.widen(Math.min(ipv6Prefix, fullPrefix(6)));
}

/** Jails side by side: says of each line whether it counts, and which jails it makes due. */
export class Detector {
  #rules: readonly Rule[] = [];
  #exemptions: Exemptions;
  readonly #seed: number;

  constructor(jails: readonly JailConfig[], exemptions: Exemptions, seed: number) {
    this.#exemptions = exemptions;
    this.#seed = seed;
    this.reconfigure(jails, exemptions);
  }

  /** Takes new jails; counters of those whose counting is the same stay. @returns the names of jails that begin anew */
  reconfigure(jails: readonly JailConfig[], exemptions: Exemptions): string[] {
    const before = new Map(this.#rules.map((rule) => [rule.config.name, rule]));
    const begun: string[] = [];
    this.#rules = jails.map((config) => {
      const known = before.get(config.name);
      const kept = known !== undefined && countsAlike(known.config, config) ? known.jail : undefined;
      if (kept === undefined) begun.push(config.name);
      return {
        config,
        filters: config.filters.reduce((bits, name) => bits | filterBits[name], 0),
        jail: kept ?? new Jail({ ...config, seed: this.#seed }),
      };
    });
    this.#exemptions = exemptions;
    return begun;
  }

  exempt(exemptions: Exemptions): void {
    this.#exemptions = exemptions;
  }

  get jails(): readonly { readonly config: JailConfig; readonly jail: Jail }[] {
    return this.#rules;
  }

  rule(name: string): { readonly config: JailConfig; readonly jail: Jail } | undefined {
    return this.#rules.find(({ config }) => config.name === name);
  }

  /** Why the line does not count; null where at least one jail counts it. */
  examine(line: WordPressLine, address: Network | null, now: number): IgnoredReason | null {
    if (line.reason !== null) return line.reason;
    if (this.#exemptions.proxies !== undefined && this.#exemptions.proxies.find(address!) !== null)
      return 'proxy';
    if (this.isAllowedAt(line.site, address!, now)) return 'exempt';
    const filters = line.message!.filters;
    let reason: IgnoredReason = 'no_jail';
    for (const rule of this.#rules) {
      if ((rule.filters & filters) === 0) continue;
      if (!this.#exemptFrom(rule, address!, now)) {
        return this.#exemptions.everywhere.listed(address!, now) === null ? null : 'exempt';
      }
      reason = 'exempt';
    }
    return reason;
  }

  /** Counts what `examine` let through, in every jail that names its filter and does not exempt the address. */
  count(
    filters: number,
    address: Network,
    time: number,
    now: number,
    id: number,
    count: number,
  ): readonly Verdict[] {
    let verdicts = none;
    for (const rule of this.#rules) {
      if ((rule.filters & filters) === 0 || this.#exemptFrom(rule, address, now)) continue;
      rule.jail.counted += count;
      const verdict = rule.jail.fail(clientNetwork(address, rule.config.ipv6Prefix), time, id, count);
      if (verdict !== null) verdicts = [...verdicts, verdict];
    }
    return verdicts;
  }

  /**
   * Counts a stored failure again, in jails that begin anew.
   * @param forgotten the last failure id that no longer counts for a client in a jail; 0 where all count
   */
  recount(
    jails: ReadonlySet<string>,
    failure: {
      event: EventName;
      channel: Channel | null;
      address: Network;
      time: number;
      id: number;
      count: number;
    },
    forgotten: (jail: string, network: Network) => number,
  ): Verdict[] {
    const filters = countedFilters(failure.event, failure.channel);
    const verdicts: Verdict[] = [];
    for (const { config, filters: wanted, jail } of this.#rules) {
      if (!jails.has(config.name) || (wanted & filters) === 0) continue;
      const network = clientNetwork(failure.address, config.ipv6Prefix);
      if (failure.id <= forgotten(config.name, network)) continue;
      const verdict = jail.fail(network, failure.time, failure.id, failure.count);
      if (verdict !== null) verdicts.push(verdict);
    }
    return verdicts;
  }

  /** Forgets what was counted of a network, in one jail or in all. */
  forget(network: Network, jail: string | null): void {
    for (const rule of this.#rules) {
      if (jail !== null && rule.config.name !== jail) continue;
      if (isOfOneClient(network, rule.config))
        rule.jail.forget(clientNetwork(network, rule.config.ipv6Prefix));
      else rule.jail.forgetWithin(network);
    }
  }

  /** Whether the site that a line names has allowed the address for itself. */
  isAllowedAt(site: string, address: Network, now: number): boolean {
    const list = this.#exemptions.bySite?.(site);
    return list !== undefined && list.listed(address, now) !== null;
  }

  /**
   * Forgets single failures of a network in every jail; the others count on.
   * @param chosen says which of the failures that are counted, by id
   */
  forgetFailures(network: Network, chosen: (ids: readonly number[]) => ReadonlySet<number>): void {
    for (const { config, jail } of this.#rules) {
      for (const client of this.#clientsOf(network, config, jail)) {
        const ids = jail.failureIdsOf(client);
        if (ids.length > 0) jail.forgetFailures(client, chosen(ids));
      }
    }
  }

  sweep(now: number): void {
    for (const { jail } of this.#rules) jail.sweep(now);
  }

  #clientsOf(network: Network, config: JailConfig, jail: Jail): readonly Network[] {
    return isOfOneClient(network, config)
      ? [clientNetwork(network, config.ipv6Prefix)]
      : jail.clientsWithin(network);
  }

  #exemptFrom(rule: Rule, address: Network, now: number): boolean {
    const own = this.#exemptions.byJail.get(rule.config.name);
    return own !== undefined && own.listed(address, now) !== null;
  }
}

const isOfOneClient = (network: Network, { ipv6Prefix }: JailConfig): boolean =>
  network.isSingle || (network.family === 6 && network.prefix >= ipv6Prefix && !nat64.overlaps(network));

const countsAlike = (one: JailConfig, other: JailConfig): boolean =>
  one.maxretry === other.maxretry &&
  one.findtime === other.findtime &&
  one.ipv6Prefix === other.ipv6Prefix &&
  one.maxTracked === other.maxTracked &&
  one.filters.join() === other.filters.join();
