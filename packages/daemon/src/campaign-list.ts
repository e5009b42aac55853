import type { Campaign, Page } from '@portcullis/contracts';
import {
  type Campaigns,
  clientOf,
  type Network,
  type Campaign as Recognised,
  surroundingNetwork,
} from '@portcullis/core';
import type { Paging } from './operations.ts';

export interface CampaignListParts {
  readonly campaigns: Campaigns;
  readonly placeOf: (network: Network) => { readonly asn: number | null; readonly as_name: string | null };
  /** Addresses that are banned, as text; an IPv6 client as its network. */
  readonly banned: () => ReadonlySet<string>;
}

const shown = 20;

/** The campaigns since the start, as the API tells them: those that last first. One page holds them all. */
export function listCampaigns(parts: CampaignListParts, { limit = 100 }: Paging): Page<Campaign> {
  const campaigns = parts.campaigns.list();
  const banned = campaigns.length > 0 ? parts.banned() : new Set<string>();
  const items = campaigns.slice(0, limit).map((campaign) => toCampaign(campaign, parts, banned));
  return { items, next: null, total: campaigns.length };
}

function toCampaign(
  campaign: Recognised,
  { placeOf }: CampaignListParts,
  banned: ReadonlySet<string>,
): Campaign {
  const networks = new Map<string, number>();
  const systems = new Map<string, number>();
  let bans = 0;
  for (const key of campaign.clients) {
    const client = clientOf(key);
    add(networks, String(surroundingNetwork(client)));
    const { asn, as_name } = placeOf(client);
    if (asn !== null) add(systems, `AS${asn}${as_name === null ? '' : ` ${as_name}`}`);
    if (banned.has(String(client))) bans++;
  }
  const users = [...campaign.names.values()].map(({ name, clients }) => [name, clients] as const);
  return {
    id: campaign.id,
    since: iso(campaign.since),
    last_seen: iso(campaign.lastSeen),
    lasting: campaign.endedAt === null,
    ended_at: campaign.endedAt === null ? null : iso(campaign.endedAt),
    addresses: campaign.addresses,
    users: most(users),
    other_users: Math.max(0, users.length - shown),
    networks: most(networks),
    systems: most(systems),
    sites: most(campaign.sites),
    other_sites: Math.max(0, campaign.sites.size - shown),
    bans,
  };
}

const iso = (instant: number): string => new Date(instant).toISOString();

const add = (counts: Map<string, number>, name: string): void => {
  counts.set(name, (counts.get(name) ?? 0) + 1);
};

const most = (counts: Iterable<readonly [string, number]>): { name: string; addresses: number }[] =>
  [...counts]
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .slice(0, shown)
    .map(([name, addresses]) => ({ name, addresses }));
