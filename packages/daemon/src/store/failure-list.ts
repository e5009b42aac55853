import type { Failure, FailureQuery, Page } from '@portcullis/contracts';
import type { Network } from '@portcullis/core';
import { fromColumn, lastAddress, toColumn } from './address-column.ts';
import { readNetwork } from './ban-list.ts';
import { eventCode, kindSql, unpackKind } from './codes.ts';
import type { Database } from './database.ts';
import { createFailureSenders } from './failure-senders.ts';
import type { FailureRow } from './failures.ts';
import { fromInstant, instantOf } from './instant.ts';
import type { Condition, createPager } from './page.ts';
import type { SiteTable } from './sites.ts';

/** What is known of the failures of an address or network. */
export interface AddressFailures {
  /** Failures that count, among the newest `maxCounted` records. */
  readonly failures: number;
  /** Those, by site; the empty name stands for lines that name none. */
  readonly sites: Record<string, number>;
  /** The latest first, at most `maxRecent`, those that do not count among them. */
  readonly recent: readonly Failure[];
}
export const maxRecent = 100;
/** Failures of a wide network that are looked at, the newest. */
export const maxCounted = 100_000;

/** Failures among which a site looks for its own, the newest. */
export const maxSearchedForSites = 200_000;

const decoder = new TextDecoder();

export function createFailureList(db: Database, page: ReturnType<typeof createPager>, sites: SiteTable) {
  const senders = createFailureSenders(db);

  function toFailure(row: FailureRow, toSite = false): Failure {
    const { event, channel, reason } = unpackKind(row.kind);
    const site = sites.nameOf(row.site);
    return {
      id: row.id,
      time: instantOf(row.time),
      ip: fromColumn(row.address).toString(),
      site: site === '' ? null : site,
      event,
      channel,
      user: row.user,
      count: row.count,
      counted: reason === null,
      reason,
      line: decoder.decode(row.line),
      sender: toSite ? null : senders.of(row.id),
    };
  }

  const within = (network: Network): Condition => ({
    sql: 'address BETWEEN ? AND ?',
    params: [toColumn(network), lastAddress(network)],
  });

  /** Only what names one of the sites, and bounded: a site must not make the daemon read through everything. */
  const ofSites = (names: readonly string[]): Condition[] => [
    {
      sql: 'site IN (SELECT id FROM sites WHERE name IN (SELECT value FROM json_each(?)))',
      params: [JSON.stringify(names)],
    },
    { sql: 'id > (SELECT max(id) FROM failures) - ?', params: [maxSearchedForSites] },
  ];

  function conditionsOf(query: FailureQuery, names: readonly string[] | null): Condition[] {
    const conditions: Condition[] = names === null ? [] : ofSites(names);
    const add = (sql: string, ...params: (string | number)[]) => conditions.push({ sql, params });
    if (query.site !== undefined) add('site = (SELECT id FROM sites WHERE name = ?)', query.site);
    if (query.ip !== undefined) conditions.push(within(readNetwork(query.ip)));
    if (query.event !== undefined) add(`${kindSql.event} = ?`, eventCode(query.event));
    if (query.user !== undefined) add('user = ?', query.user);
    if (query.since !== undefined) add('time >= ?', fromInstant(query.since));
    if (query.until !== undefined) add('time <= ?', fromInstant(query.until));
    if (query.counted !== undefined) add(`${kindSql.counted} = ?`, query.counted ? 1 : 0);
    return conditions;
  }

  /** @param names null: of all sites */
  function list(query: FailureQuery, names: readonly string[] | null = null): Page<Failure> {
    return page<FailureRow, Failure>(
      {
        from: 'FROM failures',
        columns: '*',
        where: conditionsOf(query, names),
        key: 'id',
        id: 'id',
        descending: true,
        keyOf: (row) => row.id,
        idOf: (row) => row.id,
        toItem: (row) => toFailure(row, names !== null),
      },
      query,
    );
  }

  /** One scan, as no index leads to an address; then the recent ones by their ids. */
  function ofNetwork(network: Network): AddressFailures {
    const { sql, params } = within(network);
    const counts = new Map<number, number>();
    const recent: number[] = [];
    return db.read(() => {
      counts.clear();
      recent.length = 0;
      const found = db
        .statement(
          `SELECT id, site, kind, count FROM failures WHERE ${sql} ORDER BY id DESC LIMIT ${maxCounted}`,
        )
        .iterate(...params) as Iterable<FailureRow>;
      for (const { id, site, kind, count } of found) {
        if (recent.length < maxRecent) recent.push(id);
        if (unpackKind(kind).reason === null) counts.set(site, (counts.get(site) ?? 0) + count);
      }
      const rows = db.all<FailureRow>(
        'SELECT * FROM failures WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id DESC',
        JSON.stringify(recent),
      );
      return {
        failures: counts.values().reduce((sum, failures) => sum + failures, 0),
        sites: Object.fromEntries([...counts].map(([site, failures]) => [sites.nameOf(site), failures])),
        recent: rows.map((row) => toFailure(row)),
      };
    });
  }

  return { list, ofNetwork };
}
