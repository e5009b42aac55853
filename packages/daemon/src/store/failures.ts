import type { SQLInputValue } from 'node:sqlite';
import type { FailureRecord } from '@portcullis/core';
import { type AddressColumn, fromColumn, toColumn } from './address-column.ts';
import { packKind, unpackKind } from './codes.ts';
import type { Database } from './database.ts';
import { createFailureSenders } from './failure-senders.ts';
import type { SiteTable } from './sites.ts';

/** No honest line is longer: 511 bytes of tag, 255 of host name, 100 of user name. What lies behind is not kept. */
export const maxStoredLine = 1_024;

export interface FailureRow {
  id: number;
  time: number;
  address: AddressColumn;
  site: number;
  kind: number;
  count: number;
  user: string | null;
  line?: Uint8Array;
}

/** Rows a statement: from 20 on, more do not make it faster. */
const rowsAStatement = 20;
const columns = 8;
/** Rows that are read at once, so that nobody waits for a long scan's end and writes may come in between. */
const pageRows = 5_000;

const insertSql = (rows: number) =>
  `INSERT INTO failures (id, time, address, site, kind, count, user, line)
   VALUES ${Array(rows).fill('(?,?,?,?,?,?,?,?)').join(',')}`;
const insertMany = insertSql(rowsAStatement);
const insertOne = insertSql(1);

export function createFailureTable(db: Database, sites: SiteTable) {
  const senders = createFailureSenders(db);

  function fill(params: SQLInputValue[], at: number, record: FailureRecord): void {
    const { address, line } = record;
    params[at] = record.id;
    params[at + 1] = record.time;
    params[at + 2] = address.family === 4 ? address.d : toColumn(address);
    params[at + 3] = sites.idOf(record.site, record.time);
    params[at + 4] = packKind(record.event, record.channel, record.reason);
    params[at + 5] = record.count;
    params[at + 6] = record.user;
    params[at + 7] = line.length > maxStoredLine ? line.subarray(0, maxStoredLine) : line;
  }

  function insertRows(records: readonly FailureRecord[]): void {
    const many: SQLInputValue[] = new Array(rowsAStatement * columns).fill(null);
    const statement = db.statement(insertMany);
    let at = 0;
    for (; at + rowsAStatement <= records.length; at += rowsAStatement) {
      for (let row = 0; row < rowsAStatement; row++) fill(many, row * columns, records[at + row]!);
      statement.run(...many);
    }
    const one: SQLInputValue[] = new Array(columns).fill(null);
    for (; at < records.length; at++) {
      fill(one, 0, records[at]!);
      db.run(insertOne, ...one);
    }
  }

  const toRecord = (row: FailureRow): Omit<FailureRecord, 'line' | 'sender'> => ({
    id: row.id,
    time: row.time,
    address: fromColumn(row.address),
    site: sites.nameOf(row.site),
    ...unpackKind(row.kind),
    user: row.user,
    count: row.count,
  });

  function* since(time: number): Iterable<Omit<FailureRecord, 'line' | 'sender'>> {
    let after = 0;
    for (;;) {
      const rows = db.read(() =>
        db.all<FailureRow>(
          `SELECT id, time, address, site, kind, count, user FROM failures
           WHERE id > ? AND time >= ? AND kind < 4096 ORDER BY id LIMIT ${pageRows}`,
          after,
          time,
        ),
      );
      for (const row of rows) yield toRecord(row);
      if (rows.length < pageRows) return;
      after = rows.at(-1)!.id;
    }
  }

  return {
    /** Ids that are forgotten must not come again, even when their failures are pruned. */
    lastId: () =>
      db.read(
        () =>
          db.get<{ id: number }>(
            `SELECT max(coalesce((SELECT max(id) FROM failures), 0),
                        coalesce((SELECT max(failure_id) FROM forgotten), 0)) AS id`,
          )!.id,
      ),
    insert(records: readonly FailureRecord[]) {
      db.write(() => insertRows(records));
      senders.insert(records);
    },
    byId: (ids: readonly number[]): FailureRecord[] =>
      db
        .read(() =>
          db.all<FailureRow>(
            'SELECT * FROM failures WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id',
            JSON.stringify(ids),
          ),
        )
        .map((row) => ({ ...toRecord(row), line: row.line!, sender: senders.of(row.id) })),
    since,
  };
}
