import type {
  AllowEntry,
  AuditEntry,
  Ban,
  BanDetails,
  BanQuery,
  Failure,
  FailureQuery,
  Page,
  Site,
  Stats,
  UnbanRequest,
} from '@portcullis/contracts';
import { type Clock, siteActor } from '@portcullis/core';
import type { AuditRow } from './audit-chain.ts';
import { readNetwork } from './ban-list.ts';
import { createFailureList } from './failure-list.ts';
import { createKeptCounts } from './kept-counts.ts';
import { byId, siteList } from './lists.ts';
import { type Condition, createPager, type Paging } from './page.ts';
import { type AllowRow, type RequestRow, toAllowEntry, toAuditEntry, toRequest } from './registers.ts';
import { createSiteBanList } from './site-ban-list.ts';
import { createSiteBans, type Viewer } from './site-bans.ts';
import type { Store } from './sqlite.ts';
import { readStats } from './stats.ts';

export type { Viewer };

/**
 * The read side as one site sees it: nothing but what is its own, and of others how many there are. Every query names the
 * viewer, so that none can be asked without one.
 */
export interface SiteQueries {
  bans(viewer: Viewer, query: BanQuery): Page<Ban>;
  /** Undefined where the site has no evidence in it. */
  ban(viewer: Viewer, id: number): BanDetails | undefined;
  countBansInForce(viewer: Viewer): number;
  /** Those that the kernel has taken. */
  countActiveBans(viewer: Viewer): number;
  failures(viewer: Viewer, query: FailureQuery): Page<Failure>;
  sites(viewer: Viewer, query: Paging & { sort?: string }): Page<Site>;
  stats(viewer: Viewer, query: { since?: string; site?: string }): Stats;
  /** What the site itself did. */
  audit(viewer: Viewer, query: Paging & { ip?: string }): Page<AuditEntry>;
  requests(viewer: Viewer, query: Paging & { state?: UnbanRequest['state'] }): Page<UnbanRequest>;
  countOpenRequests(viewer: Viewer): number;
  allow(viewer: Viewer, query: Paging): Page<AllowEntry>;
  /** For the daemon itself, to know whom an event concerns: every name with evidence in a ban. */
  namesIn(ban: number): readonly string[];
  /** When the log last had a line of the site; null: never, as far as is remembered. */
  lastEventAt(viewer: Viewer): number | null;
}

export function createSiteQueries(store: Store, clock: Clock): SiteQueries {
  const { db } = store;
  const page = createPager(db);
  const bans = createSiteBans(db, createKeptCounts(db));
  const listBans = createSiteBanList(db, page, bans);
  const failures = createFailureList(db, store.siteTable);
  const own = ({ id, sub }: Viewer): Condition =>
    sub === null
      ? { sql: 'site = ?', params: [id] }
      : { sql: 'site = ? AND sub_site = ?', params: [id, sub] };
  /** Of a network, all that its sub-sites did, too. `;` is the sign behind `:`. */
  const did = (viewer: Viewer): Condition => {
    const actor = siteActor(viewer);
    return viewer.sub === null
      ? { sql: 'actor = ? OR (actor > ? AND actor < ?)', params: [actor, `${actor}:`, `${actor};`] }
      : { sql: 'actor = ?', params: [actor] };
  };
  const among = ({ names }: Viewer): Condition => ({
    sql: 'name IN (SELECT value FROM json_each(?))',
    params: [JSON.stringify(names)],
  });
  const narrowed = (names: readonly string[], site: string | undefined) =>
    site === undefined ? names : names.filter((name) => name === site);

  return {
    bans: listBans,
    ban: bans.find,
    countBansInForce: ({ names }) => bans.countOf(names, 0),
    countActiveBans: ({ names }) => bans.countActive(names),
    failures: ({ names }, query) => failures.list(query, names),
    sites: (viewer, query) => page(siteList([among(viewer)], query.sort), query),
    stats: ({ names }, { since, site }) =>
      readStats(db, clock.now(), { since, sites: narrowed(names, site) }),
    audit: (viewer, { ip, ...paging }) =>
      page(
        byId<AuditRow, AuditEntry>('audit', toAuditEntry, [
          did(viewer),
          ...(ip === undefined ? [] : [{ sql: 'ip = ?', params: [String(readNetwork(ip))] }]),
        ]),
        paging,
      ),
    requests: (viewer, { state, ...paging }) =>
      page(
        byId<RequestRow, UnbanRequest>('requests', toRequest, [
          own(viewer),
          ...(state === undefined ? [] : [{ sql: 'state = ?', params: [state] }]),
        ]),
        paging,
      ),
    countOpenRequests: (viewer) => {
      const { sql, params } = own(viewer);
      return db.read(
        () =>
          db.get<{ open: number }>(
            `SELECT count(*) AS open FROM requests WHERE state = 'open' AND ${sql}`,
            ...params,
          )!.open,
      );
    },
    allow: (viewer, paging) => page(byId<AllowRow, AllowEntry>('allow', toAllowEntry, [own(viewer)]), paging),
    namesIn: (ban) =>
      db
        .read(() => db.all<{ site: string }>('SELECT site FROM ban_sites WHERE ban_id = ?', ban))
        .map(({ site }) => site),
    lastEventAt: (viewer) => {
      const { sql, params } = among(viewer);
      return db.read(
        () =>
          db.get<{ at: number | null }>(`SELECT max(last_event_at) AS at FROM sites WHERE ${sql}`, ...params)!
            .at,
      );
    },
  };
}
