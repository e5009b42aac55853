import { parseNetwork } from './address.ts';
import type { Ranked, ReportedBan, ReportedOrigin } from './report.ts';

/** Names that a tally tells apart in each of its tables; the rarest are counted together beyond it. */
const maxNames = 200;
/** Under this name, which no site and no user has. */
const others = '';
/** Addresses, and entries of each list, that a digest shows. */
const shown = 5;
/** From so many addresses on, trying the same names is told as one, though it is no campaign. */
const groupSize = 3;
/** Names by which such a group is known. */
const groupNames = 3;
/** Names that a tally tells apart of one campaign. */
const maxCampaignNames = 20;

interface Count {
  readonly bans: number;
  readonly failures: number;
}
type Counts = ReadonlyMap<string, Count>;

interface TopAddress {
  readonly ip: string;
  readonly failures: number;
  readonly timesBanned: number;
  readonly origin: ReportedOrigin;
}

/** What many bans have in common, in bounded memory; two make one. */
export interface BanTally {
  readonly bans: number;
  readonly failures: number;
  readonly since: number;
  readonly until: number;
  /** Bans that the kernel had refused when they were told. */
  readonly refused: number;
  readonly sites: Counts;
  readonly users: Counts;
  readonly networks: Counts;
  readonly countries: Counts;
  /** By the campaign; of bans that are part of none, by the names tried, sorted, as a JSON list. */
  readonly campaigns: ReadonlyMap<string, CampaignTally>;
  /** Of bans that are part of no campaign. */
  readonly addresses: readonly TopAddress[];
}

interface CampaignTally extends Count {
  /** Names that its addresses tried; of a group that the names make, none. */
  readonly users: Counts;
}

/** Addresses of one campaign, or that tried the same names. */
export interface CampaignCount extends Count {
  /** Null: few addresses, no campaign. */
  readonly id: string | null;
  /** Those that most addresses tried. */
  readonly users: readonly string[];
  /** Whether more names were tried. */
  readonly more: boolean;
}

/** Bans of one window, as one message shows them: the top of each kind, and how many there are. */
export interface Digest {
  readonly bans: number;
  readonly failures: number;
  readonly since: number;
  readonly until: number;
  readonly refused: number;
  readonly sites: readonly Ranked[];
  readonly otherSites: number;
  readonly networks: readonly Ranked[];
  readonly otherNetworks: number;
  readonly countries: readonly Ranked[];
  readonly users: readonly Ranked[];
  readonly campaigns: readonly CampaignCount[];
  /** Those with most failures that are part of no campaign. */
  readonly addresses: readonly TopAddress[];
}

/** @param bans each with the time at which it was decided */
export function tallyBans(bans: readonly { readonly at: number; readonly ban: ReportedBan }[]): BanTally {
  const sites = new Map<string, Count>();
  const users = new Map<string, Count>();
  const networks = new Map<string, Count>();
  const countries = new Map<string, Count>();
  const campaigns = new Map<string, CampaignTally>();
  let failures = 0;
  for (const { ban } of bans) {
    failures += ban.failures;
    for (const [site, own] of Object.entries(ban.sites)) if (site !== others) add(sites, site, 1, own);
    for (const user of ban.users) if (user !== others) add(users, user, 1, 0);
    add(networks, networkName(ban), 1, ban.failures);
    if (ban.origin.country !== null) add(countries, ban.origin.country, 1, ban.failures);
    const group = ban.campaign ?? groupOf(ban.users);
    if (group !== null)
      addToGroup(campaigns, group, { bans: 1, failures: ban.failures, users: triedIn(ban) });
  }
  const times = bans.map(({ at }) => at);
  return {
    bans: bans.length,
    failures,
    since: Math.min(...times),
    until: Math.max(...times),
    refused: bans.filter(({ ban }) => ban.state === 'failed').length,
    sites: bounded(sites),
    users: bounded(users),
    networks: bounded(networks),
    countries,
    campaigns: boundedGroups(campaigns),
    addresses: mostFailures(bans.map(({ ban }) => ban).filter(({ campaign }) => campaign === null)),
  };
}

export function mergeTallies(a: BanTally, b: BanTally): BanTally {
  return {
    bans: a.bans + b.bans,
    failures: a.failures + b.failures,
    since: Math.min(a.since, b.since),
    until: Math.max(a.until, b.until),
    refused: a.refused + b.refused,
    sites: mergeCounts(a.sites, b.sites),
    users: mergeCounts(a.users, b.users),
    networks: mergeCounts(a.networks, b.networks),
    countries: mergeCounts(a.countries, b.countries),
    campaigns: mergeGroups(a.campaigns, b.campaigns),
    addresses: mostFailures([...a.addresses, ...b.addresses]),
  };
}

export function toDigest(tally: BanTally): Digest {
  const campaigns = rankedGroups(tally.campaigns)
    .filter(([name, { bans }]) => isCampaign(name) || bans >= groupSize)
    .slice(0, shown)
    .map(([name, group]) => campaignCount(name, group));
  const sites = top(tally.sites);
  const networks = top(tally.networks);
  return {
    bans: tally.bans,
    failures: tally.failures,
    since: tally.since,
    until: tally.until,
    refused: tally.refused,
    sites,
    otherSites: distinct(tally.sites) - sites.length,
    networks,
    otherNetworks: distinct(tally.networks) - networks.length,
    countries: top(tally.countries),
    users: top(tally.users),
    campaigns,
    addresses: tally.addresses,
  };
}

