import { hash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { AuditEntry, AuditVerification } from '@portcullis/contracts';
import type { Database } from './database.ts';
import { instantOf } from './instant.ts';

export type AuditRow = Omit<AuditEntry, 'at'> & { at: number; hash: Uint8Array | null };

/** Entries that one look at the table verifies: some 10 ms of the one thread. */
const step = 2_000;

/** What the first entry of all goes on from. */
const origin: Uint8Array = new Uint8Array(32);

/**
 * The hash of an entry: SHA-256 over the canonical JSON `[previous, id, at, actor, action, ip, jail, detail]`, where
 * `previous` is the hash of the entry before it in hexadecimal and `at` is in epoch milliseconds.
 */
export function chainHash(previous: Uint8Array, row: Omit<AuditRow, 'hash'>): Uint8Array {
  const { id, at, actor, action, ip, jail, detail } = row;
  const json = JSON.stringify([
    Buffer.from(previous).toString('hex'),
    id,
    at,
    actor,
    action,
    ip,
    jail,
    detail,
  ]);
  return hash('sha256', json, 'buffer');
}

/** Lets a migration chain what was written before there was a chain. */
export function defineChainHash(connection: DatabaseSync): void {
  connection.function('audit_hash', (previous, id, at, actor, action, ip, jail, detail) =>
    chainHash(previous as Uint8Array, { id, at, actor, action, ip, jail, detail } as Omit<AuditRow, 'hash'>),
  );
}

/** A copy of the end of the log that somebody kept elsewhere. */
export interface AuditHead {
  readonly id: number;
  /** In hexadecimal. */
  readonly hash: string;
}

interface Anchor {
  through: number;
  hash: Uint8Array;
}

export type AuditChain = ReturnType<typeof createAuditChain>;

/**
 * Entries that each vouch for all before them. Whoever may write the database can make all of it anew: what proves that
 * nobody did is a copy of the head's hash elsewhere.
 */
export function createAuditChain(db: Database) {
  const newestAnchor = () => anchorBefore(Number.MAX_SAFE_INTEGER);

  /** The hash that the next entry goes on from. Inside a write. */
  const headHash = (): Uint8Array =>
    db.get<{ hash: Uint8Array | null }>('SELECT hash FROM audit ORDER BY id DESC LIMIT 1')?.hash ??
    newestAnchor()?.hash ??
    origin;

  function head(): (AuditHead & { at: string }) | null {
    const row = db.read(() => db.get<AuditRow>('SELECT * FROM audit ORDER BY id DESC LIMIT 1'));
    return row === undefined ? null : { id: row.id, at: instantOf(row.at), hash: hex(row.hash) };
  }

  /** Deletes the entries up to an id; an anchor keeps what the rest goes on from. Inside a write. @returns how many */
  function deleteThrough(through: number, now: number): number {
    const last = db.get<AuditRow>('SELECT * FROM audit WHERE id <= ? ORDER BY id DESC LIMIT 1', through);
    if (last === undefined) return 0;
    db.run('DELETE FROM audit_anchors');
    db.run('INSERT INTO audit_anchors VALUES (?, ?, ?)', last.id, last.hash ?? origin, now);
    return db.run('DELETE FROM audit WHERE id <= ?', last.id);
  }

  const anchorAt = (through: number): Uint8Array | undefined =>
    db.get<Anchor>('SELECT through, hash FROM audit_anchors WHERE through = ?', through)?.hash;

  /**
   * Goes through the whole log, a bounded part at a time.
   * @param pause called between two parts; the log may be written meanwhile
   */
  async function verify(copy: AuditHead | null, pause: () => Promise<void>): Promise<AuditVerification> {
    let previous: Uint8Array | null = null;
    let previousId = 0;
    let entries = 0;
    let firstId: number | null = null;
    let broken: AuditVerification['broken'] = null;
    let seen: string | null = null;
    for (;;) {
      const rows = db.read(() =>
        db.all<AuditRow>('SELECT * FROM audit WHERE id > ? ORDER BY id LIMIT ?', previousId, step),
      );
      for (const row of rows) {
        const follows: Uint8Array = previous ?? db.read(() => anchorBefore(row.id))?.hash ?? origin;
        if (broken === null && !isHashOf(row, follows)) {
          // The disk failed for a while, and what memory held of the log was too much for it: that left an anchor.
          const anchor = db.read(() => anchorAt(row.id - 1));
          if (anchor === undefined || !isHashOf(row, anchor)) broken = describeBreak(row, previousId);
        }
        if (row.id === copy?.id) seen = hex(row.hash);
        firstId ??= row.id;
        previous = row.hash ?? origin;
        previousId = row.id;
        entries++;
      }
      if (rows.length < step) break;
      await pause();
    }
    const pruned = db.read(() => anchorBefore(firstId ?? Number.MAX_SAFE_INTEGER));
    const end = head();
    return {
      whole: broken === null && (copy === null || compare(copy, seen) !== 'different'),
      entries,
      first_id: firstId,
      pruned_through: pruned?.through ?? null,
      head: end,
      broken,
      copy: copy === null ? null : compare(copy, seen),
    };
  }

  const anchorBefore = (id: number): Anchor | undefined =>
    db.get<Anchor>(
      'SELECT through, hash FROM audit_anchors WHERE through < ? ORDER BY through DESC LIMIT 1',
      id,
    );

  function compare(copy: AuditHead, seen: string | null): 'same' | 'different' | 'pruned' {
    if (seen !== null) return seen === copy.hash ? 'same' : 'different';
    const anchor = db.read(newestAnchor);
    if (anchor === undefined || copy.id > anchor.through) return 'different';
    if (copy.id < anchor.through) return 'pruned';
    return hex(anchor.hash) === copy.hash ? 'same' : 'different';
  }

  return { headHash, head, deleteThrough, verify };
}

const hex = (bytes: Uint8Array | null): string => Buffer.from(bytes ?? []).toString('hex');

const isHashOf = (row: AuditRow, previous: Uint8Array): boolean =>
  row.hash !== null && Buffer.from(chainHash(previous, row)).equals(row.hash);

const describeBreak = ({ id }: AuditRow, before: number): AuditVerification['broken'] => ({
  id,
  sentence:
    before === 0
      ? `Entry ${id}, the oldest, does not go on from where the log was pruned or begun: it was changed, or entries before it were deleted.`
      : `Entry ${id} does not go on from entry ${before}: it was changed, or entries between them were deleted or changed.`,
});
