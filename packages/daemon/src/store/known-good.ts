import type { Hold, HoldState, Page } from '@portcullis/contracts';
import { type Logins, maxLogins, type Network, parseNetwork } from '@portcullis/core';
import type { Database } from './database.ts';
import { instantOf } from './instant.ts';
import { byId } from './lists.ts';
import { createPager, type Paging } from './page.ts';

/** Holds that are kept, answered ones among them. */
const maxHolds = 1_000;

/** A hold with what its ban will rest on. */
export interface HeldBan {
  readonly id: number;
  readonly jail: string;
  readonly network: Network;
  readonly since: number;
  readonly until: number;
  readonly failures: number;
  readonly failureIds: readonly number[];
  readonly sites: Readonly<Record<string, number>>;
  readonly users: readonly string[];
  readonly because: string;
  readonly state: HoldState;
  readonly endedAt: number | null;
}

interface HoldRow {
  id: number;
  jail: string;
  ip: string;
  since: number;
  until: number;
  failures: number;
  failure_ids: string;
  sites: string;
  users: string;
  because: string;
  state: HoldState;
  ended_at: number | null;
}

const toHeldBan = (row: HoldRow): HeldBan => ({
  id: row.id,
  jail: row.jail,
  network: parseNetwork(row.ip)!,
  since: row.since,
  until: row.until,
  failures: row.failures,
  failureIds: JSON.parse(row.failure_ids) as number[],
  sites: JSON.parse(row.sites) as Record<string, number>,
  users: JSON.parse(row.users) as string[],
  because: row.because,
  state: row.state,
  endedAt: row.ended_at,
});

/** A hold as the API tells it. */
export const toHold = (held: HeldBan): Hold => ({
  id: held.id,
  ip: String(held.network),
  jail: held.jail,
  since: instantOf(held.since),
  until: instantOf(held.until),
  failures: held.failures,
  sites: { ...held.sites },
  users: [...held.users],
  because: held.because,
  state: held.state,
  ended_at: held.endedAt === null ? null : instantOf(held.endedAt),
});

/** Successful logins, and bans that wait. */
export interface KnownGoodTable {
  /** Those that logged in longest ago first. */
  logins(): Logins[];
  saveLogins(logins: readonly Logins[]): void;
  /** Forgets logins before then, and what is more than the bound. */
  pruneLogins(before: number): void;
  /** A hold without number is new. */
  saveHold(held: Omit<HeldBan, 'id'> & { readonly id?: number }): HeldBan;
  hold(id: number): HeldBan | undefined;
  openHolds(): HeldBan[];
  /** Whether a hold of the network since then came to a ban. */
  wasHeld(network: Network, since: number): boolean;
  listHolds(query: Paging & { readonly state?: HoldState }): Page<Hold>;
}

export function createKnownGoodTable(db: Database): KnownGoodTable {
  const page = createPager(db);
  return {
    logins: () =>
      db
        .read(() =>
          db.all<{ ip: string; site: string; account: string; hours: number; last_hour: number }>(
            'SELECT * FROM logins ORDER BY last_hour, ip, site',
          ),
        )
        .map(({ ip, last_hour: lastHour, ...rest }) => ({ ...rest, client: parseNetwork(ip)!, lastHour })),
    saveLogins(logins) {
      db.write(() => {
        for (const { client, site, account, hours, lastHour } of logins) {
          db.run(
            'INSERT OR REPLACE INTO logins (ip, site, account, hours, last_hour) VALUES (?, ?, ?, ?, ?)',
            String(client),
            site,
            account,
            hours,
            lastHour,
          );
        }
      });
    },
    pruneLogins(before) {
      db.write(() => {
        db.run('DELETE FROM logins WHERE last_hour < ?', before);
        db.run(
          `DELETE FROM logins WHERE (ip, site) IN
             (SELECT ip, site FROM logins ORDER BY last_hour DESC LIMIT -1 OFFSET ${maxLogins})`,
        );
      });
    },
    saveHold(held) {
      let id = held.id ?? 0;
      db.write(() => {
        id ||=
          (db.get<{ seq: number }>("SELECT seq FROM sqlite_sequence WHERE name = 'holds'")?.seq ?? 0) + 1;
        db.run(
          `INSERT OR REPLACE INTO holds
             (id, jail, ip, since, until, failures, failure_ids, sites, users, because, state, ended_at)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
          id,
          held.jail,
          String(held.network),
          held.since,
          held.until,
          held.failures,
          JSON.stringify(held.failureIds),
          JSON.stringify(held.sites),
          JSON.stringify(held.users),
          held.because,
          held.state,
          held.endedAt,
        );
        db.run("DELETE FROM holds WHERE state <> 'open' AND id <= ?", id - maxHolds);
      });
      return { ...held, id };
    },
    hold(id) {
      const row = db.read(() => db.get<HoldRow>('SELECT * FROM holds WHERE id = ?', id));
      return row && toHeldBan(row);
    },
    openHolds: () =>
      db.read(() => db.all<HoldRow>("SELECT * FROM holds WHERE state = 'open' ORDER BY id")).map(toHeldBan),
    wasHeld: (network, since) =>
      db.read(() =>
        db.get(
          "SELECT 1 FROM holds WHERE ip = ? AND since >= ? AND state IN ('made', 'approved') LIMIT 1",
          String(network),
          since,
        ),
      ) !== undefined,
    listHolds: ({ state = 'open', ...paging }) =>
      page(
        byId<HoldRow, Hold>('holds', (row) => toHold(toHeldBan(row)), [
          { sql: 'state = ?', params: [state] },
        ]),
        paging,
      ),
  };
}
