import type { EndedBy } from '@portcullis/contracts';
import {
  type BanReceipt,
  type BanRecord,
  maxEvidenceLines,
  maxEvidenceUsers,
  type Network,
} from '@portcullis/core';
import { lastAddress, toColumn } from './address-column.ts';
import type { createBansInForce } from './bans-in-force.ts';
import type { Database } from './database.ts';
import type { ReceiptTable } from './receipts.ts';

/** Stands in `reason` between why an address was banned and why that could not be enforced, as long as it cannot. */
const refused = '; not enforced: ';

/**
 * Writes bans, each with its evidence and its receipt.
 *
 * @param tally counts a new ban; called inside the transaction
 */
export function createBanTable(
  db: Database,
  inForce: ReturnType<typeof createBansInForce>,
  receipts: Pick<ReceiptTable, 'columnsOf'>,
  tally: (ban: Omit<BanRecord, 'id'>) => void,
) {
  /**
   * A receipt is written with a new ban only. Its lines are those of the evidence until others take their place: then they are
   * kept apart.
   */
  function writeEvidence(id: number, ban: Omit<BanRecord, 'id'>, receipt?: BanReceipt): void {
    const { events, lines, lineSites, lineSenders, firstFailureAt, lastFailureAt, sites, ofSites } =
      ban.evidence;
    const latest = lines.slice(-maxEvidenceLines);
    const decided = receipt?.evidence.map(({ line }) => line) ?? latest;
    const apart = decided.length !== latest.length || decided.some((line, at) => line !== latest[at]);
    db.run(
      `INSERT INTO ban_evidence
         (ban_id, events, lines, first_failure_at, last_failure_at, line_sites, line_senders, rule_id, receipt, receipt_lines)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET
         receipt_lines = iif(receipt IS NULL OR lines = excluded.lines, receipt_lines, coalesce(receipt_lines, lines)),
         events = excluded.events, lines = excluded.lines, first_failure_at = excluded.first_failure_at,
         last_failure_at = excluded.last_failure_at, line_sites = excluded.line_sites, line_senders = excluded.line_senders`,
      id,
      JSON.stringify(events),
      JSON.stringify(latest),
      firstFailureAt,
      lastFailureAt,
      JSON.stringify(lineSites.slice(-maxEvidenceLines)),
      JSON.stringify(lineSenders.slice(-maxEvidenceLines)),
      ...(receipt === undefined ? [null, null] : receipts.columnsOf(receipt)),
      apart ? JSON.stringify(decided) : null,
    );
    for (const [site, failures] of Object.entries(sites)) {
      // A name that a client chose may be that of something every object has.
      const own = Object.hasOwn(ofSites, site) ? ofSites[site] : undefined;
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

  /** Of the latest ban there ever was; null: not known. */
  let lastId: number | null = null;
  db.onReset(() => {
    lastId = null;
  });
  const nextId = (): number => {
    lastId ??= db.get<{ seq: number }>("SELECT seq FROM sqlite_sequence WHERE name = 'bans'")?.seq ?? 0;
    return lastId + 1;
  };

  const insert = (ban: Omit<BanRecord, 'id'>, receipt?: BanReceipt): BanRecord =>
    db.transaction(() => {
      const id = insertOne(ban, receipt);
      lastId = id;
      tally(ban);
      return { ...ban, id };
    });

  function insertOne(ban: Omit<BanRecord, 'id'>, receipt?: BanReceipt): number {
    let id = 0;
    const { network, evidence } = ban;
    db.write(() => {
      id ||= nextId();
      db.run(
        `INSERT INTO bans (id, jail, address, prefix, ip, since, until, failures, times_banned, state, ended_at, ended_by,
           reason, sites, users, by_hand, lifted_by, gentle) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
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
        ban.gentle ? 1 : 0,
      );
      writeEvidence(id, ban, receipt);
      if (ban.endedAt === null) inForce.began(ban);
    });
    return id;
  }

  function update(ban: BanRecord): void {
    db.write(() => {
      db.run(
        `UPDATE bans SET until = ?, failures = ?, state = ?, ended_at = ?, ended_by = ?, lifted_by = ?, reason = ?, sites = ?, users = ?,
           by_hand = ?, gentle = ? WHERE id = ?`,
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
        ban.gentle ? 1 : 0,
        ban.id,
      );
      db.run('DELETE FROM ban_sites WHERE ban_id = ?', ban.id);
      writeEvidence(ban.id, ban);
      if (ban.endedAt !== null) inForce.recount();
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
        inForce.ended(ended.jail);
      }
    });
  }

  return {
    insert,
    update,
    setState,
    end,
    forgive: (network: Network, jail: string | null): number =>
      db.write(() =>
        db.run(
          `UPDATE bans SET forgiven = 1
           WHERE address BETWEEN ? AND ? AND prefix >= ? AND forgiven = 0 AND ${jail === null ? '? IS NULL' : 'jail = ?'}`,
          toColumn(network),
          lastAddress(network),
          network.prefix,
          jail,
        ),
      ),
    moveEnds: (by: number, since: number): number =>
      db.write(() =>
        db.run(
          'UPDATE bans SET until = until + ? WHERE ended_at IS NULL AND until IS NOT NULL AND since <= ?',
          by,
          since,
        ),
      ),
  };
}
