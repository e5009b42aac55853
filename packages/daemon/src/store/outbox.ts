import {
  type BanTally,
  type HostEvent,
  maxEvidenceUsers,
  type Outbox,
  type OutboxKind,
  type ReportPeriod,
  readTally,
  type Waiting,
  type WaitingBan,
  writeTally,
} from '@portcullis/core';
import type { BanRow } from './ban-row.ts';
import type { Database } from './database.ts';

interface WaitingRow extends Omit<BanRow, 'id'> {
  outbox_id: number;
  at: number;
  ban_id: number;
  of_sites: string;
  campaigns: string;
}

/** Of each site what it has itself, as `[site, failures, users]`. */
const ofSites = `(SELECT json_group_array(json_array(s.site, s.failures, json(s.users))) FROM ban_sites s WHERE s.ban_id = b.id)`;
/** By reader, the campaign that the address takes part in. */
const campaigns = `(SELECT json_group_object(c.reader, c.campaign) FROM ban_campaigns c WHERE c.ban_id = b.id)`;
/** Bans that were digested stand under a kind of their own, with the id of the newest of them. */
const digested = 'digested';

/** Events of one kind that wait for one destination; the oldest go. Bans are bounded by whoever delivers them. */
const maxEvents = 100;

/** What waits for delivery, in the database. */
export function createOutbox(db: Database): Outbox {
  function insert(
    destination: string,
    kind: string,
    at: number,
    ban: number | null,
    event: string | null,
  ): void {
    db.run(
      'INSERT INTO outbox (destination, kind, at, ban_id, event) VALUES (?, ?, ?, ?, ?)',
      destination,
      kind,
      at,
      ban,
      event,
    );
  }

  function waiting(destination: string): Waiting[] {
    const rows = db.read(() =>
      db.all<{ kind: string; count: number; first_at: number; last_id: number }>(
        `SELECT kind, count(*) AS count, min(at) AS first_at, max(id) AS last_id FROM outbox
         WHERE destination = ? GROUP BY kind`,
        destination,
      ),
    );
    const found = new Map<OutboxKind, Waiting>();
    for (const { kind, count, first_at, last_id } of rows) {
      const name = kind === digested ? 'ban' : (kind as OutboxKind);
      const known = found.get(name);
      found.set(name, {
        kind: name,
        count: count + (known?.count ?? 0),
        firstAt: Math.min(first_at, known?.firstAt ?? first_at),
        lastId: Math.max(last_id, known?.lastId ?? 0),
      });
    }
    return [...found.values()];
  }

  const bans = (destination: string, after: number, upTo: number, limit: number): WaitingBan[] =>
    db
      .read(() =>
        db.all<WaitingRow>(
          `SELECT o.id AS outbox_id, o.at, o.ban_id, b.ip, b.jail, b.since, b.until, b.failures, b.times_banned, b.state,
             b.reason, b.sites, b.users, ${ofSites} AS of_sites, ${campaigns} AS campaigns
           FROM outbox o JOIN bans b ON b.id = o.ban_id
           WHERE o.destination = ? AND o.kind = 'ban' AND o.id > ? AND o.id <= ? ORDER BY o.id LIMIT ?`,
          destination,
          after,
          upTo,
          limit,
        ),
      )
      .map(toWaitingBan);

  function remove(destination: string, kind: OutboxKind, upTo: number): void {
    const kinds = kind === 'ban' ? [kind, digested] : [kind];
    for (const each of kinds)
      db.run('DELETE FROM outbox WHERE destination = ? AND kind = ? AND id <= ?', destination, each, upTo);
  }

  /** Kinds of messages and periods of reports have one table, for no two of them have one name. */
  function setAt(destination: string, kind: OutboxKind | ReportPeriod, instant: number): void {
    db.run(
      'INSERT OR REPLACE INTO delivered (destination, kind, at) VALUES (?, ?, ?)',
      destination,
      kind,
      instant,
    );
  }

  const at = (destination: string) =>
    new Map(
      db
        .read(() =>
          db.all<{ kind: string; at: number }>(
            'SELECT kind, at FROM delivered WHERE destination = ?',
            destination,
          ),
        )
        .map((row) => [row.kind, row.at]),
    );

  return {
    addBan(destinations, ban, at) {
      db.write(() => {
        for (const destination of destinations) insert(destination, 'ban', at, ban, null);
      });
    },
    add(destinations, event, at) {
      db.write(() => {
        for (const destination of destinations) {
          insert(destination, event.kind, at, null, JSON.stringify(event));
          db.run(
            `DELETE FROM outbox WHERE destination = ?1 AND kind = ?2 AND id <=
               (SELECT id FROM outbox WHERE destination = ?1 AND kind = ?2 ORDER BY id DESC LIMIT 1 OFFSET ${maxEvents})`,
            destination,
            event.kind,
          );
        }
      });
    },
    waiting,
    bans,
    digested(destination) {
      const row = db.read(() =>
        db.get<{ event: string }>(
          'SELECT event FROM outbox WHERE destination = ? AND kind = ? ORDER BY id DESC LIMIT 1',
          destination,
          digested,
        ),
      );
      return row === undefined ? null : readTally(row.event);
    },
    digest(destination, upTo, tally: BanTally) {
      db.write(() => {
        remove(destination, 'ban', upTo);
        db.run(
          'INSERT INTO outbox (id, destination, kind, at, ban_id, event) VALUES (?, ?, ?, ?, NULL, ?)',
          upTo,
          destination,
          digested,
          tally.since,
          writeTally(tally),
        );
      });
    },
    events: (destination, kind, upTo, limit) =>
      db
        .read(() =>
          db.all<{ at: number; event: string }>(
            'SELECT at, event FROM outbox WHERE destination = ? AND kind = ? AND id <= ? ORDER BY id DESC LIMIT ?',
            destination,
            kind,
            upTo,
            limit,
          ),
        )
        .map(({ at, event }) => ({ at, event: JSON.parse(event) as HostEvent })),
    settle(destination, kind, upTo, at) {
      db.write(() => {
        remove(destination, kind, upTo);
        if (at !== null) setAt(destination, kind, at);
      });
    },
    sent: (destination) => at(destination) as ReadonlyMap<OutboxKind, number>,
    marks: (destination) => at(destination) as ReadonlyMap<ReportPeriod, number>,
    mark(destination, period, instant) {
      db.write(() => setAt(destination, period, instant));
    },
    keep(destinations) {
      const kept = JSON.stringify(destinations);
      db.write(() => {
        for (const table of ['outbox', 'delivered'])
          db.run(
            `DELETE FROM ${table} WHERE destination <> '' AND destination NOT IN (SELECT value FROM json_each(?))`,
            kept,
          );
      });
    },
  };
}

const toWaitingBan = (row: WaitingRow): WaitingBan => ({
  id: row.outbox_id,
  at: row.at,
  ban: {
    id: row.ban_id,
    ip: row.ip,
    jail: row.jail,
    since: row.since,
    until: row.until,
    failures: row.failures,
    sites: JSON.parse(row.sites),
    users: (JSON.parse(row.users) as string[]).slice(0, maxEvidenceUsers),
    timesBanned: row.times_banned,
    reason: row.reason,
    state: row.state,
  },
  ofSites: Object.fromEntries(
    (JSON.parse(row.of_sites) as [string, number, string[]][]).map(([site, failures, users]) => [
      site,
      { failures, users },
    ]),
  ),
  campaigns: JSON.parse(row.campaigns),
});
