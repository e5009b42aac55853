import type { Channel, Doubt, EventName, IgnoredReason } from '@portcullis/contracts';
import type { Network } from './address.ts';
import type { Campaigns, Tried } from './campaigns.ts';
import { clientNetwork, isOfOneClient } from './client-network.ts';
import type { JailConfig } from './config.ts';
import { bitsOf, doubtsIn } from './doubts.ts';
import { countedFilters, filterBits } from './filters/wordpress.ts';
import type { ExemptionList } from './ignoreip.ts';
import { Jail, type Verdict } from './jail.ts';
import { KeyedJail } from './keyed-jail.ts';
import { tagOf } from './name-tag.ts';
import type { Proxies } from './proxies.ts';
import { Witnesses } from './witnesses.ts';
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

/** A jail as it is configured, and what it has counted. */
export interface Rule {
  readonly config: JailConfig;
  readonly filters: number;
  /** Doubts that make a failure count for nothing, as bits. */
  readonly distrust: number;
  readonly jail: Jail | KeyedJail;
  /** Who is exempt from this jail alone. */
  readonly exempt: ExemptionList | undefined;
  /** Counts what `jail` does not for its doubts, so that who would be banned but for them is known. Never bans. */
  readonly doubtful: Jail;
}

/** What a detector shows what counts, and asks for a lower maxretry. */
export type CampaignWatch = Pick<Campaigns, 'maxretry' | 'observe' | 'fitting' | 'sweep'>;

/** How far a failure can be trusted. */
export interface Weight {
  /** As bits of `doubtBits`. */
  readonly doubts: number;
  /** Who vouches for it, by `Witnesses.source`. */
  readonly source: number;
}
const trusted: Weight = { doubts: 0, source: 0 };

/** Clients whose doubtful failures are counted, a jail. */
const maxDoubtful = 10_000;

/** What nearly every line comes to. */
const none: readonly Verdict[] = [];

/** Who leaves the name empty shares nothing with others who do. */
const emptyNameTag = tagOf('');

const nothingTried: Tried = { site: '', user: () => null, tag: () => 0 };

/** Jails side by side: says of each line whether it counts, and which jails it makes due. */
export class Detector {
  #rules: readonly Rule[] = [];
  #exemptions: Exemptions;
  readonly #seed: number;
  readonly #campaigns: CampaignWatch | null;
  readonly #systemOf: (address: Network) => number | null;
  #seesNames = false;
  readonly witnesses = new Witnesses();
  #doubtful: Verdict[] = [];

  /**
   * @param campaigns is shown what counts, and lowers maxretry for who takes part; null: none are looked for
   * @param systemOf the number of the autonomous system that announces an address; left out: none is known
   */
  constructor(
    jails: readonly JailConfig[],
    exemptions: Exemptions,
    seed: number,
    campaigns: CampaignWatch | null = null,
    systemOf: (address: Network) => number | null = () => null,
  ) {
    this.#exemptions = exemptions;
    this.#seed = seed;
    this.#campaigns = campaigns;
    this.#systemOf = systemOf;
    this.reconfigure(jails, exemptions);
  }

