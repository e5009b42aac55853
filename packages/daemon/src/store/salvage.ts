import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { memoryCaps } from './prune.ts';
import { troubleOf } from './trouble.ts';

type Row = Record<string, SQLInputValue>;

/** Rows between two pauses of a salvage. */
const step = 1_000;

/** Every row that a disk failure must not take from a running daemon, in the order of its references. */
const essential: Readonly<Record<string, string>> = {
  sqlite_sequence: 'true',
  positions: 'true',
  journal_position: 'true',
  sites: 'true',
  ban_rules: 'true',
  bans: 'ended_at IS NULL',
  ban_evidence: 'ban_id IN (SELECT id FROM bans WHERE ended_at IS NULL)',
  ban_sites: 'ban_id IN (SELECT id FROM bans WHERE ended_at IS NULL)',
  ban_campaigns: 'ban_id IN (SELECT id FROM bans WHERE ended_at IS NULL)',
  campaigns: 'true',
  forgotten: 'true',
  allow: 'true',
  requests: 'true',
  registrations: 'true',
  tokens: 'true',
  logins: 'true',
  holds: 'true',
  outbox: 'true',
  delivered: 'true',
  audit: `id > (SELECT max(id) FROM audit) - ${memoryCaps.audit}`,
  audit_anchors: 'true',
  failure_blocks: `last > (SELECT last FROM failure_blocks ORDER BY id DESC LIMIT 1) - ${memoryCaps.failures}`,
  failure_senders: `failure_id > (SELECT max(failure_id) FROM failure_senders) - ${memoryCaps.failures}`,
};
/** What comes later, a part at a time. */
const history: Readonly<Record<string, string>> = {
  bans: 'ended_at IS NOT NULL',
  ban_evidence: 'true',
  ban_sites: 'true',
  ban_campaigns: 'true',
  audit: 'true',
  failure_blocks: 'true',
  failure_senders: 'true',
  failure_hours: 'true',
  user_hours: 'true',
  ban_hours: 'true',
  ban_site_hours: 'true',
};

/** Copies what is readable of the rows that matter now; never throws because of `from`. */
export function salvageEssential(from: DatabaseSync, to: DatabaseSync): void {
  to.exec('PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE');
  for (const [table, where] of Object.entries(essential)) {
    for (const _ of copyRows(from, to, table, where)) {
      // To the end without a pause.
    }
  }
  to.exec(`${dropOrphans} COMMIT; PRAGMA foreign_keys = ON`);
}

/** Copies the rest; pauses after each bounded part, which is a transaction of its own. */
export function* salvageHistory(from: DatabaseSync, to: DatabaseSync): Generator<void> {
  for (const [table, where] of Object.entries(history)) yield* copyRows(from, to, table, where);
}

const dropOrphans = `
  DELETE FROM ban_evidence WHERE ban_id NOT IN (SELECT id FROM bans);
  DELETE FROM ban_sites WHERE ban_id NOT IN (SELECT id FROM bans);
  DELETE FROM ban_campaigns WHERE ban_id NOT IN (SELECT id FROM bans);
  INSERT INTO ban_evidence (ban_id, events, lines, first_failure_at, last_failure_at) SELECT id, '{}', '[]', NULL, NULL FROM bans
    WHERE id NOT IN (SELECT ban_id FROM ban_evidence);`;

/**
 * Rows in the table's own order until one cannot be read, then backwards from its end until one cannot be read. Columns
 * that an older database does not have get their defaults.
 */
function* copyRows(from: DatabaseSync, to: DatabaseSync, table: string, where: string): Generator<void> {
  const known = new Set(columnsOf(from, table));
  const columns = columnsOf(to, table).filter((column) => known.has(column));
  if (columns.length === 0) return;
  const insert = to.prepare(
    `INSERT OR IGNORE INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
  );
  for (const direction of ['ASC', 'DESC']) {
    const order = keyOf(to, table).map((column) => `${column} ${direction}`);
    const rows = readRows(
      from,
      `SELECT * FROM ${table} NOT INDEXED WHERE ${where} ORDER BY ${order.join(', ')}`,
    );
    let copied = 0;
    for (let next = rows.next(); ; next = rows.next()) {
      if (next.done) {
        if (next.value) return;
        break;
      }
      insertRow(
        insert,
        columns.map((column) => next.value![column] ?? null),
      );
      if (++copied % step === 0) yield;
    }
  }
}

/** @returns whether the end was reached */
function* readRows(from: DatabaseSync, sql: string): Generator<Row, boolean> {
  try {
    yield* from.prepare(sql).iterate() as Iterable<Row>;
    return true;
  } catch {
    return false;
  }
}

function insertRow(insert: StatementSync, values: SQLInputValue[]): void {
  try {
    insert.run(...values);
  } catch (error) {
    // A row whose ban was lost is lost with it.
    if (troubleOf(error) !== undefined) throw error;
  }
}

const columnsOf = (db: DatabaseSync, table: string): string[] =>
  db
    .prepare(`SELECT name FROM pragma_table_info('${table}')`)
    .all()
    .map((row) => String(row['name']));

function keyOf(db: DatabaseSync, table: string): string[] {
  const key = db
    .prepare(`SELECT name FROM pragma_table_info('${table}') WHERE pk > 0 ORDER BY pk`)
    .all()
    .map((row) => String(row['name']));
  return key.length > 0 ? key : ['rowid'];
}
