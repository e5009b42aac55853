import { setImmediate as breathe } from 'node:timers/promises';
import { type ReportCounts, type ReportSpan, sinceBefore } from '@portcullis/core';
import type { Database } from './database.ts';

const hourMs = 3_600_000;
/** Hours that are read at once: of an hour there may be 20,000 rows, which take 5 ms. */
const step = 4;
const topNames = 10;
/** Names that are counted at a time; beyond it the rarer half is left out. */
const maxNames = 20_000;

export type StoredCounts = Pick<ReportCounts, 'hours' | 'sites' | 'siteCount' | 'users'>;

/**
 * What is counted of a span, of all sites or of some, and by the hour of the span before it. Read a few hours at a time:
 * banning goes on meanwhile.
 */
export async function readReportCounts(
  db: Database,
  span: ReportSpan,
  sites: readonly string[] | null,
): Promise<StoredCounts> {
  const ofSites = sites === null ? '' : 'AND site IN (SELECT value FROM json_each(?))';
  const names = sites === null ? [] : [JSON.stringify(sites)];
  const bansTable = sites === null ? 'ban_hours' : 'ban_site_hours';
  const hours = new Map<number, { at: number; failures: number; bans: number }>();
  const failuresOf = new Tally();
  const bansOf = new Tally();
  const users = new Tally();

  function read(from: number, to: number): void {
    const rows = <T>(columns: string, table: string, group: string) =>
      db.read(() =>
        db.all<T & { sum: number }>(
          `SELECT ${columns} FROM ${table} WHERE hour >= ? AND hour < ? ${ofSites} GROUP BY ${group}`,
          from,
          to,
          ...names,
        ),
      );
    const hourOf = (at: number) => {
      const known = hours.get(at) ?? { at, failures: 0, bans: 0 };
      hours.set(at, known);
      return known;
    };
    for (const { hour, sum } of rows<{ hour: number }>('hour, sum(bans) AS sum', bansTable, 'hour'))
      hourOf(hour).bans = sum;
    const bySite = 'hour, site, sum(failures) AS sum';
    for (const row of rows<{ hour: number; site: string }>(bySite, 'failure_hours', 'hour, site')) {
      hourOf(row.hour).failures += row.sum;
      if (row.hour >= span.since) failuresOf.add(row.site, row.sum);
    }
    if (to <= span.since) return;
    for (const { site, sum } of rows<{ site: string }>('site, sum(bans) AS sum', 'ban_site_hours', 'site'))
      bansOf.add(site, sum);
    for (const { user, sum } of rows<{ user: string }>('user, sum(failures) AS sum', 'user_hours', 'user'))
      users.add(user, sum);
  }

  for (const part of [
    { from: sinceBefore(span), to: span.since },
    { from: span.since, to: span.until },
  ]) {
    for (let from = part.from; from < part.to; from += step * hourMs) {
      read(from, Math.min(from + step * hourMs, part.to));
      await breathe();
    }
  }
  return {
    hours: [...hours.values()],
    sites: failuresOf.top.map(([name, failures]) => ({ name, failures, bans: bansOf.of(name) })),
    siteCount: failuresOf.size,
    users: users.top.map(([name, failures]) => ({ name, failures })),
  };
}

/** Counts by name, in bounded memory. */
class Tally {
  #counts = new Map<string, number>();

  get size(): number {
    return this.#counts.size;
  }

  of(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  add(name: string, count: number): void {
    this.#counts.set(name, this.of(name) + count);
    if (this.#counts.size > maxNames) this.#counts = new Map(this.#most(maxNames / 2));
  }

  get top(): [string, number][] {
    return this.#most(topNames);
  }

  #most = (length: number): [string, number][] =>
    [...this.#counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).slice(0, length);
}
