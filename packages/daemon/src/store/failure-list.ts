import type { Failure, FailureQuery, Page } from '@portcullis/contracts';
import type { Network } from '@portcullis/core';
import { fromColumn, lastAddress, toColumn } from './address-column.ts';
import { readNetwork } from './ban-list.ts';
import { eventCode, kindSql, unpackKind } from './codes.ts';
import type { Database } from './database.ts';
import type { FailureRow } from './failures.ts';
import { fromInstant, instantOf } from './instant.ts';
import type { Condition, createPager } from './page.ts';
import type { SiteTable } from './sites.ts';

/** What is known of the failures of an address or network. */
export interface AddressFailures {
  /** Failures that count. */
  readonly failures: number;
  /** Those, by site; the empty name stands for lines that name none. */
  readonly sites: Record<string, number>;
  /** The latest first, at most `maxRecent`, those that do not count among them. */
  readonly recent: readonly Failure[];
}
export const maxRecent = 100;

const decoder = new TextDecoder();

export function createFailureList(db: Database, page: ReturnType<typeof createPager>, sites: SiteTable) {
  function toFailure(row: FailureRow): Failure {
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
    };
  }

  const within = (network: Network): Condition => ({
    sql: 'address BETWEEN ? AND ?',
    params: [toColumn(network), lastAddress(network)],
  });

  function conditionsOf(query: FailureQuery): Condition[] {
    const conditions: Condition[] = [];
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

  function list(query: FailureQuery): Page<Failure> {
    return page<FailureRow, Failure>(
      {
        from: 'FROM failures',
        columns: '*',
        where: conditionsOf(query),
        key: 'id',
        id: 'id',
        descending: true,
        keyOf: (row) => row.id,
        idOf: (row) => row.id,
        toItem: toFailure,
      },
      query,
    );
  }

  function ofNetwork(network: Network): AddressFailures {
    const { sql, params } = within(network);
    return db.read(() => {
      const bySite = db.all<{ site: number; failures: number; rows: number; first: number }>(
        `SELECT site, sum(iif(${kindSql.counted}, count, 0)) AS failures, count(*) AS rows, min(id) AS first
         FROM failures WHERE ${sql} GROUP BY site`,
        ...params,
      );
      const rows = bySite.reduce((sum, site) => sum + site.rows, 0);
      const first = Math.min(...bySite.map((site) => site.first));
      const recent =
        rows === 0
          ? []
          : db.all<FailureRow>(
              `SELECT * FROM failures WHERE ${sql} AND id >= ? ORDER BY id DESC LIMIT ?`,
              ...params,
              first,
              Math.min(maxRecent, rows),
            );
      const counted = bySite.filter((site) => site.failures > 0);
      return {
        failures: counted.reduce((sum, site) => sum + site.failures, 0),
        sites: Object.fromEntries(counted.map((site) => [sites.nameOf(site.site), site.failures])),
        recent: recent.map(toFailure),
      };
    });
  }

  return { list, ofNetwork };
}
