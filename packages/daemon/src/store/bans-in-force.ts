import type { BanRecord, Network } from '@portcullis/core';
import { type AddressColumn, fromColumn, lastAddress, toColumn } from './address-column.ts';
import { type FullBanRow, selectBan, toBanRecord } from './ban-row.ts';
import type { Database } from './database.ts';

const inForce = 'b.ended_at IS NULL';

/** Bans that are read at once. */
const pageSize = 1_000;
const pageInForce = `SELECT since, id, jail, address, prefix, until, state, gentle FROM bans b
  WHERE ${inForce} AND (since, id) > (?, ?) ORDER BY since, id LIMIT ${pageSize}`;
type InForceRow = [
  since: number,
  id: number,
  jail: string,
  address: AddressColumn,
  prefix: number,
  until: number | null,
  state: BanRecord['state'],
  gentle: number,
];

/** What is read of bans in force, and of how often a network was banned. The write side tells what it changed. */
export function createBansInForce(db: Database) {
  /** Bans in force by jail, so that counting does not visit each; null: not known. */
  let counts: Map<string, number> | null = null;
  /** Prefixes that some ban has or had: where to look for wider networks. */
  let prefixes: Set<number> | null = null;
  db.onReset(() => {
    counts = null;
    prefixes = null;
  });

  const adjust = (jail: string, by: number) => {
    if (counts === null) return;
    const count = (counts.get(jail) ?? 0) + by;
    if (count > 0) counts.set(jail, count);
    else counts.delete(jail);
  };

  const records = (sql: string, ...params: (AddressColumn | string)[]): BanRecord[] =>
    db.read(() => db.all<FullBanRow>(`${selectBan} ${sql}`, ...params)).map(toBanRecord);

  function known(): Set<number> {
    prefixes ??= new Set(
      db
        .all<{ prefix: number }>('SELECT DISTINCT prefix FROM bans WHERE ended_at IS NULL')
        .map((row) => row.prefix),
    );
    return prefixes;
  }

  /** Those inside the network, and those whose network lies around it. */
  function overlapping(network: Network): BanRecord[] {
    const found = records(
      `WHERE b.address BETWEEN ? AND ? AND b.prefix >= ? AND ${inForce} ORDER BY b.id`,
      toColumn(network),
      lastAddress(network),
      network.prefix,
    );
    for (const prefix of db.read(known)) {
      if (prefix >= network.prefix) continue;
      const around = network.widen(prefix);
      found.push(...records(`WHERE b.address = ? AND b.prefix = ? AND ${inForce}`, toColumn(around), prefix));
    }
    return found;
  }

  function* allInForce(): Iterable<
    Pick<BanRecord, 'id' | 'jail' | 'network' | 'until' | 'state' | 'gentle'>
  > {
    let after: [since: number, id: number] = [Number.NEGATIVE_INFINITY, 0];
    for (;;) {
      const rows = db.read(() => {
        const statement = db.statement(pageInForce);
        // Objects take more than twice as long, and after a start every ban is read.
        statement.setReturnArrays(true);
        return statement.all(...after) as unknown as InForceRow[];
      });
      for (const [, id, jail, address, prefix, until, state, gentle] of rows) {
        yield { id, jail, network: fromColumn(address, prefix), until, state, gentle: gentle === 1 };
      }
      if (rows.length < pageSize) return;
      const [since, id] = rows.at(-1)!;
      after = [since, id];
    }
  }

  return {
    /** A ban in force was written. */
    began({ jail, network }: Pick<BanRecord, 'jail' | 'network'>): void {
      adjust(jail, 1);
      prefixes?.add(network.prefix);
    },
    /** A ban in force was ended. */
    ended: (jail: string): void => adjust(jail, -1),
    /** Bans were changed in ways that `began` and `ended` do not tell. */
    recount(): void {
      counts = null;
    },
    one: (jail: string, network: Network): BanRecord | undefined =>
      records(
        `WHERE b.address = ? AND b.prefix = ? AND b.jail = ? AND ${inForce}`,
        toColumn(network),
        network.prefix,
        jail,
      )[0],
    overlapping,
    all: allInForce,
    count(): ReadonlyMap<string, number> {
      counts ??= new Map(
        db.read(() =>
          db
            .all<{ jail: string; bans: number }>(
              'SELECT jail, count(*) AS bans FROM bans WHERE ended_at IS NULL GROUP BY jail',
            )
            .map((row) => [row.jail, row.bans] as const),
        ),
      );
      return counts;
    },
    due: (now: number, limit: number): BanRecord[] =>
      records(`WHERE ${inForce} AND b.ends <= ? ORDER BY b.ends, b.id LIMIT ?`, now, limit),
    nextEnd: (): number | null =>
      db.read(
        () =>
          db.get<{ until: number }>('SELECT until FROM bans WHERE ended_at IS NULL ORDER BY ends LIMIT 1')
            ?.until ?? null,
      ),
    timesBanned: (network: Network, jail: string | null): number =>
      db.read(
        () =>
          db.get<{ bans: number }>(
            `SELECT count(*) AS bans FROM bans WHERE address = ? AND prefix = ? AND forgiven = 0 AND ${jail === null ? '? IS NULL' : 'jail = ?'}`,
            toColumn(network),
            network.prefix,
            jail,
          )!.bans,
      ),
  };
}
