import type { Stats } from '@portcullis/contracts';
import { eventOf } from './codes.ts';
import type { Database } from './database.ts';
import { fromInstant, instantOf } from './instant.ts';
import { hourOf } from './tallies.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const topNames = 10;

/** Hours up to three days, days up to 90 days, else weeks: at most 90 buckets in the first two years. */
const bucketOf = (span: number) => (span <= 3 * dayMs ? hourMs : span <= 90 * dayMs ? dayMs : 7 * dayMs);

/** Of all sites or of some. The last 24 hours when `since` is left out; whole buckets, the last one still growing. */
export function readStats(
  db: Database,
  now: number,
  query: { since?: string | undefined; sites?: readonly string[] },
): Stats {
  const asked = Math.min(query.since === undefined ? now - dayMs : fromInstant(query.since), now);
  const { sites } = query;
  const ofSites = sites === undefined ? '' : 'AND site IN (SELECT value FROM json_each(?))';
  const names = sites === undefined ? [] : [JSON.stringify(sites)];
  const bansTable = sites === undefined ? 'ban_hours' : 'ban_site_hours';
  const oldest =
    db.read(
      () =>
        db.get<{ hour: number | null }>(
          `SELECT min(hour) AS hour FROM (SELECT min(hour) AS hour FROM failure_hours WHERE true ${ofSites}
           UNION ALL SELECT min(hour) FROM ${bansTable} WHERE true ${ofSites})`,
          ...names,
          ...names,
        )?.hour,
    ) ?? now;
  const begin = Math.max(asked, Math.min(oldest, now - dayMs));
  const bucket = bucketOf(now - begin);
  const since = Math.floor(begin / bucket) * bucket;
  const params = [hourOf(since), ...names];

  return db.read(() => {
    const sum = (table: string, value: string) =>
      new Map(
        db
          .all<{ at: number; sum: number }>(
            `SELECT hour - hour % ${bucket} AS at, sum(${value}) AS sum FROM ${table}
             WHERE hour >= ? ${ofSites} GROUP BY at`,
            ...params,
          )
          .map((row) => [row.at, row.sum] as const),
      );
    // Tallies of several sites would count a ban that rests on two of them twice.
    const countOnce = () =>
      new Map(
        db
          .all<{ at: number; bans: number }>(
            `SELECT since - since % ${bucket} AS at, count(DISTINCT ban_id) AS bans FROM ban_sites
             WHERE since >= ? ${ofSites} GROUP BY at`,
            ...params,
          )
          .map((row) => [row.at, row.bans] as const),
      );
    const top = (table: string, name: string) =>
      db
        .all<{ name: string; failures: number }>(
          `SELECT ${name} AS name, sum(failures) AS failures FROM ${table}
         WHERE hour >= ? ${ofSites} GROUP BY ${name} ORDER BY failures DESC, name LIMIT ${topNames}`,
          ...params,
        )
        .map(({ name, failures }) => ({ name, failures }));
    const failures = sum('failure_hours', 'failures');
    const bans = sites !== undefined && sites.length > 1 ? countOnce() : sum(bansTable, 'bans');
    const buckets: Stats['buckets'] = [];
    for (let at = since; at <= now; at += bucket) {
      buckets.push({ at: instantOf(at), failures: failures.get(at) ?? 0, bans: bans.get(at) ?? 0 });
    }
    return {
      since: instantOf(since),
      until: instantOf(now),
      bucket_seconds: bucket / 1000,
      buckets,
      failures: buckets.reduce((total, { failures }) => total + failures, 0),
      bans: buckets.reduce((total, { bans }) => total + bans, 0),
      top_sites: top('failure_hours', 'site'),
      top_users: top('user_hours', 'user'),
      top_events: top('failure_hours', 'event').map(({ name, failures }) => ({
        name: eventOf(Number(name)),
        failures,
      })),
    };
  });
}
