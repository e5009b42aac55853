import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { troubleOf } from './trouble.ts';

/**
 * One connection with its prepared statements, that can be exchanged for another in the middle of a transaction
 * without its caller seeing it. What touches SQLite stands in `read` or `write`; such work may run twice, so it changes
 * nothing but the database.
 */
export interface Database {
  get<Row>(sql: string, ...params: SQLInputValue[]): Row | undefined;
  all<Row>(sql: string, ...params: SQLInputValue[]): Row[];
  /** @returns how many rows it changed */
  run(sql: string, ...params: SQLInputValue[]): number;
  /** For the few places where passing many parameters through `run` would cost. Not to be kept. */
  statement(sql: string): StatementSync;
  read<T>(work: () => T): T;
  write<T>(work: () => T): T;
  /** A transaction inside another is part of it. `durable`: on the disk when it returns, also after power loss. */
  transaction<T>(work: () => T, options?: { durable?: boolean }): T;
  /** Called before each commit; what it writes belongs to the transaction. */
  beforeCommit(listener: () => void): void;
  /** Called when what was written is undone. */
  onRollback(listener: () => void): void;
  /** Called when what was read before no longer holds: after a rollback, and on another connection. */
  onReset(listener: () => void): void;
  /** Goes on with another connection. Outside of transactions. */
  exchange(connection: DatabaseSync): void;
  readonly connection: DatabaseSync;
}

/** @param rescue gives the connection on which to go on after the disk failed, or throws the error again */
export function createDatabase(
  first: DatabaseSync,
  rescue: (error: unknown, failed: DatabaseSync) => DatabaseSync,
): Database {
  let connection = first;
  let statements = new Map<string, StatementSync>();
  /** The writes of the transaction so far, to be done again on another connection; null outside. */
  let journal: (() => unknown)[] | null = null;
  let working = false;
  const listeners = {
    commit: [] as (() => void)[],
    rollback: [] as (() => void)[],
    reset: [] as (() => void)[],
  };
  const tell = (kind: keyof typeof listeners) => {
    for (const listener of listeners[kind]) listener();
  };

  function prepare(sql: string): StatementSync {
    let statement = statements.get(sql);
    if (statement === undefined) {
      if (statements.size >= maxStatements) statements = new Map();
      statement = connection.prepare(sql);
      statements.set(sql, statement);
    }
    return statement;
  }

  function exchange(next: DatabaseSync): void {
    statements = new Map();
    connection = next;
    tell('reset');
  }

  function undo(): void {
    if (connection.isTransaction) connection.exec('ROLLBACK');
  }

  /** After the disk failed: the same state on another connection, the transaction's writes included. */
  function recover(error: unknown): void {
    if (troubleOf(error) === undefined) throw error;
    try {
      undo();
    } catch {
      // The failed connection is left behind in any case.
    }
    exchange(rescue(error, connection));
    if (journal === null) return;
    connection.exec('BEGIN IMMEDIATE');
    for (const work of journal) work();
  }

  function guard<T>(work: () => T): T {
    if (working) return work();
    working = true;
    try {
      return work();
    } catch (error) {
      recover(error);
      return work();
    } finally {
      working = false;
    }
  }

  function transaction<T>(work: () => T, { durable = false } = {}): T {
    if (journal !== null) return work();
    guard(() => connection.exec(durable ? 'PRAGMA synchronous = FULL; BEGIN IMMEDIATE' : 'BEGIN IMMEDIATE'));
    journal = [];
    try {
      const result = work();
      tell('commit');
      guard(() => connection.exec('COMMIT'));
      return result;
    } catch (error) {
      undo();
      tell('rollback');
      tell('reset');
      throw error;
    } finally {
      journal = null;
      if (durable) connection.exec('PRAGMA synchronous = NORMAL');
    }
  }

  function write<T>(work: () => T): T {
    if (working) return work();
    if (journal === null) return transaction(() => write(work));
    const result = guard(work);
    journal.push(work);
    return result;
  }

  return {
    get: <Row>(sql: string, ...params: SQLInputValue[]) => prepare(sql).get(...params) as Row | undefined,
    all: <Row>(sql: string, ...params: SQLInputValue[]) => prepare(sql).all(...params) as Row[],
    run: (sql, ...params) => Number(prepare(sql).run(...params).changes),
    statement: prepare,
    read: guard,
    write,
    transaction,
    beforeCommit: (listener) => listeners.commit.push(listener),
    onRollback: (listener) => listeners.rollback.push(listener),
    onReset: (listener) => listeners.reset.push(listener),
    exchange,
    get connection() {
      return connection;
    },
  };
}

/** More than the store has; the queries of the read side vary with their filters. */
const maxStatements = 300;
