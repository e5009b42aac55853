import type { FailureBatch, Sender } from '@portcullis/core';
import type { Database } from './database.ts';

/** Rows that one call deletes at most. */
const step = 5_000;

/** Who wrote the line of a failure. Has rows only for lines whose sender the kernel vouches for. */
export const createFailureSenders = (db: Database) => ({
  insert: ({ length, ids, senders }: FailureBatch): void => {
    let nth = 0;
    while (nth < length && senders[nth] === null) nth++;
    if (nth === length) return;
    db.write(() => {
      for (let at = nth; at < length; at++) {
        const sender = senders[at];
        if (!sender) continue;
        db.run('INSERT OR REPLACE INTO failure_senders VALUES (?, ?, ?)', ids[at]!, sender.uid, sender.pid);
      }
    });
  },
  of: (failureId: number): Sender | null => {
    const row = db.read(() =>
      db.get<Sender>('SELECT uid, pid FROM failure_senders WHERE failure_id = ?', failureId),
    );
    return row === undefined ? null : { uid: row.uid, pid: row.pid };
  },
  /** Inside a write. @param before the first failure that is kept. @returns whether more is left */
  prune: (before: number): boolean =>
    db.run(
      `DELETE FROM failure_senders WHERE failure_id IN
         (SELECT failure_id FROM failure_senders WHERE failure_id < ? LIMIT ${step})`,
      before,
    ) === step,
});
