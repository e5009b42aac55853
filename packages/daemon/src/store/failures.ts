import type { FailureBatch, FailureRecord } from '@portcullis/core';
import { fromColumn } from './address-column.ts';
import { isCounted, packKind, unpackKind } from './codes.ts';
import type { Database } from './database.ts';
import { BlockReader, type BlockRow, FailureBlock, isKeptWhole, unpack } from './failure-block.ts';
import { createFailureSenders } from './failure-senders.ts';
import type { Condition } from './page.ts';
import type { SiteTable } from './sites.ts';

/** Blocks that are read at once, so that nobody waits for a long scan's end and writes may come in between. */
const pageBlocks = 16;
/** Blocks that are kept unpacked, 64 kB each: those in which the failures of new bans are. */
const maxUnpacked = 16;

/**
 * Failures, in blocks of up to 350: a row for each would cost more than reading and deciding on its line. The latest block
 * is added to while it is small enough to stand in the database as it is, and compressed when it is that no longer.
 */
export function createFailureTable(db: Database, sites: SiteTable) {
  const senders = createFailureSenders(db);
  const unpacked = new Map<number, Uint8Array>();
  let latest: FailureBlock | null = null;
  /** The one before it, for its memory. */
  let full: FailureBlock | null = null;
  /** Those of the transaction: most of what is asked for has just come, and its lines are still there. */
  let recent: FailureBatch | null = null;
  /** What the database holds of it may have changed: the next failure begins a block. */
  const close = () => {
    latest = null;
    recent = null;
    unpacked.clear();
  };
  db.onReset(close);
  db.beforeCommit(() => {
    recent = null;
  });

  function insertAll(batch: FailureBatch): void {
    const { events, channels, reasons, doubts } = batch;
    for (let nth = 0; nth < batch.length; nth++) {
      const site = sites.idOf(batch.sites[nth]!, batch.times[nth]!);
      const kind = packKind(events[nth]!, channels[nth]!, reasons[nth]!, doubts[nth]);
      if (latest?.add(batch, nth, site, kind)) continue;
      if (latest !== null) save(latest);
      latest = new FailureBlock(batch, nth, latest ?? full);
      latest.add(batch, nth, site, kind);
    }
    if (latest === null) return;
    save(latest);
    if (!latest.isPacked) return;
    full = latest;
    latest = null;
  }

  function save(block: FailureBlock): void {
    const row = block.row();
    saveBlock(db, row);
    unpacked.delete(row.id);
  }

  function unpackedBlock(id: number): Uint8Array {
    let data = unpacked.get(id);
    if (data === undefined) {
      data = unpack(db.get<BlockRow>('SELECT data FROM failure_blocks WHERE id = ?', id)!.data);
      if (unpacked.size >= maxUnpacked) unpacked.delete(unpacked.keys().next().value!);
      unpacked.set(id, data);
    }
    return data;
  }

  const toRecord = (reader: BlockReader): Omit<FailureRecord, 'line' | 'sender'> => ({
    id: reader.id,
    time: reader.time,
    address: fromColumn(reader.address()),
    site: sites.nameOf(reader.site),
    ...unpackKind(reader.kind),
    user: reader.user(),
    count: reader.count,
  });

  function* since(time: number): Iterable<Omit<FailureRecord, 'line' | 'sender'>> {
    for (const block of blocks(db, [{ sql: 'newest >= ?', params: [time] }], 'ASC')) {
      const reader = new BlockReader(block.id, unpack(block.data));
      while (reader.next()) if (reader.time >= time && isCounted(reader.kind)) yield toRecord(reader);
    }
  }

  /** As it was inserted, where that is what a block would have of it. */
  function recentOne(id: number): FailureRecord | undefined {
    if (recent === null || recent.length === 0) return undefined;
    const nth = id - recent.ids[0]!;
    if (nth < 0 || nth >= recent.length || recent.ids[nth] !== id) return undefined;
    const record = recent.at(nth);
    return isKeptWhole(record) ? record : undefined;
  }

  /** Reads the block that has a failure, if any has. @returns it, and the last id that it may have */
  function blockOf(id: number): [BlockReader | undefined, number] {
    if (latest !== null && id >= latest.id) {
      return [new BlockReader(latest.id, latest.bytes), Number.POSITIVE_INFINITY];
    }
    const row = db.get<Pick<BlockRow, 'id' | 'last'>>(
      'SELECT id, last FROM failure_blocks WHERE id <= ? ORDER BY id DESC LIMIT 1',
      id,
    );
    return row === undefined ? [undefined, id] : [new BlockReader(row.id, unpackedBlock(row.id)), row.last];
  }

  function byId(ids: readonly number[]): FailureRecord[] {
    const found: FailureRecord[] = [];
    let last = -1;
    let reader: BlockReader | undefined;
    for (const id of ids.toSorted((one, other) => one - other)) {
      const known = recentOne(id);
      if (known !== undefined) {
        found.push(known);
        continue;
      }
      if (id > last) [reader, last] = blockOf(id);
      while (reader !== undefined && reader.id < id && reader.next());
      if (reader?.id === id) found.push({ ...toRecord(reader), line: reader.line(), sender: senders.of(id) });
    }
    return found;
  }

  return {
    /** Ids that are forgotten must not come again, even when their failures are pruned. */
    lastId: () =>
      db.read(
        () =>
          db.get<{ id: number }>(
            `SELECT max(coalesce((SELECT last FROM failure_blocks ORDER BY id DESC LIMIT 1), 0),
                        coalesce((SELECT max(failure_id) FROM forgotten), 0)) AS id`,
          )!.id,
      ),
    insert: (batch: FailureBatch) => {
      db.write(() => insertAll(batch));
      recent = batch;
      senders.insert(batch);
    },
    byId: (ids: readonly number[]) => db.read(() => byId(ids)),
    since,
    /** To be called when blocks were changed past this table. */
    close,
  };
}

/** Inside a write. */
export const saveBlock = (db: Database, { id, last, oldest, newest, records, data }: BlockRow): void => {
  db.run(
    'INSERT OR REPLACE INTO failure_blocks VALUES (?,?,?,?,?,?)',
    id,
    last,
    oldest,
    newest,
    records,
    data,
  );
};

/** The blocks for which conditions hold, in the order of their ids. */
export function* blocks(
  db: Database,
  where: readonly Condition[],
  direction: 'ASC' | 'DESC',
): Iterable<Pick<BlockRow, 'id' | 'data'>> {
  const behind = direction === 'ASC' ? '>' : '<';
  const sql = `SELECT id, data FROM failure_blocks WHERE id ${behind} ? ${where.map((one) => `AND (${one.sql})`).join(' ')}
    ORDER BY id ${direction} LIMIT ${pageBlocks}`;
  const params = where.flatMap((one) => one.params);
  let at = direction === 'ASC' ? -1 : Number.MAX_SAFE_INTEGER;
  for (;;) {
    const rows = db.read(() => db.all<Pick<BlockRow, 'id' | 'data'>>(sql, at, ...params));
    yield* rows;
    if (rows.length < pageBlocks) return;
    at = rows.at(-1)!.id;
  }
}
