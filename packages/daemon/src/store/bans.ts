import type { EndedBy } from '@portcullis/contracts';
import {
  type BanRecord,
  maxEvidenceLines,
  maxEvidenceUsers,
  type Network,
  type SiteEvidence,
} from '@portcullis/core';
import { type AddressColumn, fromColumn, lastAddress, toColumn } from './address-column.ts';
import type { Database } from './database.ts';

export interface BanRow {
  id: number;
  jail: string;
  address: AddressColumn;
  prefix: number;
  ip: string;
  since: number;
  until: number | null;
  failures: number;
  times_banned: number;
  state: BanRecord['state'];
  ended_at: number | null;
  ended_by: EndedBy | null;
  lifted_by: string | null;
  reason: string;
  sites: string;
  users: string;
  by_hand: number;
}

export interface EvidenceRow {
  events: string;
  lines: string;
  line_senders: string;
  first_failure_at: number | null;
  last_failure_at: number | null;
}

type FullRow = BanRow & EvidenceRow & { line_sites: string; of_sites: string };

/** One object by site, made by SQLite so that a ban is read at once. */
const ofSites = `(SELECT json_group_object(s.site, json_object('events', json(s.events), 'users', json(s.users),
  'firstFailureAt', s.first_failure_at, 'lastFailureAt', s.last_failure_at)) FROM ban_sites s WHERE s.ban_id = b.id)`;
const fullBan = `SELECT b.*, e.events, e.lines, e.line_sites, e.line_senders, e.first_failure_at, e.last_failure_at, ${ofSites} AS of_sites
  FROM bans b JOIN ban_evidence e ON e.ban_id = b.id`;
const inForce = 'b.ended_at IS NULL';

/** Stands in `reason` between why an address was banned and why that could not be enforced, as long as it cannot. */
const refused = '; not enforced: ';

const toRecord = (row: FullRow): BanRecord => ({
  id: row.id,
  network: fromColumn(row.address, row.prefix),
  jail: row.jail,
  since: row.since,
  until: row.until,
  failures: row.failures,
  timesBanned: row.times_banned,
  state: row.state,
  endedAt: row.ended_at,
  endedBy: row.ended_by,
  liftedBy: row.lifted_by,
  reason: row.reason,
  byHand: row.by_hand === 1,
  evidence: {
    sites: JSON.parse(row.sites),
    ofSites: JSON.parse(row.of_sites),
    events: JSON.parse(row.events),
    users: JSON.parse(row.users),
    lines: JSON.parse(row.lines),
    lineSites: JSON.parse(row.line_sites),
    lineSenders: JSON.parse(row.line_senders),
    firstFailureAt: row.first_failure_at,
    lastFailureAt: row.last_failure_at,
  },
});

