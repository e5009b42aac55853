import type { Database } from './database.ts';
import { BlockReader, type BlockRow, pack, unpack } from './failure-block.ts';
import { saveBlock } from './failures.ts';

/** Blocks that one call deletes at most. */
const stepBlocks = 16;
/** Failures whose age one call looks at: they are in the order of their arrival, not of their time. */
const window = 20_000;

/**
 * Deletes failures that are older than retention keeps, and whole blocks of the oldest beyond the bound.
 *
 * @param cap how many are kept; may change between calls
 * @param changed is called after blocks were changed
 */
export function createFailurePrune(db: Database, cap: () => number, changed: () => void) {
  /** Failures up to this id have been looked at in this pass. */
  let seen = 0;
  db.onReset(() => {
    seen = 0;
  });

  /** Inside a write. @param before null: none is too old. @returns whether more is left */
  return function prune(before: number | null): boolean {
    const first = db.get<{ id: number }>('SELECT id FROM failure_blocks ORDER BY id LIMIT 1')?.id;
    if (first === undefined) return false;
    const { last } = db.get<BlockRow>('SELECT last FROM failure_blocks ORDER BY id DESC LIMIT 1')!;
    const surplus = db.run(
      `DELETE FROM failure_blocks WHERE id IN
         (SELECT id FROM failure_blocks WHERE id <= ?1 AND last <= ?1 ORDER BY id LIMIT ${stepBlocks})`,
      last - cap(),
    );
    if (surplus > 0) changed();
    if (surplus === stepBlocks) return true;
    if (before === null) return false;
    const from = Math.max(seen, first - 1);
    const old = db.all<BlockRow>(
      `SELECT * FROM failure_blocks WHERE id > ? AND id <= ? AND oldest < ? LIMIT ${stepBlocks}`,
      from,
      from + window,
      before,
    );
    for (const block of old) saveOrDelete(block.newest < before ? null : without(block, before), block.id);
    if (old.length > 0) changed();
    if (old.length === stepBlocks) return true;
    seen = from + window >= last ? 0 : from + window;
    return seen > 0;
  };

  function saveOrDelete(block: BlockRow | null, id: number): void {
    if (block === null) db.run('DELETE FROM failure_blocks WHERE id = ?', id);
    else saveBlock(db, block);
  }
}

/** The block without what is older. */
function without(block: BlockRow, before: number): BlockRow {
  const reader = new BlockReader(block.id, unpack(block.data));
  const kept: Uint8Array[] = [];
  let last = block.id;
  let oldest = Number.POSITIVE_INFINITY;
  while (reader.next()) {
    if (reader.time < before) continue;
    kept.push(reader.bytes());
    last = reader.id;
    oldest = Math.min(oldest, reader.time);
  }
  return { ...block, last, oldest, records: kept.length, data: pack(Buffer.concat(kept)) };
}
