import type { ReportedBan, ReportedOrigin, SiteRoutes, WaitingBan } from '@portcullis/core';
import type { View } from './next-message.ts';

const maxUsers = 20;

/** What each destination may see of a ban: the host's everything, a site's its own evidence and how many others there are. */
export function createView(routes: SiteRoutes, originOf: (ip: string) => ReportedOrigin): View {
  return (waiting, destination) => {
    const origin = originOf(waiting.ban.ip);
    if (destination.site === null) return { ...waiting.ban, otherSites: 0, origin };
    const isOwn = (site: string) => routes.forSite(site).includes(destination);
    return ofSites(waiting, isOwn, origin);
  };
}

function ofSites(
  { ban, ofSites }: WaitingBan,
  isOwn: (site: string) => boolean,
  origin: ReportedOrigin,
): ReportedBan | null {
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
