import { composeReport, type PeriodicReport, type ReportSpan, wholeHours } from '@portcullis/core';
import type { Origins, Place } from './origins/origins.ts';
import { topOrigins } from './origins/with-origins.ts';
import type { Database } from './store/database.ts';
import { readNewestBans } from './store/newest-bans.ts';
import { readReportCounts } from './store/report-counts.ts';

/** What happened in a span, for the whole host or for some names of sites. Takes a few milliseconds at a time. */
export type ReportSource = (span: ReportSpan, sites: readonly string[] | null) => Promise<PeriodicReport>;

export function createReportSource(db: Database, origins: Pick<Origins, 'placeOf'>): ReportSource {
  return async (asked, sites) => {
    const span = wholeHours(asked);
    const counts = await readReportCounts(db, span, sites);
    const since = new Date(span.since).toISOString();
    const bans = readNewestBans(db, { since, until: span.until, sites: sites ?? undefined });
    const { top_countries, top_networks, origins_of } = topOrigins(bans, (network) =>
      origins.placeOf(network),
    );
    return composeReport(span, {
      ...counts,
      countries: top_countries.map(({ country, ...rest }) => ({ name: country ?? unknown, ...rest })),
      networks: top_networks.map(({ bans, failures, ...place }) => ({ name: nameOf(place), bans, failures })),
      originsOf: origins_of,
    });
  };
}

const unknown = '(not known)';

function nameOf({ asn, as_name }: Omit<Place, 'country'>): string {
  if (asn === null) return unknown;
  return as_name === null ? `AS${asn}` : `AS${asn} ${as_name}`;
}