/** @param tally counts a new ban; called inside the write */
export function createBanTable(db: Database, tally: (ban: Omit<BanRecord, 'id'>) => void) {
  /** Bans in force by jail, so that counting does not visit each; null: not known. */
  let counts: Map<string, number> | null = null;
  /** Prefixes that some ban has or had: where to look for wider networks. */
  let prefixes: Set<number> | null = null;
  db.onReset(() => {
    counts = null;
    prefixes = null;
  });

  const adjust = (jail: string, by: number) => {
    if (counts === null) return;
    const count = (counts.get(jail) ?? 0) + by;
    if (count > 0) counts.set(jail, count);
    else counts.delete(jail);
  };

  function writeEvidence(id: number, ban: Omit<BanRecord, 'id'>): void {
    const { events, lines, lineSites, lineSenders, firstFailureAt, lastFailureAt, sites } = ban.evidence;
    db.run(
      `INSERT OR REPLACE INTO ban_evidence
         (ban_id, events, lines, first_failure_at, last_failure_at, line_sites, line_senders)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
      id,
      JSON.stringify(events),
      JSON.stringify(lines.slice(-maxEvidenceLines)),
      firstFailureAt,
      lastFailureAt,
      JSON.stringify(lineSites.slice(-maxEvidenceLines)),
      JSON.stringify(lineSenders.slice(-maxEvidenceLines)),
    );
    for (const [site, failures] of Object.entries(sites)) {
      const own: SiteEvidence | undefined = ban.evidence.ofSites[site];
      db.run(
        `INSERT OR REPLACE INTO ban_sites
           (ban_id, site, failures, since, ended, events, users, first_failure_at, last_failure_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        id,
        site,
        failures,
        ban.since,
        ban.endedAt === null ? 0 : 1,
        JSON.stringify(own?.events ?? {}),
        JSON.stringify(own?.users.slice(0, maxEvidenceUsers) ?? []),
        own?.firstFailureAt ?? null,
        own?.lastFailureAt ?? null,
      );
    }
  }

  function insert(ban: Omit<BanRecord, 'id'>): BanRecord {
    let id = 0;
    const { network, evidence } = ban;
    db.write(() => {
      id ||= (db.get<{ seq: number }>("SELECT seq FROM sqlite_sequence WHERE name = 'bans'")?.seq ?? 0) + 1;
      db.run(
        'INSERT INTO bans VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
        id,
        ban.jail,
        toColumn(network),
        network.prefix,
        network.toString(),
        ban.since,
        ban.until,
        ban.failures,
        ban.timesBanned,
        ban.state,
        ban.endedAt,
        ban.endedBy,
        ban.reason,
        JSON.stringify(evidence.sites),
        JSON.stringify(evidence.users.slice(0, maxEvidenceUsers)),
        ban.byHand ? 1 : 0,
        ban.liftedBy,
      );
      writeEvidence(id, ban);
      tally(ban);
      if (ban.endedAt === null) adjust(ban.jail, 1);
      prefixes?.add(network.prefix);
    });
    return { ...ban, id };
  }

  function update(ban: BanRecord): void {
    db.write(() => {
      db.run(
        `UPDATE bans SET until = ?, failures = ?, state = ?, ended_at = ?, ended_by = ?, lifted_by = ?, reason = ?, sites = ?, users = ?,
           by_hand = ? WHERE id = ?`,
        ban.until,
        ban.failures,
        ban.state,
        ban.endedAt,
        ban.endedBy,
        ban.liftedBy,
        ban.reason,
        JSON.stringify(ban.evidence.sites),
        JSON.stringify(ban.evidence.users.slice(0, maxEvidenceUsers)),
        ban.byHand ? 1 : 0,
        ban.id,
      );
      db.run('DELETE FROM ban_sites WHERE ban_id = ?', ban.id);
      writeEvidence(ban.id, ban);
      if (ban.endedAt !== null) counts = null;
    });
  }

  function setState(ids: readonly number[], state: 'active' | 'failed', reason?: string): void {
    db.write(() => {
      for (const id of ids) {
        db.run(
          `UPDATE bans SET state = ?1,
             reason = CASE WHEN state = 'failed' AND instr(reason, ?2) > 0
               THEN substr(reason, 1, instr(reason, ?2) - 1) ELSE reason END || ?3
           WHERE id = ?4 AND ended_at IS NULL`,
          state,
          refused,
          reason === undefined ? '' : refused + reason,
          id,
        );
      }
    });
  }

  function end(ids: readonly number[], endedAt: number, endedBy: EndedBy, liftedBy?: string): void {
    db.write(() => {
      for (const id of ids) {
        const ended = db.get<{ jail: string }>(
          `UPDATE bans SET state = 'ended', ended_at = ?, ended_by = ?, lifted_by = ? WHERE id = ? AND ended_at IS NULL RETURNING jail`,
          endedAt,
          endedBy,
          liftedBy ?? null,
          id,
        );
        if (ended === undefined) continue;
        db.run('UPDATE ban_sites SET ended = 1 WHERE ban_id = ?', id);
        adjust(ended.jail, -1);
      }
    });
  }

  const records = (sql: string, ...params: (AddressColumn | string)[]): BanRecord[] =>
    db.read(() => db.all<FullRow>(`${fullBan} ${sql}`, ...params)).map(toRecord);

  function known(): Set<number> {
    prefixes ??= new Set(
      db
        .all<{ prefix: number }>('SELECT DISTINCT prefix FROM bans WHERE ended_at IS NULL')
        .map((row) => row.prefix),
    );
    return prefixes;
  }

  /** Those inside the network, and those whose network lies around it. */
  function overlapping(network: Network): BanRecord[] {
    const found = records(
      `WHERE b.address BETWEEN ? AND ? AND b.prefix >= ? AND ${inForce} ORDER BY b.id`,
      toColumn(network),
      lastAddress(network),
      network.prefix,
    );
    for (const prefix of db.read(known)) {
      if (prefix >= network.prefix) continue;
      const around = network.widen(prefix);
      found.push(...records(`WHERE b.address = ? AND b.prefix = ? AND ${inForce}`, toColumn(around), prefix));
    }
    return found;
  }

  function* allInForce(): Iterable<Pick<BanRecord, 'id' | 'jail' | 'network' | 'until' | 'state'>> {
    let after = { since: -Infinity, id: 0 };
    for (;;) {
      const rows = db.read(() =>
        db.all<Pick<BanRow, 'id' | 'jail' | 'address' | 'prefix' | 'until' | 'state' | 'since'>>(
          `SELECT id, jail, address, prefix, until, state, since FROM bans b
           WHERE ${inForce} AND (since, id) > (?, ?) ORDER BY since, id LIMIT 1000`,
          after.since,
          after.id,
        ),
      );
      for (const { id, jail, address, prefix, until, state } of rows) {
        yield { id, jail, network: fromColumn(address, prefix), until, state };
      }
      if (rows.length < 1000) return;
      after = rows.at(-1)!;
    }
  }

  return {
    insert,
    update,
    setState,
    end,
    inForce: (jail: string, network: Network): BanRecord | undefined =>
      records(
        `WHERE b.address = ? AND b.prefix = ? AND b.jail = ? AND ${inForce}`,
        toColumn(network),
        network.prefix,
        jail,
      )[0],
    overlapping,
    allInForce,
    moveEnds: (by: number, since: number): number =>
      db.write(() =>
        db.run(
          'UPDATE bans SET until = until + ? WHERE ended_at IS NULL AND until IS NOT NULL AND since <= ?',
          by,
          since,
        ),
      ),
    countInForce(): ReadonlyMap<string, number> {
      counts ??= new Map(
        db.read(() =>
          db
            .all<{ jail: string; bans: number }>(
              'SELECT jail, count(*) AS bans FROM bans WHERE ended_at IS NULL GROUP BY jail',
            )
            .map((row) => [row.jail, row.bans] as const),
        ),
      );
      return counts;
    },
    due: (now: number, limit: number): BanRecord[] =>
      records(`WHERE ${inForce} AND b.ends <= ? ORDER BY b.ends, b.id LIMIT ?`, now, limit),
    nextEnd: (): number | null =>
      db.read(
        () =>
          db.get<{ until: number }>('SELECT until FROM bans WHERE ended_at IS NULL ORDER BY ends LIMIT 1')
            ?.until ?? null,
      ),
    timesBanned: (network: Network, jail: string | null): number =>
      db.read(
        () =>
          db.get<{ bans: number }>(
            `SELECT count(*) AS bans FROM bans WHERE address = ? AND prefix = ? AND ${jail === null ? '? IS NULL' : 'jail = ?'}`,
            toColumn(network),
            network.prefix,
            jail,
          )!.bans,
      ),
  };
}
