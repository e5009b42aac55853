import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { BanQuery } from '@portcullis/contracts';
import { FailureBatch } from '@portcullis/core';
import fc from 'fast-check';
import { ban, failure, network } from '../../../../test/support/ban-store-conformance.ts';
import { createQueries, type StoreQueries } from './queries.ts';
import { createStore, type Store } from './sqlite.ts';

const now = Date.parse('2026-11-21T19:00:00.000Z');
const hour = 3_600_000;
const at = (ms: number) => new Date(ms).toISOString();

describe('the read side of the store', () => {
  let store: Store;
  let queries: StoreQueries;
  beforeEach(() => {
    const retention = { historyMs: null, failuresMs: null, auditMs: null };
    store = createStore({ path: ':memory:', clock: { now: () => now }, retention });
    queries = createQueries(store, { now: () => now });
  });
  afterEach(() => store.close());

  const ips = (query: BanQuery) => queries.bans(query).items.map(({ ip }) => ip);

  it('tells a ban as the contract has it, with its evidence', () => {
    const { id } = store.insertBan(
      ban({ network: network('2001:db8:0:1::/64'), until: null, timesBanned: 2 }),
    );
    const { evidence, receipt, ...listed } = queries.ban(id);
    assert.equal(receipt, null);
    assert.deepEqual(listed, queries.bans({}).items[0]);
    assert.deepEqual(listed, {
      id,
      ip: '2001:db8:0:1::/64',
      jail: 'wordpress',
      since: '2026-11-21T19:00:00.000Z',
      until: null,
      failures: 3,
      sites: { 'blog.example.com': 2, '': 1 },
      other_sites: 0,
      users: ['alice', 'bob'],
      events: { login_failure: 3 },
      first_failure_at: '2026-11-21T19:00:00.000Z',
      last_failure_at: '2026-11-21T19:00:02.000Z',
      times_banned: 2,
      state: 'pending',
      ended_at: null,
      ended_by: null,
      lifted_by: null,
      reason: '3 failures within 3h',
      gentle: false,
    });
    assert.deepEqual(evidence.lines, ['first', 'last']);
    assert.throws(() => queries.ban(id + 1), { code: 'not_found' });
  });

  it('filters bans by state, site, jail, address, time and words', () => {
    const of = (text: string, changes = {}) => store.insertBan(ban({ network: network(text), ...changes }));
    const evidence = { ...ban().evidence, sites: { shop: 3 }, users: ['50%_"off"'] };
    of('192.0.2.1', { jail: 'other', since: now - hour });
    of('192.0.2.0/24', { evidence, reason: 'By hand' });
    of('2001:db8::/64', { state: 'active' });
    const gone = of('203.0.113.9', { since: now - 2 * hour });
    store.endBans([gone.id], now, 'unban', 'admin');
    const cases: [BanQuery, string[]][] = [
      [{}, ['2001:db8::/64', '192.0.2.0/24', '192.0.2.1']],
      [{ state: 'all' }, ['2001:db8::/64', '192.0.2.0/24', '192.0.2.1', '203.0.113.9']],
      [{ state: 'ended' }, ['203.0.113.9']],
      [{ state: 'active,ended' }, ['2001:db8::/64', '203.0.113.9']],
      [{ state: 'active', site: 'blog.example.com' }, ['2001:db8::/64']],
      [{ site: 'shop' }, ['192.0.2.0/24']],
      [{ site: '', state: 'ended' }, ['203.0.113.9']],
      [{ jail: 'other' }, ['192.0.2.1']],
      [{ ip: '192.0.2.1' }, ['192.0.2.0/24', '192.0.2.1']],
      [{ ip: '192.0.2.7' }, ['192.0.2.0/24']],
      [{ ip: '192.0.0.0/16' }, ['192.0.2.0/24', '192.0.2.1']],
      [{ ip: '2001:db8::1' }, ['2001:db8::/64']],
      [{ since: at(now - hour), until: at(now - 1) }, ['192.0.2.1']],
      [{ search: '192.0.2.1' }, ['192.0.2.1']],
      [{ search: 'by HAND' }, ['192.0.2.0/24']],
      [{ search: '%_"o' }, ['192.0.2.0/24']],
      [{ search: '_', state: 'all' }, ['192.0.2.0/24']],
    ];
    for (const [query, wanted] of cases) {
      assert.deepEqual(ips(query), wanted, JSON.stringify(query));
      assert.equal(queries.bans({ ...query, limit: 1 }).total, wanted.length, JSON.stringify(query));
    }
    assert.throws(() => queries.bans({ ip: 'localhost' }), { code: 'invalid_address' });
    assert.throws(() => queries.bans({ since: 'yesterday' }), { code: 'invalid_request' });
  });

  it('lists a ban under the sites of its latest evidence', () => {
    const inserted = store.insertBan(ban());
    store.updateBan({ ...inserted, evidence: { ...inserted.evidence, sites: { shop: 4 } } });
    assert.deepEqual(ips({ site: 'shop' }), ['198.51.100.7']);
    assert.deepEqual(ips({ site: 'blog.example.com' }), []);
  });

  it('pages through every list in its order, each item once, whatever the page size', () => {
    for (let index = 0; index < 23; index++) {
      const text = index % 4 === 0 ? `2001:db8::${index}` : `192.0.2.${(index * 7) % 23}`;
      store.insertBan(
        ban({
          network: network(text),
          since: now - (index % 5),
          until: index % 3 === 0 ? null : now + (index % 4),
          failures: index % 6,
          timesBanned: index % 2,
        }),
      );
    }
    const sorts = ['since', 'until', 'failures', 'times_banned', 'ip'].flatMap((name) => [name, `-${name}`]);
    fc.assert(
      fc.property(
        fc.constantFrom(...sorts),
        fc.integer({ min: 1, max: 30 }),
        fc.constantFrom(undefined, 'blog.example.com'),
        (sort, limit, site) => {
          const query = { sort, ...(site === undefined ? {} : { site }) } as BanQuery;
          const whole = ips(query);
          assert.equal(new Set(whole).size, 23);
          const paged: string[] = [];
          for (let cursor: string | null | undefined; cursor !== null; ) {
            const page = queries.bans({ ...query, limit, ...(cursor === undefined ? {} : { cursor }) });
            assert.equal(page.total, 23);
            paged.push(...page.items.map(({ ip }) => ip));
            cursor = page.next;
          }
          assert.deepEqual(paged, whole);
        },
      ),
    );
    assert.deepEqual(
      queries.bans({ sort: 'until' }).items.at(-1)?.until,
      null,
      'for ever ends behind every instant',
    );
  });

  it('refuses a cursor that it did not write for this list', () => {
    for (let index = 1; index < 4; index++) store.insertBan(ban({ network: network(`192.0.2.${index}`) }));
    const { next } = queries.bans({ limit: 1 });
    assert.ok(next);
    for (const cursor of ['', 'x', `${next}A`, next.slice(1), Buffer.from('[1,2]').toString('base64url')]) {
      assert.throws(() => queries.bans({ limit: 1, cursor }), { code: 'invalid_request' }, cursor);
    }
    assert.throws(() => queries.bans({ limit: 1, cursor: next, sort: 'ip' }), { code: 'invalid_request' });
    assert.throws(() => queries.bans({ limit: 1001 }), { code: 'invalid_request' });
  });

  it('lists failures, the latest first, and tells those of one address', () => {
    store.insertFailures(
      FailureBatch.of([
        failure(1, { site: '', user: null }),
        failure(2, { reason: 'exempt', line: new Uint8Array([0x61, 0xff, 0x62]) }),
        failure(3, { address: network('2001:db8::1'), event: 'spam_comment' }),
        failure(4, { count: 5 }),
      ]),
    );
    const ids = (query: object) => queries.failures(query).items.map(({ id }) => id);
    assert.deepEqual(ids({}), [4, 3, 2, 1]);
    assert.deepEqual(ids({ counted: false }), [2]);
    assert.deepEqual(ids({ event: 'spam_comment' }), [3]);
    assert.deepEqual(ids({ ip: '2001:db8::/32' }), [3]);
    assert.deepEqual(ids({ site: '' }), [1]);
    assert.deepEqual(ids({ user: 'alice', ip: '198.51.100.7' }), [4, 2]);
    assert.deepEqual(ids({ site: 'unheard.of' }), []);
    assert.equal(queries.failures({ counted: false }).items[0]?.line, 'a\ufffdb');
    assert.equal(queries.failures({ site: '' }).items[0]?.site, null);

    const { failures, sites, recent } = queries.failuresOf(network('198.51.100.7'));
    assert.equal(failures, 6);
    assert.deepEqual(sites, { 'blog.example.com': 5, '': 1 });
    assert.deepEqual(
      recent.map(({ id }) => id),
      [4, 2, 1],
    );
  });

  it('counts failures and bans by time, site, user and event', () => {
    store.insertFailures(
      FailureBatch.of([
        failure(1, { time: now - 5 * hour, count: 4 }),
        failure(2, { time: now, site: 'shop', user: 'bob', event: 'multicall' }),
        failure(3, { time: now, reason: 'exempt' }),
      ]),
    );
    store.insertBan(ban({ since: now }));
    const stats = queries.stats({});
    assert.equal(stats.bucket_seconds, 3600);
    assert.equal(stats.buckets.length, 25);
    assert.deepEqual(stats.buckets.at(-1), { at: at(now), failures: 1, bans: 1 });
    assert.deepEqual(stats.buckets.at(-6), { at: at(now - 5 * hour), failures: 4, bans: 0 });
    assert.deepEqual([stats.failures, stats.bans], [5, 1]);
    assert.deepEqual(stats.top_sites, [
      { name: 'blog.example.com', failures: 4 },
      { name: 'shop', failures: 1 },
    ]);
    assert.deepEqual(stats.top_users[0], { name: 'alice', failures: 4 });
    assert.deepEqual(stats.top_events[1], { name: 'multicall', failures: 1 });
    const ofSite = queries.stats({ site: 'shop' });
    assert.deepEqual([ofSite.failures, ofSite.bans], [1, 0]);
    assert.ok(queries.stats({ since: '1970-01-01T00:00:00.000Z' }).buckets.length < 100);
  });

  it('lists sites, audit, requests and the allow list', () => {
    store.touchSites([
      { site: 'b', events: 2, failures: 1, firstEventAt: now - 5, lastEventAt: now },
      { site: 'a', events: 1, failures: 0, firstEventAt: now - 9, lastEventAt: now - 9 },
      { site: '', events: 1, failures: 0, firstEventAt: now, lastEventAt: now },
    ]);
    store.touchSites([{ site: 'b', events: 1, failures: 1, firstEventAt: now - 7, lastEventAt: now - 1 }]);
    assert.deepEqual(
      queries.sites({}).items.map(({ name }) => name),
      ['a', 'b'],
    );
    assert.deepEqual(queries.sites({ sort: '-failures', limit: 1 }).items[0], {
      name: 'b',
      registered: null,
      first_event_at: at(now - 7),
      last_event_at: at(now),
      events: 3,
      failures: 2,
    });
    const audited = {
      at: at(now),
      actor: 'admin',
      action: 'ban',
      ip: '192.0.2.1',
      jail: null,
      detail: 'x',
    } as const;
    store.addAudit(audited);
    assert.deepEqual(queries.audit({}).items, [{ ...audited, id: 1 }]);
    const asked = {
      site: 'b',
      ip: '192.0.2.1',
      asked_by: 'eve',
      asked_at: at(now),
      note: '',
      state: 'open',
      sub_site: null,
    } as const;
    const request = store.addRequest(asked);
    assert.deepEqual(queries.requests({ state: 'open' }).items, [request]);
    assert.equal(queries.requests({ state: 'declined' }).total, 0);
    const entry = store.addAllowEntry({
      ip: '192.0.2.1',
      until: null,
      note: '',
      added_at: at(now),
      added_by: 'admin',
      site: null,
      sub_site: null,
    });
    assert.deepEqual(queries.allow({}).items, [entry]);
  });
});
