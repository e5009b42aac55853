import type { DatabaseSync, SQLInputValue } from 'node:sqlite';

/** Tables that memory holds whole: what is on the disk gives way. */
const replaced = [
  'positions',
  'journal_position',
  'sites',
  'forgotten',
  'allow',
  'requests',
  'registrations',
  'tokens',
  'logins',
  'holds',
  'campaigns',
  'outbox',
  'delivered',
];
/** Tables of which memory holds the part that changed: its rows are the newer ones. */
const updated = [
  'ban_rules',
  'bans',
  'ban_evidence',
  'ban_sites',
  'ban_campaigns',
  'audit',
  'audit_anchors',
  'failure_blocks',
  'failure_senders',
];
/** Counts that began at zero in memory: they are added. */
const added = {
  failure_hours: 'failures',
  user_hours: 'failures',
  ban_hours: 'bans',
  ban_site_hours: 'bans',
};

/** Brings what a store in memory came to know to the disk, in one transaction. Throws where the disk still fails. */
export function writeBack(memory: DatabaseSync, disk: DatabaseSync): void {
  disk.exec('PRAGMA foreign_keys = OFF; PRAGMA synchronous = FULL; BEGIN IMMEDIATE');
  try {
    for (const table of replaced) {
      disk.exec(`DELETE FROM ${table}`);
      copy(memory, disk, table, '');
    }
    for (const table of updated) {
      const [key] = columnsOf(memory, table);
      copy(memory, disk, table, `ON CONFLICT DO UPDATE SET ${assignments(memory, table, key!)}`);
    }
    for (const [table, count] of Object.entries(added)) {
      copy(memory, disk, table, `ON CONFLICT DO UPDATE SET ${count} = ${count} + excluded.${count}`);
    }
    disk.exec('COMMIT');
  } catch (error) {
    if (disk.isTransaction) disk.exec('ROLLBACK');
    throw error;
  }
  disk.exec('PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON');
}

function copy(memory: DatabaseSync, disk: DatabaseSync, table: string, conflict: string): void {
  const columns = columnsOf(memory, table);
  const insert = disk.prepare(
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')}) ${conflict}`,
  );
  for (const row of memory.prepare(`SELECT * FROM ${table}`).iterate()) {
    insert.run(...columns.map((column) => row[column] as SQLInputValue));
  }
}

const assignments = (db: DatabaseSync, table: string, key: string): string =>
  columnsOf(db, table)
    .filter((column) => column !== key)
    .map((column) => `${column} = excluded.${column}`)
    .join(', ');

const columnsOf = (db: DatabaseSync, table: string): string[] =>
  db
    .prepare(`SELECT name FROM pragma_table_info('${table}')`)
    .all()
    .map((row) => String(row['name']));
