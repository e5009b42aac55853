import type { AuditChain } from './audit-chain.ts';
import type { Database } from './database.ts';
import { createFailureSenders } from './failure-senders.ts';
import { createFailurePrune } from './prune-failures.ts';
import type { ReceiptTable } from './receipts.ts';
import { hourOf } from './tallies.ts';

/** How long records live, in ms; null: for ever. */
export interface Retention {
  readonly historyMs: number | null;
  readonly failuresMs: number | null;
  readonly auditMs: number | null;
}

/** Rows that are kept whatever retention says; the oldest go first. */
export interface RowCaps {
  readonly failures: number;
  readonly endedBans: number;
  readonly audit: number;
}
export const fileCaps: RowCaps = { failures: 1_000_000, endedBans: 2_000_000, audit: 1_000_000 };
export const memoryCaps: RowCaps = { failures: 100_000, endedBans: 50_000, audit: 10_000 };

/** Rows that one call deletes from a table at most; bans have many indexes, and rows that go with them. */
const step = 5_000;
const banStep = 200;
/** Free pages that are left for the next rows; what is beyond is given back, a few a call: each moves another page. */
const sparePages = 1_024;
const vacuumPages = 64;

/**
 * @param caps may change between calls
 * @param failuresChanged is called after blocks of failures were changed
 */
export function createPrune(
  db: Database,
  retention: Retention,
  caps: () => RowCaps,
  auditChain: Pick<AuditChain, 'deleteThrough'>,
  receipts: Pick<ReceiptTable, 'prune'>,
  failuresChanged: () => void,
) {
  const pruneFailures = createFailurePrune(db, () => caps().failures, failuresChanged);
  const senders = createFailureSenders(db);
  const cutoff = (now: number, ms: number | null) => (ms === null ? -1 : now - ms);

  const pruneForgotten = (): boolean =>
    db.run(
      `DELETE FROM forgotten WHERE (jail, address, prefix) IN
         (SELECT jail, address, prefix FROM forgotten
          WHERE failure_id < coalesce((SELECT min(id) FROM failure_blocks), 9e15) LIMIT ${step})`,
    ) === step;

  const pruneSenders = (): boolean =>
    senders.prune(db.get<{ id: number | null }>('SELECT min(id) AS id FROM failure_blocks')!.id ?? 0);

  function pruneBans(now: number): boolean {
    const deleted = db.run(
      `DELETE FROM bans WHERE id IN (SELECT id FROM bans WHERE ended_at < ? ORDER BY ended_at LIMIT ${banStep})`,
      cutoff(now, retention.historyMs),
    );
    if (deleted > 0) return deleted === banStep;
    const surplus = endedBans() - caps().endedBans;
    if (surplus <= 0) return false;
    db.run(
      `DELETE FROM bans WHERE id IN
         (SELECT id FROM bans WHERE ended_at IS NOT NULL ORDER BY ended_at LIMIT min(?, ${banStep}))`,
      surplus,
    );
    return surplus > banStep;
  }

  /** At most as many as ids were given since the oldest: counts only where that could be too many. */
  function endedBans(): number {
    const { span } = db.get<{ span: number | null }>('SELECT max(id) - min(id) + 1 AS span FROM bans')!;
    if ((span ?? 0) <= caps().endedBans) return 0;
    return db.get<{ bans: number }>('SELECT count(*) AS bans FROM bans WHERE ended_at IS NOT NULL')!.bans;
  }

  /** A beginning of the log always: what is left goes on from its anchor. */
  function pruneAudit(now: number): boolean {
    const { oldest, newest } = db.get<{ oldest: number | null; newest: number | null }>(
      'SELECT min(id) AS oldest, max(id) AS newest FROM audit',
    )!;
    if (oldest === null || newest === null) return false;
    const kept =
      db.get<{ id: number }>(
        'SELECT id FROM audit NOT INDEXED WHERE at >= ? ORDER BY id LIMIT 1',
        cutoff(now, retention.auditMs),
      )?.id ?? newest + 1;
    const through = Math.max(kept - 1, newest - caps().audit);
    return through >= oldest && auditChain.deleteThrough(Math.min(through, oldest + step - 1), now) === step;
  }

  function pruneTallies(now: number): boolean {
    const before = hourOf(cutoff(now, retention.historyMs));
    let more = false;
    for (const [table, key] of [
      ['failure_hours', 'hour, site, event'],
      ['user_hours', 'hour, site, user'],
      ['ban_site_hours', 'hour, site'],
      ['ban_hours', 'hour'],
    ] as const) {
      const deleted = db.run(
        `DELETE FROM ${table} WHERE (${key}) IN (SELECT ${key} FROM ${table} WHERE hour < ? LIMIT ${step})`,
        before,
      );
      more ||= deleted === step;
    }
    return more;
  }

  function vacuum(): boolean {
    const free = db.get<{ freelist_count: number }>('PRAGMA freelist_count')!.freelist_count;
    if (free <= sparePages) return false;
    db.all(`PRAGMA incremental_vacuum(${vacuumPages})`);
    return true;
  }

  /** Deletes a bounded part of what is over. @returns whether more is left */
  return function prune(now: number): boolean {
    const more = db.write(() => {
      db.run('DELETE FROM allow WHERE until <= ?', now);
      receipts.prune();
      return [
        pruneFailures(retention.failuresMs === null ? null : now - retention.failuresMs),
        pruneForgotten(),
        pruneSenders(),
        pruneBans(now),
        pruneAudit(now),
        pruneTallies(now),
        vacuum(),
      ].includes(true);
    });
    if (!more) db.read(() => db.all('PRAGMA wal_checkpoint(TRUNCATE)'));
    return more;
  };
}
