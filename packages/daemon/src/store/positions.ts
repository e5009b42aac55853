import type { Forgotten, LogPosition } from '@portcullis/core';
import { type AddressColumn, fromColumn, toColumn } from './address-column.ts';
import type { Database } from './database.ts';

export const createPositionTable = (db: Database) => ({
  all: (): LogPosition[] =>
    db
      .read(() => db.all<LogPosition>('SELECT log, path, device, inode, head, offset FROM positions'))
      .map((row) => ({ ...row })),
  save: ({ log, path, device, inode, head, offset }: LogPosition): void =>
    db.write(() => {
      db.run(
        'INSERT OR REPLACE INTO positions VALUES (?, ?, ?, ?, ?, ?)',
        log,
        path,
        device,
        inode,
        head,
        offset,
      );
    }),
});

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
