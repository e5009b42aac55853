import type { SQLInputValue } from 'node:sqlite';
import { maxPageSize, type Page, PortcullisError } from '@portcullis/contracts';
import { type CursorKey, readCursor, writeCursor } from './cursor.ts';
import type { Database } from './database.ts';
import { createKeptCounts } from './kept-counts.ts';

/** One list: its rows in SQL, and how to page through them. */
export interface List<Row, Item> {
  /** Where two ways lead to the same list: what a cursor of either belongs to. Left out: the SQL says it. */
  readonly name?: string;
  /** `FROM …`, with every join the columns need. */
  readonly from: string;
  /** Those of `from`, which come first. */
  readonly fromParams?: readonly SQLInputValue[];
  /** Where less is enough to count. */
  readonly countFrom?: string;
  readonly columns: string;
  /** Conditions that all hold, with their parameters. */
  readonly where: readonly Condition[];
  /** What it is sorted by; never null. */
  readonly key: string;
  readonly id: string;
  readonly descending: boolean;
  /** How a key that is not JSON stands in a cursor. */
  readonly keyOf: (row: Row) => CursorKey;
  readonly keyParam?: (key: CursorKey) => SQLInputValue;
  readonly idOf: (row: Row) => number;
  readonly toItem: (row: Row) => Item;
  /** Where the total is known without counting. */
  readonly total?: () => number;
}

export interface Condition {
  readonly sql: string;
  readonly params: readonly SQLInputValue[];
}

export interface Paging {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

const defaultPageSize = 100;
/** @throws PortcullisError invalid_request for a page that is too long */
export function pageSize({ limit = defaultPageSize }: Paging): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= maxPageSize) return limit;
  throw new PortcullisError('invalid_request', `A page of ${limit} items cannot be had.`, {
    hint: `limit is 1 to ${maxPageSize}.`,
  });
}

/** @param now monotonic milliseconds: how old a kept total is */
export function createPager(db: Database, now?: () => number) {
  const count = createKeptCounts(db, now);

  return function page<Row, Item>(list: List<Row, Item>, paging: Paging): Page<Item> {
    const limit = pageSize(paging);
    const { cursor } = paging;
    const filters = list.where.map((condition) => condition.sql);
    const params = [...(list.fromParams ?? []), ...list.where.flatMap((condition) => condition.params)];
    const sql = [list.from, filters, params.map(String), list.key];
    const name = JSON.stringify([...(list.name === undefined ? sql : [list.name]), list.descending]);
    const after = cursor === undefined ? null : behind(list, readCursor(name, cursor));
    const direction = list.descending ? 'DESC' : 'ASC';
    const rows = db.read(() =>
      db.all<Row>(
        `SELECT ${list.columns} ${list.from} ${where([...filters, ...(after === null ? [] : [after.sql])])}
         ORDER BY ${list.key === list.id ? '' : `${list.key} ${direction},`} ${list.id} ${direction} LIMIT ?`,
        ...params,
        ...(after?.params ?? []),
        limit + 1,
      ),
    );
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    const more = rows.length > limit && last !== undefined;
    const total = (): number => {
      if (!more && after === null) return items.length;
      const sql = `SELECT count(*) AS total ${list.countFrom ?? list.from} ${where(filters)}`;
      return (
        list.total?.() ?? count(name, () => db.read(() => db.get<{ total: number }>(sql, ...params)!.total))
      );
    };
    return {
      items: items.map(list.toItem),
      next: more ? writeCursor(name, list.keyOf(last), list.idOf(last)) : null,
      total: total(),
    };
  };
}

const where = (conditions: readonly string[]) =>
  conditions.length === 0 ? '' : `WHERE ${conditions.map((sql) => `(${sql})`).join(' AND ')}`;

/** What lies behind an item in the order of the list. */
function behind<Row, Item>(
  { key, id, descending, keyParam }: List<Row, Item>,
  at: { key: CursorKey; id: number },
): Condition {
  const than = descending ? '<' : '>';
  if (key === id) return { sql: `${id} ${than} ?`, params: [at.id] };
  return { sql: `(${key}, ${id}) ${than} (?, ?)`, params: [keyParam?.(at.key) ?? at.key, at.id] };
}
