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
import type { Clock, Network } from '@portcullis/core';
import { createBanList } from './ban-list.ts';
import { type AddressFailures, createFailureList } from './failure-list.ts';
import { instantOf } from './instant.ts';
import { type Condition, createPager, type List, type Paging } from './page.ts';
import {
  type AllowRow,
  type AuditRow,
  type RequestRow,
  toAllowEntry,
  toAuditEntry,
  toRequest,
} from './registers.ts';
import type { Store } from './sqlite.ts';
import { readStats } from './stats.ts';

/**
 * The read side: pages of everything the store keeps, in the words of the contracts. Every method is one or two
 * bounded reads on the main thread. All throw PortcullisError: invalid_request for a cursor, a limit or an instant that
 * is none, invalid_address for an `ip` that is none.
 *
 * A total that is slow to count may be up to a minute old. A search through ended bans looks at the newest 200,000 bans.
 */
export interface StoreQueries {
  bans(query: BanQuery): Page<Ban>;
  /** @throws PortcullisError not_found */
  ban(id: number): BanDetails;
  failures(query: FailureQuery): Page<Failure>;
  /** Of an address, or of all addresses of a network. */
  failuresOf(network: Network): AddressFailures;
  sites(query: Paging & { sort?: string }): Page<Site>;
  audit(query: Paging): Page<AuditEntry>;
  requests(query: Paging & { state?: UnbanRequest['state'] }): Page<UnbanRequest>;
  allow(query: Paging): Page<AllowEntry>;
  stats(query: { since?: string; site?: string }): Stats;
}

interface SiteRow {
  id: number;
  name: string;
  events: number;
  failures: number;
  first_event_at: number;
  last_event_at: number;
}
const toSite = (row: SiteRow): Site => ({
  name: row.name,
  registered: null,
  first_event_at: instantOf(row.first_event_at),
  last_event_at: instantOf(row.last_event_at),
  events: row.events,
  failures: row.failures,
});

export function createQueries(store: Store, clock: Clock): StoreQueries {
  const { db } = store;
  const page = createPager(db);
  const bans = createBanList(db, page, store.countBansInForce);
  const failures = createFailureList(db, page, store.siteTable);

  const byId = <Row extends { id: number }, Item>(
    table: string,
    toItem: (row: Row) => Item,
    where: readonly Condition[] = [],
  ): List<Row, Item> => ({
    from: `FROM ${table}`,
    columns: '*',
    where,
    key: 'id',
    id: 'id',
    descending: true,
    keyOf: (row) => row.id,
    idOf: (row) => row.id,
    toItem,
  });

  /** Sorted by name when nothing else is asked. */
  function sites({ sort = 'name', ...paging }: Paging & { sort?: string }): Page<Site> {
    const key = sort.replace('-', '') as 'name' | 'last_event_at' | 'failures';
    return page<SiteRow, Site>(
      {
        ...byId('sites', toSite, [{ sql: "name <> ''", params: [] }]),
        key,
        descending: sort.startsWith('-'),
        keyOf: (row) => row[key],
      },
      paging,
    );
  }

  return {
    bans: bans.list,
    ban: bans.get,
    failures: failures.list,
    failuresOf: failures.ofNetwork,
    sites,
    audit: (query) => page(byId<AuditRow, AuditEntry>('audit', toAuditEntry), query),
    requests: ({ state, ...paging }) =>
      page(
        byId<RequestRow, UnbanRequest>(
          'requests',
          toRequest,
          state === undefined ? [] : [{ sql: 'state = ?', params: [state] }],
        ),
        paging,
      ),
    allow: (query) => page(byId<AllowRow, AllowEntry>('allow', toAllowEntry), query),
    stats: (query) => readStats(db, clock.now(), query),
  };
}