  /** Whether `count` looks at the names tried. */
  get seesNames(): boolean {
    return this.#seesNames;
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
        distrust: bitsOf(config.distrust),
        jail: kept ?? createJail(config, this.#seed),
        exempt: exemptions.byJail.get(config.name),
        doubtful:
          kept === undefined
            ? new Jail({
                ...config,
                maxTracked: Math.min(config.maxTracked, maxDoubtful),
                maxBansPerSite: -1,
                seed: this.#seed,
              })
            : known!.doubtful,
      };
    });
    this.#seesNames = this.#campaigns !== null || jails.some(({ key }) => key === 'user');
    this.#exemptions = exemptions;
    return begun;
  }

  exempt(exemptions: Exemptions): void {
    this.#exemptions = exemptions;
    this.#rules = this.#rules.map((rule) => ({ ...rule, exempt: exemptions.byJail.get(rule.config.name) }));
  }

  get jails(): readonly Rule[] {
    return this.#rules;
  }

  rule(name: string): Rule | undefined {
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
      if (!isExemptFrom(rule, address!, now)) {
        return this.#exemptions.everywhere.listed(address!, now) === null ? null : 'exempt';
      }
      reason = 'exempt';
    }
    return reason;
  }

  /**
   * Why a failure that `examine` let through does not count after all: each jail that would count it has a doubt.
   * @param doubts as bits of `doubtBits`
   */
  distrusted(filters: number, address: Network, now: number, doubts: number): Doubt | null {
    if (doubts === 0) return null;
    let distrust = 0;
    for (const rule of this.#rules) {
      if ((rule.filters & filters) === 0 || isExemptFrom(rule, address, now)) continue;
      if ((rule.distrust & doubts) === 0) return null;
      distrust |= rule.distrust & doubts;
    }
    return doubtsIn(distrust)[0] ?? null;
  }

  /** Clients that jails would have banned since the last call, but for doubts. */
  takeDoubtful(): readonly Verdict[] {
    if (this.#doubtful.length === 0) return none;
    const found = this.#doubtful;
    this.#doubtful = [];
    return found;
  }

  /** Counts what `examine` let through, in every jail that names its filter and does not exempt the address. */
  count(
    filters: number,
    address: Network,
    time: number,
    now: number,
    id: number,
    count: number,
    tried: Tried = nothingTried,
    weight: Weight = trusted,
  ): readonly Verdict[] {
    let verdicts = none;
    let tag: number | null = null;
    for (const rule of this.#rules) {
      if ((rule.filters & filters) === 0 || isExemptFrom(rule, address, now)) continue;
      if ((rule.distrust & weight.doubts) !== 0) {
        this.#doubt(rule, address, time, id, count);
        continue;
      }
      tag ??= this.#observe(address, time, tried);
      const { jail } = rule;
      if (jail instanceof KeyedJail) {
        const key = this.#keyOf(rule.config, address, tag);
        if (key === null) continue;
        jail.counted += count;
        const found = jail.fail(key, clientNetwork(address, rule.config), time, id, count, weight.source);
        if (found.length > 0) verdicts = verdicts.length === 0 ? found : [...verdicts, ...found];
        continue;
      }
      jail.counted += count;
      const verdict = this.#fail(rule.config, jail, address, time, id, count, tag, weight.source);
      if (verdict !== null) verdicts = verdicts.length === 0 ? [verdict] : [...verdicts, verdict];
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
      site: string;
      user: string | null;
      doubts: number;
    },
    forgotten: (jail: string, network: Network) => number,
  ): Verdict[] {
    const filters = countedFilters(failure.event, failure.channel);
    const { address, time, id, count, site, user, doubts } = failure;
    const source = this.witnesses.source(site, null);
    const verdicts: Verdict[] = [];
    let tag: number | null = null;
    for (const rule of this.#rules) {
      const { config, jail } = rule;
      if (!jails.has(config.name) || (rule.filters & filters) === 0 || (rule.distrust & doubts) !== 0)
        continue;
      tag ??= this.#observe(address, time, { site, user: () => user, tag: () => tagOf(user) });
      const client = clientNetwork(address, config);
      if (id <= forgotten(config.name, client)) continue;
      if (jail instanceof KeyedJail) {
        const key = this.#keyOf(config, address, tag);
        if (key !== null) verdicts.push(...jail.fail(key, client, time, id, count, source));
        continue;
      }
      const verdict = this.#fail(config, jail, address, time, id, count, tag, source);
      if (verdict !== null) verdicts.push(verdict);
    }
    return verdicts;
  }

  /** Forgets what was counted of a network, in one jail or in all. */
  forget(network: Network, jail: string | null): void {
    for (const rule of this.#rules) {
      if (jail !== null && rule.config.name !== jail) continue;
      if (isOfOneClient(network, rule.config)) rule.jail.forget(clientNetwork(network, rule.config));
      else rule.jail.forgetWithin(network);
    }
  }

  /** Whether an exemption covers the whole network in the jail. */
  isExempt(network: Network, jail: string, now: number): boolean {
    const { everywhere, byJail, proxies } = this.#exemptions;
    const covers = (list: ExemptionList | undefined) =>
      list !== undefined && list.covering(network, now) !== null;
    return covers(everywhere) || covers(byJail.get(jail)) || (proxies?.find(network) ?? null) !== null;
  }

  /** Whether an exemption touches the network: in the jail, or for lines of one of the sites only. */
  touchesExempt(network: Network, jail: string, sites: ReadonlySet<string>, now: number): boolean {
    const { everywhere, byJail, bySite, proxies } = this.#exemptions;
    const lists = [everywhere, byJail.get(jail), ...[...sites].map((site) => bySite?.(site))];
    return (
      lists.some((list) => list !== undefined && list.overlapping(network, now).length > 0) ||
      (proxies !== undefined && proxies.overlapping(network).length > 0)
    );
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
    for (const { jail, doubtful } of this.#rules) {
      jail.sweep(now);
      doubtful.sweep(now);
    }
    this.#campaigns?.sweep(now);
  }

  #doubt(rule: Rule, address: Network, time: number, id: number, count: number): void {
    const verdict = rule.doubtful.fail(clientNetwork(address, rule.config), time, id, count);
    if (verdict !== null && this.#doubtful.length < maxDoubtful) this.#doubtful.push(verdict);
  }

  /** Shows campaigns a failure that counts. @returns the tag of the name that it tried, where somebody looks at names */
  #observe(address: Network, time: number, tried: Tried): number {
    if (!this.#seesNames) return 0;
    const tag = tried.tag();
    this.#campaigns?.observe(address, tag, time, tried);
    return tag;
  }

  /** What the failure has in common with others that count together; null where it has nothing, and does not count. */
  #keyOf({ key }: JailConfig, address: Network, tag: number): number | null {
    if (key === 'system') return this.#systemOf(address);
    return tag === 0 || tag === emptyNameTag ? null : tag;
  }

  #fail(
    config: JailConfig,
    jail: Jail,
    address: Network,
    time: number,
    id: number,
    count: number,
    tag: number,
    source: number,
  ): Verdict | null {
    const client = clientNetwork(address, config);
    const verdict = jail.fail(client, time, id, count, tag, source);
    const campaigns = this.#campaigns;
    const maxretry = campaigns?.maxretry ?? null;
    if (verdict !== null || campaigns === null || maxretry === null || maxretry >= config.maxretry)
      return verdict;
    const campaign = campaigns.fitting(address, tag, time);
    if (campaign === null) return null;
    const fits = (other: number) => other === tag || campaigns.fitting(address, other, time) !== null;
    const lowered = jail.lowered(client, maxretry, fits);
    return lowered === null ? null : { ...lowered, campaign: campaign.id, required: maxretry };
  }

  #clientsOf(network: Network, config: JailConfig, jail: Rule['jail']): readonly Network[] {
    return isOfOneClient(network, config) ? [clientNetwork(network, config)] : jail.clientsWithin(network);
  }
}

const isExemptFrom = ({ exempt }: Rule, address: Network, now: number): boolean =>
  exempt !== undefined && exempt.listed(address, now) !== null;

const createJail = (config: JailConfig, seed: number): Rule['jail'] =>
  config.key === 'address' ? new Jail({ ...config, seed }) : new KeyedJail({ ...config, seed });

const countsAlike = (one: JailConfig, other: JailConfig): boolean =>
  one.maxretry === other.maxretry &&
  one.findtime === other.findtime &&
  one.key === other.key &&
  one.ipv4Prefix === other.ipv4Prefix &&
  one.ipv6Prefix === other.ipv6Prefix &&
  one.maxTracked === other.maxTracked &&
  one.maxBansPerSite === other.maxBansPerSite &&
  one.distrust.join() === other.distrust.join() &&
  one.filters.join() === other.filters.join();
