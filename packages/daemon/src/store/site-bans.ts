import { type Ban, type BanDetails, type BanQuery, type Page, PortcullisError } from '@portcullis/contracts';
import { maxEvidenceUsers, type SitePart, siteActor } from '@portcullis/core';
import { containing, overlapCondition, readNetwork, stateConditions } from './ban-list.ts';
import type { BanRow } from './bans.ts';
import type { Database } from './database.ts';
import { fromInstant, instantOf } from './instant.ts';
import type { Condition, createPager, List } from './page.ts';

/** Whose eyes: a registered site or a sub-site, and the names in the log that are its own. */
export interface Viewer extends SitePart {
  /** At least one. */
  readonly names: readonly string[];
}

/** The part of a ban that is of the ban itself, not of anybody's evidence. */
type CommonRow = Pick<
  BanRow,
  | 'id'
  | 'jail'
  | 'address'
  | 'prefix'
  | 'ip'
  | 'since'
  | 'until'
  | 'state'
  | 'ended_at'
  | 'ended_by'
  | 'lifted_by'
> & { reason: string; by_hand: number; ends: number; own_since: number; own_failures: number };
const commonColumns =
  'b.id, b.jail, b.address, b.prefix, b.ip, b.since, b.until, b.state, b.ended_at, b.ended_by, b.lifted_by, b.reason, b.by_hand, b.ends';

interface OwnRow {
  site: string;
  failures: number;
  users: string;
  events: string;
  first_failure_at: number | null;
  last_failure_at: number | null;
}

/** The only words of a stored reason that a site is told: those that the daemon itself wrote of the site's own evidence. */
const rule =
  /^[0-9]+ failures (?:at one instant|within [0-9]+ (?:s|min|h)); [a-z0-9-]+ allows [0-9]+ in [0-9smhdw]+/;

/** A ban of the host that is passed by costs about as much as so many of the site's own that are put together. */
const walkStep = 5;

const owned = 'IN (SELECT value FROM json_each(?))';

/**
 * Bans as one site sees them: those with evidence under one of its names. What it is told is put together from its own
 * evidence; of others it learns how many there are.
 */
