import type { Database } from './database.ts';

/** How long after a commit its pages are carried from the log to the database, in milliseconds. */
const delay = 1_000;

/**
 * Carries what was committed from the write-ahead log to the database, a second after the first commit: some milliseconds,
 * and what they did is safe from power loss then. Left to SQLite, the commit that makes the log too long does that for
 * thousands of pages, and its ban waits for it.
 */
export function createCheckpoints(db: Database) {
  let timer: NodeJS.Timeout | null = null;
  db.beforeCommit(() => {
    timer ??= setTimeout(() => {
      timer = null;
      db.read(() => db.all('PRAGMA wal_checkpoint(PASSIVE)'));
    }, delay).unref();
  });
  return {
    stop() {
      if (timer !== null) clearTimeout(timer);
    },
  };
}
