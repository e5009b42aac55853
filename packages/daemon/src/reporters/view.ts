import type {
  CampaignReader,
  DestinationConfig,
  ReportedBan,
  ReportedOrigin,
  SiteRoutes,
  WaitingBan,
} from '@portcullis/core';
import type { View } from './next-message.ts';

const maxUsers = 20;

/**
 * What each destination may see of a ban: the host's everything, a site's its own evidence, how many others there are, and
 * the campaign that its own lines show.
 */
export function createView(
  routes: SiteRoutes,
  originOf: (ip: string) => ReportedOrigin,
  readerOf: (destination: DestinationConfig) => CampaignReader,
): View {
  return (waiting, destination) => {
    const origin = originOf(waiting.ban.ip);
    const campaign = waiting.campaigns[readerOf(destination)] ?? null;
    if (destination.site === null) return { ...waiting.ban, otherSites: 0, origin, campaign };
    const isOwn = (site: string) => routes.forSite(site).includes(destination);
    const own = ofSites(waiting, isOwn, origin);
    return own && { ...own, campaign };
  };
}

function ofSites(
  { ban, ofSites }: WaitingBan,
  isOwn: (site: string) => boolean,
  origin: ReportedOrigin,
): Omit<ReportedBan, 'campaign'> | null {
  const own = Object.entries(ban.sites).filter(([site]) => isOwn(site));
  if (own.length === 0) return null;
  const users = own.flatMap(([site]) => ofSites[site]?.users ?? []);
  return {
    ...ban,
    failures: own.reduce((sum, [, failures]) => sum + failures, 0),
    sites: Object.fromEntries(own),
    otherSites: Object.keys(ban.sites).length - own.length,
    users: [...new Set(users)].slice(0, maxUsers),
    reason: '',
    origin,
  };
}
