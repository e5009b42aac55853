import type { SQLInputValue } from 'node:sqlite';
import { maxPageSize, type Page, PortcullisError } from '@portcullis/contracts';
import { type CursorKey, readCursor, writeCursor } from './cursor.ts';
import type { Database } from './database.ts';

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
/** A total that took longer than this to count is told again for a while: a panel that polls costs 0.1 % at most. */
const slowCountMs = 5;
const keptForCosts = 1_000;
const maxKeptMs = 60_000;
const maxKeptCounts = 100;

/** @param now monotonic milliseconds: how old a kept total is */
export function createPager(db: Database, now: () => number = () => performance.now()) {
  const counts = new Map<string, { total: number; until: number }>();
  db.onReset(() => counts.clear());

  function count(list: string, sql: string, params: readonly SQLInputValue[]): number {
    const kept = counts.get(list);
    const start = now();
    if (kept !== undefined && start < kept.until) return kept.total;
    const { total } = db.read(() => db.get<{ total: number }>(sql, ...params)!);
    counts.delete(list);
    const cost = now() - start;
    if (cost > slowCountMs) {
      if (counts.size >= maxKeptCounts) counts.delete(counts.keys().next().value!);
      counts.set(list, { total, until: now() + Math.min(cost * keptForCosts, maxKeptMs) });
    }
    return total;
  }

  return function page<Row, Item>(
    list: List<Row, Item>,
    { limit = defaultPageSize, cursor }: Paging,
  ): Page<Item> {
    if (!Number.isInteger(limit) || limit < 1 || limit > maxPageSize) {
      throw new PortcullisError('invalid_request', `A page of ${limit} items cannot be had.`, {
        hint: `limit is 1 to ${maxPageSize}.`,
      });
    }
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
      return (
        list.total?.() ??
        count(name, `SELECT count(*) AS total ${list.countFrom ?? list.from} ${where(filters)}`, params)
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
