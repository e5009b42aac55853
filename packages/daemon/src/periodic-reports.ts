import { hostname } from 'node:os';
import {
  type NewReport,
  PortcullisError,
  type ReportTest,
  type PeriodicReport as WireReport,
} from '@portcullis/contracts';
import type { Clock, DestinationConfig, PeriodicReport, ReportSpan } from '@portcullis/core';
import type { Origins } from './origins/origins.ts';
import { createReportSource } from './report-source.ts';
import type { Reports } from './reporters/reports.ts';
import { ReportSchedule } from './reporters/schedule.ts';
import { fromInstant } from './store/instant.ts';
import type { Store } from './store/sqlite.ts';

const week = 7 * 86_400_000;

export interface PeriodicReportsParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly reports: Reports;
  readonly origins: Pick<Origins, 'placeOf'>;
  readonly ownerOf: (name: string) => string | null;
  readonly settings: () => { readonly at: number };
  readonly isBehind: () => boolean;
  /** Told why a report that was due was not made; it is tried again at the next check. */
  readonly onFailure: (error: unknown) => void;
}

/** Reports of a span: the one that somebody asks for, and those that the clock asks for. */
export interface PeriodicReports {
  report(query: { since?: string; site?: string }): Promise<WireReport>;
  send(report: NewReport): Promise<ReportTest>;
  /** To be called every minute or so. */
  check(): Promise<void>;
  stop(): Promise<void>;
}

export function createPeriodicReports(parts: PeriodicReportsParts): PeriodicReports {
  const { store, clock, reports, origins, ownerOf, onFailure } = parts;
  const read = createReportSource(store.db, origins);

  const spanOf = (since: string | undefined): ReportSpan => {
    const until = clock.now();
    return { since: Math.min(since === undefined ? until - week : fromInstant(since), until), until };
  };
  const namesWhere = (isOwn: (name: string) => boolean): string[] =>
    [...store.siteTable.names()].filter(isOwn);
  const compose = (span: ReportSpan, destination: DestinationConfig): Promise<PeriodicReport> =>
    read(span, destination.site === null ? null : namesWhere((name) => reports.concerns(destination, name)));
  const schedule = new ReportSchedule({
    ...parts,
    outbox: store.outbox,
    zone: () => Temporal.Now.timeZoneId(),
    compose,
    transaction: (work) => store.transaction(work),
  });

  return {
    async report({ since, site }) {
      const names = site === undefined ? null : namesWhere((name) => name === site || ownerOf(name) === site);
      if (names?.length === 0) {
        throw new PortcullisError('not_found', `No line of the log is known to be of ${site}.`, {
          hint: 'portcullis sites lists the names that are known.',
        });
      }
      return toWire(await read(spanOf(since), names), site ?? null);
    },
    send: ({ since, ...to }) => reports.sendReport(to, (destination) => compose(spanOf(since), destination)),
    check: () => schedule.check().catch(onFailure),
    stop: () => schedule.stop().catch(onFailure),
  };
}

const iso = (instant: number): string => new Date(instant).toISOString();

function toWire(report: PeriodicReport, site: string | null): WireReport {
  const { since, until, otherSites, originsOf, chart, sites, users, countries, networks, ...counts } = report;
  return {
    host: hostname(),
    site,
    since: iso(since),
    until: iso(until),
    ...counts,
    sites: [...sites],
    other_sites: otherSites,
    users: [...users],
    countries: [...countries],
    networks: [...networks],
    origins_of: originsOf,
    chart: chart.map(({ at, ...part }) => ({ at: iso(at), ...part })),
  };
}
