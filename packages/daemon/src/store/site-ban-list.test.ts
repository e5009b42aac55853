import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { BanQuery } from '@portcullis/contracts';
import type { BanRecord } from '@portcullis/core';
import { ban, network } from '../../../../test/support/ban-store-conformance.ts';
import { createSiteQueries, type SiteQueries, type Viewer } from './site-queries.ts';
import { createStore, type Store } from './sqlite.ts';

const now = Date.parse('2026-11-21T20:00:00.000Z');
const clock = { now: () => now };
const mine: Viewer = { id: 'mine', sub: null, names: ['mine.example', 'www.mine.example'] };

/** Of two names, a third under both; every other ban is somebody else's alone. Numbers repeat, so that orders have ties. */
const sitesOf = (at: number): Record<string, number> => {
  if (at % 2 === 1) return { 'theirs.example': 90 };
  const failures = 1 + (at % 5);
  return at % 3 === 0
    ? { 'mine.example': failures, 'www.mine.example': 1, 'theirs.example': 50 }
    : { [mine.names[at % 4 === 0 ? 0 : 1]!]: failures };
};
const changesOf = (at: number): Partial<BanRecord> => {
  const sites = sitesOf(at);
  return {
    network: network(`198.18.${at >> 8}.${at & 255}`),
    since: now - Math.floor(at / 3) * 1000,
    until: at % 10 === 0 ? null : now + (at % 97) * 1000,
    jail: at % 8 === 0 ? 'rare' : 'wordpress',
    evidence: {
      ...ban().evidence,
      sites,
      ofSites: Object.fromEntries(
        Object.keys(sites).map((site) => [
          site,
          { events: {}, users: [`user${at % 7}`], firstFailureAt: null, lastFailureAt: null },
        ]),
      ),
    },
  };
};

describe('the list of bans of one site', () => {
  let store: Store;
  let queries: SiteQueries;
  let bans: BanRecord[];
  beforeEach(() => {
    const retention = { historyMs: null, failuresMs: null, auditMs: null };
    store = createStore({ path: ':memory:', clock, retention });
    queries = createSiteQueries(store, clock);
    bans = [];
  });
  afterEach(() => store.close());

  const insertUpTo = (count: number) =>
    store.transaction(() => {
      for (let at = bans.length; at < count; at++) bans.push(store.insertBan(ban(changesOf(at))));
    });
  const own = ({ evidence: { sites } }: BanRecord) =>
    mine.names.reduce((sum, name) => sum + (sites[name] ?? 0), 0);
  const value: Readonly<Record<string, (one: BanRecord) => number>> = {
    since: ({ since }) => since,
    until: ({ until }) => until ?? Infinity,
    failures: own,
    ip: ({ network: { d } }) => d,
  };
  const expected = (sort: string, isMeant: (one: BanRecord) => boolean) => {
    const sign = sort.startsWith('-') ? -1 : 1;
    const of = value[sort.replace('-', '')]!;
    const order = (one: BanRecord, other: BanRecord) =>
      sign * (of(one) === of(other) ? one.id - other.id : of(one) < of(other) ? -1 : 1);
    return bans.filter((one) => own(one) > 0 && isMeant(one)).sort(order);
  };
  const filters: readonly [BanQuery, (one: BanRecord) => boolean][] = [
    [{}, () => true],
    [{ state: 'all' }, () => true],
    [{ state: 'pending' }, () => true],
    [{ state: 'ended' }, () => false],
    [{ jail: 'rare' }, ({ jail }) => jail === 'rare'],
    [{ site: 'mine.example' }, ({ evidence }) => 'mine.example' in evidence.sites],
    [{ site: 'theirs.example' }, () => false],
    [{ since: new Date(now - 9000).toISOString() }, ({ since }) => since >= now - 9000],
    [{ ip: '198.18.0.16/28' }, ({ network: { d } }) => (d & 0xfffffff0) >>> 0 === network('198.18.0.16').d],
    [{ search: '198.18.0.1' }, (one) => String(one.network).startsWith('198.18.0.1')],
    [{ search: '198.18.' }, () => true],
    [
      { search: 'user3' },
      ({ evidence }) => Object.values(evidence.ofSites).some(({ users }) => users.includes('user3')),
    ],
  ];

  for (const count of [60, 4_400]) {
    it(`gives every page of every order and filter, with ${count} bans on the host`, () => {
      insertUpTo(count);
      for (const sort of Object.keys(value).flatMap((key) => [key, `-${key}`])) {
        for (const [filter, isMeant] of filters) {
          const wanted = expected(sort, isMeant);
          const label = JSON.stringify({ sort, ...filter });
          let cursor: string | undefined;
          for (let at = 0; at < 3; at++) {
            const page = queries.bans(mine, {
              ...filter,
              sort,
              limit: 9,
              ...(cursor === undefined ? {} : { cursor }),
            });
            assert.deepEqual(
              page.items.map(({ id, failures }) => [id, failures]),
              wanted.slice(at * 9, at * 9 + 9).map((one) => [one.id, own(one)]),
              label,
            );
            assert.equal(page.total, wanted.length, label);
            if (page.next === null) break;
            cursor = page.next;
          }
        }
      }
    });
  }

  it('goes on behind a page, also where so many bans come in between that it goes another way', () => {
    insertUpTo(60);
    const first = queries.bans(mine, { limit: 3 });
    insertUpTo(4_400);
    const next = queries.bans(mine, { limit: 3, cursor: first.next! });
    const wanted = expected('-since', () => true).map(({ id }) => id);
    const at = wanted.indexOf(first.items.at(-1)!.id);
    assert.deepEqual(
      next.items.map(({ id }) => id),
      wanted.slice(at + 1, at + 4),
    );
    const other: Viewer = { ...mine, names: ['mine.example'] };
    assert.throws(() => queries.bans(other, { limit: 3, cursor: first.next! }), { code: 'invalid_request' });
  });
});