export function createSiteBans(
  db: Database,
  page: ReturnType<typeof createPager>,
  countInForceOfHost: () => number,
) {
  function toBan(row: CommonRow, viewer: SitePart, names: string): Ban {
    const own = db.all<OwnRow>(
      `SELECT site, failures, users, events, first_failure_at, last_failure_at FROM ban_sites
       WHERE ban_id = ? AND site ${owned} ORDER BY last_failure_at DESC, site`,
      row.id,
      names,
    );
    const sites = db.get<{ sites: number }>(
      'SELECT count(*) AS sites FROM ban_sites WHERE ban_id = ?',
      row.id,
    )!.sites;
    const times = db.get<{ times: number }>(
      `SELECT count(*) AS times FROM bans o WHERE o.address = ? AND o.prefix = ? AND o.jail = ? AND o.id <= ?
         AND EXISTS (SELECT 1 FROM ban_sites s WHERE s.ban_id = o.id AND s.site ${owned})`,
      row.address,
      row.prefix,
      row.jail,
      row.id,
      names,
    )!.times;
    const failures = own.reduce((sum, one) => sum + one.failures, 0);
    return {
      id: row.id,
      ip: row.ip,
      jail: row.jail,
      since: instantOf(row.since),
      until: row.until === null ? null : instantOf(row.until),
      failures,
      sites: Object.fromEntries(own.map((one) => [one.site, one.failures])),
      other_sites: sites - own.length,
      users: [...new Set(own.flatMap(({ users }) => JSON.parse(users) as string[]))].slice(
        0,
        maxEvidenceUsers,
      ),
      ...summaryOf(own),
      times_banned: times,
      state: row.state,
      ended_at: row.ended_at === null ? null : instantOf(row.ended_at),
      ended_by: row.ended_by,
      lifted_by: lifterFor(viewer, row.lifted_by),
      reason: reasonOf(row, failures, sites - own.length),
    };
  }

  function details(row: CommonRow, viewer: SitePart, names: string): BanDetails {
    const ban = toBan(row, viewer, names);
    const { events, first_failure_at, last_failure_at } = ban;
    // Lines and the sites that they name are two lists side by side: SQLite hands out the lines that are the site's own.
    const lines = db.all<{ line: string }>(
      `SELECT l.value AS line FROM ban_evidence e, json_each(e.lines) l, json_each(e.line_sites) s
       WHERE e.ban_id = ? AND s.key = l.key AND s.value ${owned} ORDER BY l.key`,
      row.id,
      names,
    );
    return {
      ...ban,
      evidence: {
        lines: lines.map(({ line }) => line),
        // A uid that is not the site's own would tell of another tenant.
        senders: lines.map(() => null),
        events,
        first_failure_at,
        last_failure_at,
      },
    };
  }

  function conditionsOf(query: BanQuery, names: string): Condition[] {
    const conditions = stateConditions({ ...query, site: '' });
    const add = (sql: string, ...params: (string | number)[]) => conditions.push({ sql, params });
    if (query.jail !== undefined) add('b.jail = ?', query.jail);
    if (query.ip !== undefined) conditions.push(overlapCondition(readNetwork(query.ip)));
    if (query.since !== undefined) add('b.since >= ?', fromInstant(query.since));
    if (query.until !== undefined) add('b.since <= ?', fromInstant(query.until));
    if (query.search !== undefined && query.search !== '') {
      add(
        `b.ip LIKE ? ESCAPE '\\' OR EXISTS (SELECT 1 FROM ban_sites t
           WHERE t.ban_id = b.id AND t.site ${owned} AND t.users LIKE ? ESCAPE '\\')`,
        containing(query.search),
        names,
        containing(JSON.stringify(query.search).slice(1, -1)),
      );
    }
    return conditions;
  }

  /** One row a ban: of a site with one name it is there already, else the rows of its names are put together. */
  function source(names: readonly string[]): Pick<List<CommonRow, Ban>, 'from' | 'fromParams' | 'where'> {
    const [name] = names;
    if (names.length === 1)
      return {
        from: 'FROM ban_sites s JOIN bans b ON b.id = s.ban_id',
        where: [{ sql: 's.site = ?', params: [name!] }],
      };
    return {
      from: `FROM (SELECT ban_id, max(since) AS since, max(ended) AS ended, sum(failures) AS failures
                   FROM ban_sites WHERE site ${owned} GROUP BY ban_id) s JOIN bans b ON b.id = s.ban_id`,
      fromParams: [JSON.stringify(names)],
      where: [],
    };
  }

  /**
   * Sorted by `-since` when nothing else is asked.
   * @throws PortcullisError invalid_request for an order that would tell of others
   */
  function list(viewer: Viewer, query: BanQuery): Page<Ban> {
    const { names } = viewer;
    const sort = query.sort ?? '-since';
    const key = keys[sort.replace('-', '') as keyof typeof keys];
    if (key === undefined) {
      throw new PortcullisError('invalid_request', `A site cannot sort bans by ${sort.replace('-', '')}.`, {
        hint: `It can by: ${Object.keys(keys).join(', ')}.`,
      });
    }
    // Of the sites asked for, those that are not the site's own have nothing to tell it.
    const within = query.site === undefined ? names : names.filter((name) => name === query.site);
    if (within.length === 0) return { items: [], next: null, total: 0 };
    const { site: _, limit = 100, cursor, ...rest } = query;
    const all = JSON.stringify(names);
    const walked = walk(within, { ...rest, sort }, limit);
    const { where, ...from } = walked ?? {
      ...source(within),
      key: key.sql,
      id: key.sql === 's.since' ? 's.ban_id' : 'b.id',
    };
    return page<CommonRow, Ban>(
      {
        name: JSON.stringify(['bans of a site', within, sort, rest]),
        ...from,
        columns: `${commonColumns}, ${walked === null ? 's.since AS own_since, s.failures AS own_failures' : 'b.since AS own_since, 0 AS own_failures'}`,
        where: [...where, ...(walked === null ? conditionsOf(rest, all) : [])],
        descending: sort.startsWith('-'),
        keyOf: (row) => {
          const value = row[key.column];
          return typeof value === 'number' ? value : Buffer.from(value).toString('hex');
        },
        keyParam: (value) => (typeof value === 'number' ? value : Buffer.from(value, 'hex')),
        idOf: (row) => row.id,
        toItem: (row) => db.read(() => toBan(row, viewer, all)),
      },
      { limit, cursor },
    );
  }

  /**
   * Another way to what a panel asks for all the time: bans in force by their time. A site with several names and many of
   * the host's bans finds a page sooner on a walk through all of them than by putting its own together. Null: it does not.
   */
  function walk(
    names: readonly string[],
    { sort, ...filters }: BanQuery,
    limit: number,
  ): (Pick<List<CommonRow, Ban>, 'from' | 'where' | 'key' | 'id' | 'total'> & { fromParams?: never }) | null {
    const filtered = Object.values(filters).some((value) => value !== undefined);
    if (names.length === 1 || sort?.replace('-', '') !== 'since' || filtered) return null;
    const list = JSON.stringify(names);
    const own = db.read(
      () =>
        db.get<{ rows: number }>(
          `SELECT count(*) AS rows FROM ban_sites WHERE site ${owned} AND ended = 0`,
          list,
        )!.rows,
    );
    const inForce = countInForceOfHost();
    if (own === 0 || (limit * inForce * walkStep) / own > own) return null;
    return {
      from: 'FROM bans b',
      where: [
        { sql: 'b.ended_at IS NULL', params: [] },
        {
          sql: `EXISTS (SELECT 1 FROM ban_sites s WHERE s.ban_id = b.id AND s.site ${owned})`,
          params: [list],
        },
      ],
      key: 'b.since',
      id: 'b.id',
      total: () => countInForce(names),
    };
  }

  /** The ban, if the site has evidence in it. */
  function find(viewer: Viewer, id: number): BanDetails | undefined {
    const all = JSON.stringify(viewer.names);
    return db.read(() => {
      const row = db.get<CommonRow>(
        `SELECT ${commonColumns} FROM bans b
         WHERE b.id = ? AND EXISTS (SELECT 1 FROM ban_sites s WHERE s.ban_id = b.id AND s.site ${owned})`,
        id,
        all,
      );
      return row && details(row, viewer, all);
    });
  }

  /** Bans in force with evidence of the site. */
  const countInForce = (names: readonly string[]): number =>
    db.read(
      () =>
        db.get<{ bans: number }>(
          `SELECT count(DISTINCT ban_id) AS bans FROM ban_sites WHERE site ${owned} AND ended = 0`,
          JSON.stringify(names),
        )!.bans,
    );

  /** Those of them that the kernel has taken. */
  const countActive = (names: readonly string[]): number =>
    db.read(
      () =>
        db.get<{ bans: number }>(
          `SELECT count(*) AS bans FROM bans b WHERE b.ended_at IS NULL AND b.state = 'active'
             AND EXISTS (SELECT 1 FROM ban_sites s WHERE s.ban_id = b.id AND s.site ${owned})`,
          JSON.stringify(names),
        )!.bans,
    );

  return { list, find, countInForce, countActive };
}

