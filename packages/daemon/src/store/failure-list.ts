import type { Failure, FailureQuery, Page } from '@portcullis/contracts';
import { doubtsIn, type Network } from '@portcullis/core';
import { fromColumn } from './address-column.ts';
import { readNetwork } from './ban-list.ts';
import { eventCode, isCounted, unpackKind } from './codes.ts';
import { readCursor, writeCursor } from './cursor.ts';
import type { Database } from './database.ts';
import { BlockReader, unpack } from './failure-block.ts';
import { createFailureSenders } from './failure-senders.ts';
import { blocks } from './failures.ts';
import { fromInstant, instantOf } from './instant.ts';
import { createKeptCounts } from './kept-counts.ts';
import { type Condition, pageSize } from './page.ts';
import type { SiteTable } from './sites.ts';

/** What is known of the failures of an address or network. */
export interface AddressFailures {
  /** Failures that count, among the newest `maxCounted` records. */
  readonly failures: number;
  /** Those, by site; the empty name stands for lines that name none. */
  readonly sites: Record<string, number>;
  /** Those that do not count, by reason. */
  readonly ignored: Record<string, number>;
  /** The latest first, at most `maxRecent`, those that do not count among them. */
  readonly recent: readonly Failure[];
}
export const maxRecent = 100;
/** Failures of a wide network that are looked at, the newest. */
export const maxCounted = 100_000;

/** Failures among which a site looks for its own, the newest. */
export const maxSearchedForSites = 200_000;

const decoder = new TextDecoder();

/** Which failures are wanted: of which blocks, and which of those. */
interface Search {
  readonly blocks: Condition[];
  /** All must hold; the cheap ones first. */
  readonly tests: ((failure: BlockReader) => boolean)[];
}

export function createFailureList(db: Database, sites: SiteTable) {
  const count = createKeptCounts(db);
  const senders = createFailureSenders(db);

  /** @param toSite a site is not told who on this host wrote a line: it may be another tenant */
  function toFailure(reader: BlockReader, toSite: boolean): Failure {
    const { event, channel, reason, doubts } = unpackKind(reader.kind);
    const site = sites.nameOf(reader.site);
    return {
      id: reader.id,
      time: instantOf(reader.time),
      ip: fromColumn(reader.address()).toString(),
      site: site === '' ? null : site,
      event,
      channel,
      user: reader.user(),
      sender: toSite ? null : senders.of(reader.id),
      count: reader.count,
      counted: reason === null,
      reason,
      doubts: doubtsIn(doubts),
      line: decoder.decode(reader.line()),
    };
  }

  const isWithin = (network: Network) => (failure: BlockReader) =>
    network.contains(fromColumn(failure.address()));

  const idsOf = (names: readonly string[]): ReadonlySet<number> =>
    new Set(
      db
        .all<{ id: number }>(
          'SELECT id FROM sites WHERE name IN (SELECT value FROM json_each(?))',
          JSON.stringify(names),
        )
        .map(({ id }) => id),
    );

  /** Only what names one of the sites, and bounded: a site must not make the daemon read through everything. */
  function ofSites(names: readonly string[]): Search {
    const newest =
      db.get<{ last: number }>('SELECT last FROM failure_blocks ORDER BY id DESC LIMIT 1')?.last ?? 0;
    const after = newest - maxSearchedForSites;
    const ids = idsOf(names);
    return {
      blocks: [{ sql: 'last > ?', params: [after] }],
      tests: [({ id, site }) => id > after && ids.has(site)],
    };
  }

  function searchFor(query: FailureQuery, names: readonly string[] | null): Search {
    const { blocks, tests } = names === null ? { blocks: [], tests: [] } : ofSites(names);
    const { ip, user } = query;
    if (query.site !== undefined) {
      const [wanted] = idsOf([query.site]);
      tests.push(({ site }) => site === wanted);
    }
    if (query.event !== undefined) {
      const wanted = eventCode(query.event);
      tests.push(({ kind }) => (kind & 0xff) === wanted);
    }
    if (query.counted !== undefined) tests.push(({ kind }) => isCounted(kind) === query.counted);
    if (query.since !== undefined) {
      const since = fromInstant(query.since);
      blocks.push({ sql: 'newest >= ?', params: [since] });
      tests.push(({ time }) => time >= since);
    }
    if (query.until !== undefined) {
      const until = fromInstant(query.until);
      blocks.push({ sql: 'oldest <= ?', params: [until] });
      tests.push(({ time }) => time <= until);
    }
    if (ip !== undefined) tests.push(isWithin(readNetwork(ip)));
    if (user !== undefined) tests.push((failure) => failure.user() === user);
    return { blocks, tests };
  }

  /** Calls `visit` with each failure that is wanted, the latest first, until it returns false. */
  function search({ blocks: where, tests }: Search, visit: (failure: BlockReader) => boolean): void {
    for (const block of blocks(db, where, 'DESC')) {
      const reader = new BlockReader(block.id, unpack(block.data));
      const found: number[] = [];
      while (reader.next()) if (tests.every((test) => test(reader))) found.push(reader.position);
      for (const position of found.toReversed()) {
        reader.moveTo(position);
        if (!visit(reader)) return;
      }
    }
  }

  /** @param names null: of all sites */
  function list(query: FailureQuery, names: readonly string[] | null = null): Page<Failure> {
    const limit = pageSize(query);
    const { limit: _, cursor, ...filters } = query;
    const name = JSON.stringify(['failures', names, filters]);
    const before = cursor === undefined ? null : readCursor(name, cursor).id;
    return db.read(() => {
      const wanted = searchFor(filters, names);
      const items: Failure[] = [];
      let more = false;
      const page = before === null ? wanted : behind(wanted, before);
      search(page, (failure) => {
        more = items.length === limit;
        if (!more) items.push(toFailure(failure, names !== null));
        return !more;
      });
      return {
        items,
        next: more ? writeCursor(name, items.at(-1)!.id, items.at(-1)!.id) : null,
        total: more || before !== null ? count(name, () => countAll(wanted)) : items.length,
      };
    });
  }

  function countAll(wanted: Search): number {
    if (wanted.tests.length === 0)
      return db.get<{ total: number }>('SELECT coalesce(sum(records), 0) AS total FROM failure_blocks')!
        .total;
    let total = 0;
    search(wanted, () => {
      total++;
      return true;
    });
    return total;
  }

  /** One scan, as no index leads to an address. */
  function ofNetwork(network: Network): AddressFailures {
    return db.read(() => {
      const counts = new Map<number, number>();
      const ignored: Record<string, number> = {};
      const recent: Failure[] = [];
      let records = 0;
      search({ blocks: [], tests: [isWithin(network)] }, (failure) => {
        const { site, kind } = failure;
        if (recent.length < maxRecent) recent.push(toFailure(failure, false));
        const { reason } = unpackKind(kind);
        if (reason === null) counts.set(site, (counts.get(site) ?? 0) + failure.count);
        else ignored[reason] = (ignored[reason] ?? 0) + failure.count;
        return ++records < maxCounted;
      });
      return {
        failures: counts.values().reduce((sum, failures) => sum + failures, 0),
        sites: Object.fromEntries([...counts].map(([site, failures]) => [sites.nameOf(site), failures])),
        ignored,
        recent,
      };
    });
  }

  return { list, ofNetwork };
}

const behind = ({ blocks, tests }: Search, id: number): Search => ({
  blocks: [{ sql: 'id < ?', params: [id] }, ...blocks],
  tests: [(failure) => failure.id < id, ...tests],
});
