import type { FilePosition, Forgotten, JournalPosition, LogPosition } from '@portcullis/core';
import { type AddressColumn, fromColumn, toColumn } from './address-column.ts';
import type { Database } from './database.ts';

/** `WHERE true` because SQLite writes a table that it empties even where that is empty already. */
export function createPositionTable(db: Database) {
  const all = (): LogPosition[] =>
    db
      .read(() => [
        ...db.all<FilePosition>('SELECT log, path, device, inode, head, offset FROM positions'),
        ...db.all<JournalPosition>('SELECT log, cursor, realtime FROM journal_position'),
      ])
      .map((row) => ({ ...row }));

  const saveFile = ({ log, path, device, inode, head, offset }: FilePosition): void => {
    db.run(
      'INSERT OR REPLACE INTO positions VALUES (?, ?, ?, ?, ?, ?)',
      log,
      path,
      device,
      inode,
      head,
      offset,
    );
    db.run('DELETE FROM journal_position WHERE true');
  };

  const saveJournal = ({ log, cursor, realtime }: JournalPosition): void => {
    db.run('INSERT OR REPLACE INTO journal_position VALUES (?, ?, ?)', log, cursor, realtime);
    db.run('DELETE FROM positions WHERE true');
  };

  return {
    all,
    save: (position: LogPosition): void =>
      db.write(() => ('cursor' in position ? saveJournal(position) : saveFile(position))),
  };
}

interface ForgottenRow {
  jail: string;
  address: AddressColumn;
  prefix: number;
  failure_id: number;
}

export const createForgottenTable = (db: Database) => ({
  save: (forgotten: readonly Forgotten[]): void =>
    db.write(() => {
      for (const { jail, network, failureId } of forgotten) {
        db.run(
          `INSERT INTO forgotten VALUES (?, ?, ?, ?)
           ON CONFLICT DO UPDATE SET failure_id = max(failure_id, excluded.failure_id)`,
          jail,
          toColumn(network),
          network.prefix,
          failureId,
        );
      }
    }),
  all: (): Forgotten[] =>
    db
      .read(() => db.all<ForgottenRow>('SELECT * FROM forgotten'))
      .map((row) => ({
        jail: row.jail,
        network: fromColumn(row.address, row.prefix),
        failureId: row.failure_id,
      })),
});