/** Kinds and times of the site's own failures. */
function summaryOf(own: readonly OwnRow[]): Pick<Ban, 'events' | 'first_failure_at' | 'last_failure_at'> {
  const events: Record<string, number> = {};
  for (const one of own) {
    for (const [event, count] of Object.entries(JSON.parse(one.events) as Record<string, number>))
      events[event] = (events[event] ?? 0) + count;
  }
  const times = (key: 'first_failure_at' | 'last_failure_at') =>
    own.map((one) => one[key]).filter((time) => time !== null);
  const first = Math.min(...times('first_failure_at'));
  const last = Math.max(...times('last_failure_at'));
  return {
    events,
    first_failure_at: Number.isFinite(first) ? instantOf(first) : null,
    last_failure_at: Number.isFinite(last) ? instantOf(last) : null,
  };
}

/** Who lifted a ban, as one site may know it: its own people by name, of others whether it was the host's administrator. */
function lifterFor(viewer: SitePart, actor: string | null): string | null {
  const [who = ''] = actor?.split(' ', 1) ?? [];
  const own = siteActor(viewer);
  if (actor === null || who === own || (viewer.sub === null && who.startsWith(`${own}:`))) return actor;
  return who === 'admin' ? 'admin' : 'other_site';
}

/** What a site can sort by: times banned would count bans that are not its own. */
const keys: Readonly<
  Record<string, { sql: string; column: 'own_since' | 'ends' | 'own_failures' | 'address' }>
> = {
  since: { sql: 's.since', column: 'own_since' },
  until: { sql: 'b.ends', column: 'ends' },
  failures: { sql: 's.failures', column: 'own_failures' },
  ip: { sql: 'b.address', column: 'address' },
};

function reasonOf({ reason, state, by_hand }: CommonRow, failures: number, others: number): string {
  const [told] = (others === 0 && by_hand === 0 && rule.exec(reason)) || [];
  const counted = `${failures} ${failures === 1 ? 'failure' : 'failures'} on this site`;
  const more = [
    ...(others > 0 ? ['other sites have evidence, too'] : []),
    ...(by_hand === 1 ? ['the administrator of the host decided on it'] : []),
    ...(state === 'failed' ? ['the kernel has not taken it'] : []),
  ];
  return [told ?? counted, ...more].join('; ');
}
