import type { Campaign, Page } from '@portcullis/contracts';
import {
  clientOf,
  type Network,
  type Campaign as Recognised,
  type ReportedCampaign,
  surroundingNetwork,
} from '@portcullis/core';
import type { Paging } from './operations.ts';
import { instantOf } from './store/instant.ts';

export type PlaceOf = (network: Network) => { readonly asn: number | null; readonly as_name: string | null };

export interface CampaignListParts {
  /** Those that last first, the latest first. */
  readonly campaigns: readonly Recognised[];
  readonly placeOf: PlaceOf;
  /** Bans in force of addresses that took part. */
  readonly bansOf: (campaign: string) => number;
}

/** Names, networks and sites that the API tells of one, and that a report does. */
const shown = 20;
const reported = 5;

/** Campaigns since the start, as the API tells them. One page holds them all. */
export function listCampaigns(
  { campaigns, placeOf, bansOf }: CampaignListParts,
  { limit = 100 }: Paging,
): Page<Campaign> {
  const items = campaigns.slice(0, limit).map((campaign): Campaign => {
    const { networks, systems, users, sites } = partsOf(campaign, placeOf);
    return {
      id: campaign.id,
      since: instantOf(campaign.since),
      last_seen: instantOf(campaign.lastSeen),
      lasting: campaign.endedAt === null,
      ended_at: campaign.endedAt === null ? null : instantOf(campaign.endedAt),
      addresses: campaign.addresses,
      users: users.slice(0, shown),
      other_users: Math.max(0, users.length - shown),
      networks: networks.slice(0, shown),
      systems: systems.slice(0, shown),
      sites: sites.slice(0, shown),
      other_sites: Math.max(0, sites.length - shown),
      bans: bansOf(campaign.id),
    };
  });
  return { items, next: null, total: campaigns.length };
}

/** A campaign as reports tell it. @param bans of addresses that took part, those that have ended included */
export function reportedCampaign(campaign: Recognised, placeOf: PlaceOf, bans: number): ReportedCampaign {
  const { networks, systems, users, sites } = partsOf(campaign, placeOf);
  const { id, since, lastSeen, addresses } = campaign;
  return {
    id,
    since,
    lastSeen,
    addresses,
    bans,
    users: users.slice(0, reported),
    otherUsers: Math.max(0, users.length - reported),
    sites: sites.slice(0, reported),
    otherSites: Math.max(0, sites.length - reported),
    networks: networks.slice(0, reported),
    systems: systems.slice(0, reported),
  };
}

interface Part {
  readonly name: string;
  readonly addresses: number;
}

/** What its addresses tried and where they come from, those of most addresses first. */
function partsOf(campaign: Recognised, placeOf: PlaceOf) {
  const networks = new Map<string, number>();
  const systems = new Map<string, number>();
  for (const key of campaign.clients) {
    const client = clientOf(key);
    add(networks, String(surroundingNetwork(client)));
    const { asn, as_name } = placeOf(client);
    if (asn !== null) add(systems, `AS${asn}${as_name === null ? '' : ` ${as_name}`}`);
  }
  const users = [...campaign.names.values()].map(({ name, clients }) => [name, clients] as const);
  return {
    networks: most(networks),
    systems: most(systems),
    users: most(users),
    sites: most(campaign.sites),
  };
}

const add = (counts: Map<string, number>, name: string): void => {
  counts.set(name, (counts.get(name) ?? 0) + 1);
};

const most = (counts: Iterable<readonly [string, number]>): Part[] =>
  [...counts]
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .map(([name, addresses]) => ({ name, addresses }));