const tables = ['sites', 'users', 'networks', 'countries'] as const;

/** A tally as text, and back. */
export const writeTally = (tally: BanTally): string =>
  JSON.stringify(tally, (_key, value: unknown) => (value instanceof Map ? [...value] : value));
export function readTally(text: string): BanTally {
  const value = JSON.parse(text);
  const groups = (value.campaigns as [string, CampaignTally][]).map(
    ([name, group]) => [name, { ...group, users: new Map(group.users ?? []) }] as const,
  );
  return {
    ...value,
    ...Object.fromEntries(tables.map((table) => [table, new Map(value[table])])),
    campaigns: new Map(groups),
  };
}

/** The system that announces the address, or else the network around it. */
function networkName({ ip, origin }: Pick<ReportedBan, 'ip' | 'origin'>): string {
  if (origin.asn !== null) return `AS${origin.asn}${origin.as_name === null ? '' : ` ${origin.as_name}`}`;
  const network = parseNetwork(ip);
  return network === null ? ip : String(network.widen(network.family === 4 ? 24 : 48));
}

/** What bans that are part of no campaign have in common; null: nothing. No campaign's id begins with a bracket. */
const groupOf = (users: readonly string[]): string | null =>
  users.length === 0 ? null : JSON.stringify([...users].sort().slice(0, groupNames));
const isCampaign = (name: string): boolean => !name.startsWith('[');

const triedIn = ({ campaign, users }: ReportedBan): Counts =>
  new Map(campaign === null ? [] : users.map((user) => [user, { bans: 1, failures: 0 }]));

function campaignCount(name: string, { bans, failures, users }: CampaignTally): CampaignCount {
  if (!isCampaign(name)) return { id: null, users: JSON.parse(name), more: false, bans, failures };
  const most = top(users).map((user) => user.name);
  return { id: name, users: most, more: users.size > most.length, bans, failures };
}

function addToGroup(groups: Map<string, CampaignTally>, name: string, more: CampaignTally): void {
  const known = groups.get(name);
  groups.set(name, {
    bans: (known?.bans ?? 0) + more.bans,
    failures: (known?.failures ?? 0) + more.failures,
    users: mergeCounts(known?.users ?? new Map(), more.users, maxCampaignNames),
  });
}

function mergeGroups(a: BanTally['campaigns'], b: BanTally['campaigns']): BanTally['campaigns'] {
  const merged = new Map(a);
  for (const [name, group] of b) addToGroup(merged, name, group);
  return boundedGroups(merged);
}

/** The smallest go first; they are in the totals all the same. */
const boundedGroups = (groups: BanTally['campaigns']): BanTally['campaigns'] =>
  groups.size <= maxNames ? groups : new Map(rankedGroups(groups).slice(0, maxNames));

/** Campaigns before groups that the names alone make. */
const rankedGroups = (groups: BanTally['campaigns']): [string, CampaignTally][] =>
  ranked(groups).sort(([a], [b]) => Number(isCampaign(b)) - Number(isCampaign(a)));

function add(counts: Map<string, Count>, name: string, bans: number, failures: number): void {
  const known = counts.get(name);
  counts.set(name, { bans: (known?.bans ?? 0) + bans, failures: (known?.failures ?? 0) + failures });
}

function mergeCounts(a: Counts, b: Counts, most = maxNames): Counts {
  const merged = new Map(a);
  for (const [name, { bans, failures }] of b) add(merged, name, bans, failures);
  return bounded(merged, most);
}

function bounded(counts: Map<string, Count>, most = maxNames): Counts {
  if (counts.size <= most) return counts;
  const kept = new Map(ranked(counts).slice(0, most));
  const rest = counts.get(others) ?? { bans: 0, failures: 0 };
  kept.set(others, rest);
  for (const [name, { bans, failures }] of counts) {
    if (!kept.has(name)) add(kept, others, bans, failures);
  }
  return kept;
}

/** The most frequent first; the same order for the same counts. */
const ranked = <C extends Count>(counts: ReadonlyMap<string, C>): [string, C][] =>
  [...counts]
    .filter(([name]) => name !== others)
    .sort(([a, x], [b, y]) => y.bans - x.bans || y.failures - x.failures || (a < b ? -1 : 1));

const top = (counts: Counts): Ranked[] =>
  ranked(counts)
    .slice(0, shown)
    .map(([name, { bans, failures }]) => ({ name, bans, failures }));

const distinct = (counts: Counts): number => counts.size - (counts.has(others) ? 1 : 0);

const mostFailures = (addresses: readonly TopAddress[]): TopAddress[] =>
  addresses
    .map(({ ip, failures, timesBanned, origin }) => ({ ip, failures, timesBanned, origin }))
    .sort((a, b) => b.failures - a.failures || (a.ip < b.ip ? -1 : 1))
    .slice(0, shown);
