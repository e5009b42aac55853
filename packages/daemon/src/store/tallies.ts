import type { BanRecord, FailureBatch, FailureRecord } from '@portcullis/core';
import { eventCode } from './codes.ts';
import type { Database } from './database.ts';

/** Rows an hour of each kind of tally; what comes beyond is counted under `otherName`. */
export const maxTalliesAnHour = { failures: 20_000, users: 1_000, bans: 10_000 } as const;
export const otherName = '(other)';
const hourMs = 3_600_000;
export const hourOf = (time: number): number => Math.floor(time / hourMs) * hourMs;

interface SiteTally {
  readonly events: Map<string, number>;
  readonly users: Map<string, number>;
  bans: number;
}

/**
 * Counts by hour, written with the transaction that caused them: kept in memory until it commits, so that a batch of
 * failures costs one row each site and event, and a batch of bans one each site.
 */
export function createTallies(db: Database) {
  let pending = new Map<number, Map<string, SiteTally>>();
  /** New bans by hour: one of several sites counts once. */
  let pendingBans = new Map<number, number>();
  /** Rows that each hour has, by table, as far as known. */
  const sizes = new Map<string, number>();
  let lastHour = -1;
  let lastSites: Map<string, SiteTally> | undefined;
  let lastName: string | undefined;
  let lastSite: SiteTally | undefined;

  const clear = () => {
    pending = new Map();
    pendingBans = new Map();
    lastHour = -1;
    lastName = undefined;
  };
  db.onRollback(clear);
  db.onReset(() => sizes.clear());
  db.beforeCommit(flush);

  function siteOf(hour: number, name: string): SiteTally {
    if (hour !== lastHour) {
      lastSites = pending.get(hour);
      if (lastSites === undefined) {
        lastSites = new Map();
        pending.set(hour, lastSites);
      }
      lastHour = hour;
      lastName = undefined;
    }
    if (name !== lastName) {
      lastSite = lastSites!.get(name);
      if (lastSite === undefined) {
        lastSite = { events: new Map(), users: new Map(), bans: 0 };
        lastSites!.set(name, lastSite);
      }
      lastName = name;
    }
    return lastSite!;
  }

  function failures({ length, reasons, times, sites, events, users, counts }: FailureBatch): void {
    for (let nth = 0; nth < length; nth++) {
      if (reasons[nth] !== null) continue;
      const event = events[nth]!;
      const user = users[nth]!;
      const count = counts[nth]!;
      const tally = siteOf(hourOf(times[nth]!), sites[nth]!);
      tally.events.set(event, (tally.events.get(event) ?? 0) + count);
      if (user !== null) tally.users.set(user, (tally.users.get(user) ?? 0) + count);
    }
  }

  /** Counts under the name, or under `otherName` where the hour is full. */
  function add(
    table: keyof typeof tables,
    hour: number,
    keys: readonly (string | number)[],
    count: number,
  ): void {
    const { update, insert, upsert, size, limit, other } = tables[table];
    if (db.run(update, count, hour, ...keys) > 0) return;
    const key = `${table} ${hour}`;
    const rows = sizes.get(key) ?? db.get<{ rows: number }>(size, hour)!.rows;
    if (rows < limit) db.run(insert, count, hour, ...keys);
    else db.run(upsert, count, hour, ...other(keys));
    if (sizes.size >= 100) sizes.clear();
    sizes.set(key, rows + 1);
  }

  function flush(): void {
    if (pending.size === 0 && pendingBans.size === 0) return;
    const tallied = pending;
    const talliedBans = pendingBans;
    clear();
    db.write(() => {
      for (const [hour, sites] of tallied) {
        for (const [site, { events, users, bans }] of sites) {
          for (const [event, count] of events) {
            add('failure_hours', hour, [site, eventCode(event as FailureRecord['event'])], count);
          }
          for (const [user, count] of users) add('user_hours', hour, [site, user], count);
          if (bans > 0) add('ban_site_hours', hour, [site], bans);
        }
      }
      for (const [hour, bans] of talliedBans) {
        db.run(
          'INSERT INTO ban_hours VALUES (?, ?) ON CONFLICT (hour) DO UPDATE SET bans = bans + excluded.bans',
          hour,
          bans,
        );
      }
    });
  }

  /** Inside a transaction. */
  function ban(record: Pick<BanRecord, 'since' | 'evidence'>): void {
    const hour = hourOf(record.since);
    pendingBans.set(hour, (pendingBans.get(hour) ?? 0) + 1);
    for (const site of Object.keys(record.evidence.sites)) siteOf(hour, site).bans++;
  }

  return { failures, ban };
}

function table(
  name: string,
  keys: readonly string[],
  value: string,
  limit: number,
  other: (keys: readonly (string | number)[]) => readonly (string | number)[],
) {
  const columns = [value, 'hour', ...keys];
  const insert = `INSERT INTO ${name} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`;
  return {
    limit,
    other,
    insert,
    update: `UPDATE ${name} SET ${value} = ${value} + ? WHERE hour = ? AND ${keys.map((key) => `${key} = ?`).join(' AND ')}`,
    upsert: `${insert} ON CONFLICT DO UPDATE SET ${value} = ${value} + excluded.${value}`,
    size: `SELECT count(*) AS rows FROM ${name} WHERE hour = ?`,
  };
}

const { failures, users, bans } = maxTalliesAnHour;
const tables = {
  failure_hours: table('failure_hours', ['site', 'event'], 'failures', failures, ([, event]) => [
    otherName,
    event!,
  ]),
  user_hours: table('user_hours', ['site', 'user'], 'failures', users, ([site]) => [site!, otherName]),
  ban_site_hours: table('ban_site_hours', ['site'], 'bans', bans, () => [otherName]),
};
