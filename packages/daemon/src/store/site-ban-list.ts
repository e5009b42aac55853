import { type Ban, type BanQuery, type Page, PortcullisError } from '@portcullis/contracts';
import { siteActor } from '@portcullis/core';
import { addressCondition, containing, overlapCondition, readNetwork, stateConditions } from './ban-list.ts';
import { ofCampaign } from './campaigns.ts';
import type { Database } from './database.ts';
import { fromInstant } from './instant.ts';
import type { Condition, createPager, List } from './page.ts';
import {
  type CommonRow,
  commonColumns,
  type createSiteBans,
  type Ended,
  owned,
  rowsOf,
  type Viewer,
} from './site-bans.ts';

/** What a site can sort by: times banned would count bans that are not its own. */
const keys = { since: 'b.since', until: 'b.ends', failures: 's.failures', ip: 'b.address' } as const;
type ListRow = CommonRow & { key: number | Uint8Array };

/**
 * So many rows are put together and sorted in about 2 ms. Who has more finds a page sooner on a walk through the bans of the
 * whole host in their order: of 100,000, every fiftieth at least is its own.
 */
const fewRows = 2_000;

type Source = Pick<List<ListRow, Ban>, 'from' | 'fromParams' | 'where'>;

/** One row a ban: the rows of its names are put together. */
const gathered = (names: string, ended: Ended): Source => ({
  from: `FROM (SELECT ban_id, sum(failures) AS failures ${rowsOf(ended)} GROUP BY ban_id) s
         CROSS JOIN bans b ON b.id = s.ban_id`,
  fromParams: [names],
  where: [],
});

const hasRowOf = (names: string): Condition => ({
  sql: `EXISTS (SELECT 1 FROM ban_sites w WHERE w.ban_id = b.id AND w.site ${owned})`,
  params: [names],
});
const walked = (names: string): Source => ({ from: 'FROM bans b', where: [hasRowOf(names)] });

/** The list of bans as one site sees it. A page comes in one of two ways, whichever is short. */
export function createSiteBanList(
  db: Database,
  page: ReturnType<typeof createPager>,
  { toBan, totalOf }: Pick<ReturnType<typeof createSiteBans>, 'toBan' | 'totalOf'>,
) {
  const hasFew = (names: string, ended: Ended): boolean =>
    db.get<{ rows: number }>(
      `SELECT count(*) AS rows FROM (SELECT 1 ${rowsOf(ended)} LIMIT ${fewRows})`,
      names,
    )!.rows < fewRows;

  /** Failures are told of all its names, and sorted so. */
  function sourceOf(key: string, names: string, all: string, ended: Ended): Source {
    if (key === keys.failures)
      return { ...gathered(all, ended), where: names === all ? [] : [hasRowOf(names)] };
    return hasFew(names, ended) ? gathered(names, ended) : walked(names);
  }

  /** Of an address that is begun all bans that begin so; of other text those with it in a name that the site saw. */
  function searchCondition(search: string, names: string): Condition {
    const addresses = addressCondition(search);
    if (addresses === null) {
      return {
        sql: `EXISTS (SELECT 1 FROM ban_sites t WHERE t.ban_id = b.id AND t.site ${owned}
                AND (b.ip LIKE ? ESCAPE '\\' OR t.users LIKE ? ESCAPE '\\'))`,
        params: [names, containing(search), containing(JSON.stringify(search).slice(1, -1))],
      };
    }
    const { sql, params } = addresses;
    const found = db.get<{ bans: number }>(
      `SELECT count(*) AS bans FROM (SELECT 1 FROM bans b WHERE ${sql} LIMIT ${fewRows})`,
      ...params,
    )!.bans;
    return found < fewRows
      ? { sql: `b.id IN (SELECT b.id FROM bans b WHERE ${sql})`, params }
      : { sql: sql.replaceAll('b.address', '+b.address'), params };
  }

  /** `+` keeps SQLite on the index of the order: the filter alone would find more than one page, and all to be sorted. */
  function filtersOf(query: BanQuery, names: string, reader: string): Condition[] {
    const conditions: Condition[] = [];
    const add = (sql: string, ...params: (string | number)[]) => conditions.push({ sql, params });
    const byTime = query.sort?.endsWith('since') ?? true;
    if (query.jail !== undefined) add(byTime ? 'b.jail = ?' : '+b.jail = ?', query.jail);
    if (query.ip !== undefined) conditions.push(overlapCondition(readNetwork(query.ip)));
    const since = byTime ? 'b.since' : '+b.since';
    if (query.since !== undefined) add(`${since} >= ?`, fromInstant(query.since));
    if (query.until !== undefined) add(`${since} <= ?`, fromInstant(query.until));
    if (query.campaign !== undefined) conditions.push({ sql: ofCampaign, params: [reader, query.campaign] });
    if (query.search !== undefined && query.search !== '')
      conditions.push(searchCondition(query.search, names));
    return conditions;
  }

  /**
   * Sorted by `-since` when nothing else is asked.
   * @throws PortcullisError invalid_request for an order that would tell of others
   */
  return function list(viewer: Viewer, query: BanQuery): Page<Ban> {
    const { site, limit, cursor, sort = '-since', state, ...filters } = query;
    const key = keys[sort.replace('-', '') as keyof typeof keys];
    if (key === undefined) {
      throw new PortcullisError('invalid_request', `A site cannot sort bans by ${sort.replace('-', '')}.`, {
        hint: `It can by: ${Object.keys(keys).join(', ')}.`,
      });
    }
    // Of the sites asked for, those that are not the site's own have nothing to tell it.
    const within = site === undefined ? viewer.names : viewer.names.filter((name) => name === site);
    if (within.length === 0) return { items: [], next: null, total: 0 };
    const names = JSON.stringify(within);
    const all = JSON.stringify(viewer.names);
    const states = stateConditions(state === undefined ? {} : { state });
    const ended = endedOf(states);
    return db.read(() => {
      const { where, ...from } = sourceOf(key, names, all, ended);
      const narrowing = filtersOf({ ...filters, sort }, all, siteActor(viewer));
      return page<ListRow, Ban>(
        {
          name: JSON.stringify(['bans of a site', within, sort, state, filters]),
          ...from,
          columns: `${commonColumns}, ${key} AS key`,
          where: [...states, ...where, ...narrowing],
          key,
          id: 'b.id',
          descending: sort.startsWith('-'),
          keyOf: (row) => (typeof row.key === 'number' ? row.key : Buffer.from(row.key).toString('hex')),
          keyParam: (value) => (typeof value === 'number' ? value : Buffer.from(value, 'hex')),
          idOf: (row) => row.id,
          toItem: (row) => toBan(row, viewer),
          ...(narrowing.length === 0 && states.length < 2 ? { total: () => totalOf(within, ended) } : {}),
        },
        { limit, cursor },
      );
    });
  };
}

function endedOf(states: readonly Condition[]): Ended {
  if (states.some(({ sql }) => sql === 'b.ended_at IS NULL')) return 0;
  return states.some(({ sql }) => sql === 'b.ended_at NOT NULL') ? 1 : null;
}
