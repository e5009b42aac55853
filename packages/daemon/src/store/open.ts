import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { migrate } from './migrate.ts';

/** How long another program's lock on the database is waited for. The daemon stands still meanwhile. */
const busyTimeoutMs = 1_000;

/**
 * Opens the database file, creating it with mode 0600 where there is none, ready to be written. A commit makes the
 * checkpoint itself only where 8,000 pages are in the log, 32 MiB: `checkpoints.ts` does it before, beside the commits.
 */
export function openFile(path: string): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  closeSync(openSync(path, 'a', 0o600));
  chmodSync(path, 0o600);
  const connection = new DatabaseSync(path, { timeout: busyTimeoutMs });
  try {
    connection.exec(`
      PRAGMA auto_vacuum = INCREMENTAL;
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = NORMAL;
      PRAGMA wal_autocheckpoint = 8000;
      PRAGMA journal_size_limit = 16777216;
      PRAGMA cache_size = -8000;
      PRAGMA foreign_keys = ON;
    `);
    migrate(connection, path);
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** A database of the same schema that no disk can spoil. */
export function openMemory(): DatabaseSync {
  const connection = new DatabaseSync(':memory:');
  connection.exec('PRAGMA auto_vacuum = INCREMENTAL; PRAGMA foreign_keys = ON');
  migrate(connection, ':memory:');
  return connection;
}

/** Opens what is there for reading only, also on a read-only file system; null where nothing can be read. */
export function openForReading(path: string): DatabaseSync | null {
  const immutable = pathToFileURL(path);
  immutable.searchParams.set('immutable', '1');
  for (const location of [path, immutable]) {
    let connection: DatabaseSync | undefined;
    try {
      connection = new DatabaseSync(location, { readOnly: true });
      connection.prepare('SELECT count(*) FROM sqlite_schema').get();
      return connection;
    } catch {
      connection?.close();
    }
  }
  return null;
}
