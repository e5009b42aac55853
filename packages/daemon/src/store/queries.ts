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
import type { AuditRow } from './audit-chain.ts';
import { createBanList, readNetwork } from './ban-list.ts';
import { type AddressFailures, createFailureList } from './failure-list.ts';
import { byId, siteList } from './lists.ts';
import { createPager, type Paging } from './page.ts';
import { type AllowRow, type RequestRow, toAllowEntry, toAuditEntry, toRequest } from './registers.ts';
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
  audit(query: Paging & { ip?: string }): Page<AuditEntry>;
  requests(query: Paging & { state?: UnbanRequest['state'] }): Page<UnbanRequest>;
  allow(query: Paging): Page<AllowEntry>;
  stats(query: { since?: string; site?: string }): Stats;
}

export function createQueries(store: Store, clock: Clock): StoreQueries {
  const { db } = store;
  const page = createPager(db);
  const bans = createBanList(db, page, store.countBansInForce);
  const failures = createFailureList(db, store.siteTable);

  return {
    bans: bans.list,
    ban: bans.get,
    failures: (query) => failures.list(query),
    failuresOf: failures.ofNetwork,
    sites: (query) => page(siteList([], query.sort), query),
    audit: ({ ip, ...paging }) =>
      page(
        byId<AuditRow, AuditEntry>(
          'audit',
          toAuditEntry,
          ip === undefined ? [] : [{ sql: 'ip = ?', params: [String(readNetwork(ip))] }],
        ),
        paging,
      ),
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
    stats: ({ since, site }) =>
      readStats(db, clock.now(), { since, ...(site === undefined ? {} : { sites: [site] }) }),
  };
}
