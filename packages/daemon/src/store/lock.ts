import { chmodSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { PortcullisError } from '@portcullis/contracts';
import { troubleOf } from './trouble.ts';

export interface Lock {
  release(): void;
}

/**
 * Holds the state directory for this process until it ends, however it ends: the kernel drops the lock with the
 * process. An own SQLite file whose write lock is held; the process id in it stays readable to others. Where the disk
 * cannot be written, nothing is locked, as there is nothing to spoil.
 *
 * @throws PortcullisError already_running, naming the holder.
 */
export function takeLock(path: string): Lock {
  let connection: DatabaseSync | undefined;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    connection = new DatabaseSync(path, { timeout: 0 });
    // Who may read it could hold a lock on it. Not through a descriptor: closing one drops this process's locks.
    chmodSync(path, 0o600);
    begin(connection);
    try {
      connection.exec(`PRAGMA user_version = ${process.pid}; COMMIT`);
    } catch (error) {
      if (troubleOf(error) !== 'full') throw error;
      if (connection.isTransaction) connection.exec('ROLLBACK');
    }
    begin(connection);
    return { release: () => connection?.close() };
  } catch (error) {
    const holder = holderOf(connection);
    connection?.close();
    if (troubleOf(error) === 'busy') {
      throw new PortcullisError(
        'already_running',
        `Another Portcullis daemon${holder > 0 ? ` (process ${holder})` : ''} works on ${dirname(path)}.`,
        { hint: 'Stop it first (`systemctl stop portcullis`), or give this one a state_dir of its own.' },
      );
    }
    if (troubleOf(error) === undefined) throw error;
    return { release: () => {} };
  }
}

const begin = (connection: DatabaseSync) => connection.exec('BEGIN IMMEDIATE');

function holderOf(connection: DatabaseSync | undefined): number {
  try {
    return Number(connection?.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
  } catch {
    return 0;
  }
}
