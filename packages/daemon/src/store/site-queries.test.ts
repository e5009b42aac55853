import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { BanQuery } from '@portcullis/contracts';
import { type BanEvidence, type BanRecord, FailureBatch, type SiteEvidence } from '@portcullis/core';
import { ban, failure, network } from '../../../../test/support/ban-store-conformance.ts';
import { createSiteQueries, type SiteQueries, type Viewer } from './site-queries.ts';
import { createStore, type Store } from './sqlite.ts';

const now = Date.parse('2026-11-21T20:00:00.000Z');
const clock = { now: () => now };

describe('what one site sees of the store', () => {
  let store: Store;
  let queries: SiteQueries;
  const mine: Viewer = { id: 'mine', sub: null, names: ['mine.example', 'mine.example/shop'] };
  const one: Viewer = { id: 'one', sub: null, names: ['mine.example'] };
  const theirs: Viewer = { id: 'theirs', sub: null, names: ['theirs.example'] };

  beforeEach(() => {
    store = createStore({
      path: ':memory:',
      clock,
      retention: { historyMs: null, failuresMs: null, auditMs: null },
    });
    queries = createSiteQueries(store, clock);
  });
  afterEach(() => store.close());

  const own = (event: string, user: string, at: number): SiteEvidence => ({
    events: { [event]: 2 },
    users: [user],
    firstFailureAt: now - at,
    lastFailureAt: now - at + 5,
  });
  /** Evidence of sites, each with two failures, a name and a line of its own. */
  const evidenceOf = (...sites: string[]): BanEvidence => ({
    sites: Object.fromEntries(sites.map((site) => [site, 2])),
    ofSites: Object.fromEntries(
      sites.map((site, at) => [
        site,
        own(at === 0 ? 'login_failure' : 'multicall', `user of ${site}`, at * 100),
      ]),
    ),
    events: { login_failure: 99 },
    users: sites.map((site) => `user of ${site}`),
    lines: sites.map((site) => `line of ${site}`),
    lineSites: sites,
    lineSenders: sites.map(() => ({ uid: 33, pid: 7 })),
    firstFailureAt: 1,
    lastFailureAt: 2,
  });
  const insert = (ip: string, sites: readonly string[], changes: Partial<BanRecord> = {}) =>
    store.insertBan(ban({ network: network(ip), evidence: evidenceOf(...sites), failures: 99, ...changes }));
  const ips = (viewer: Viewer, query: BanQuery = {}) => queries.bans(viewer, query).items.map(({ ip }) => ip);

  it('shows bans with its own evidence, and of those only what is its own', () => {
    insert('192.0.2.1', ['theirs.example', 'mine.example']);
    insert('192.0.2.2', ['theirs.example']);
    insert('192.0.2.3', []);
    for (const viewer of [mine, one]) {
      const [seen, ...more] = queries.bans(viewer, {}).items;
      assert.deepEqual(more, []);
      assert.equal(queries.bans(viewer, {}).total, 1);
      assert.deepEqual(
        [seen!.ip, seen!.failures, seen!.sites, seen!.other_sites, seen!.users],
        ['192.0.2.1', 2, { 'mine.example': 2 }, 1, ['user of mine.example']],
      );
      const { evidence, ...listed } = queries.ban(viewer, seen!.id)!;
      assert.deepEqual(listed, seen);
      assert.deepEqual(evidence, {
        lines: ['line of mine.example'],
        senders: [null],
        events: { multicall: 2 },
        first_failure_at: new Date(now - 100).toISOString(),
        last_failure_at: new Date(now - 95).toISOString(),
      });
      assert.doesNotMatch(JSON.stringify([seen, evidence]), /theirs/);
    }
  });

  it('does not find the ban of another by its number', () => {
    const { id } = insert('192.0.2.2', ['theirs.example']);
    assert.equal(queries.ban(mine, id), undefined);
    assert.equal(queries.ban(mine, id + 1), undefined);
    assert.equal(queries.ban(theirs, id)?.id, id);
  });

  it('tells a ban of several of its own names once, with all of them', () => {
    insert('192.0.2.1', ['mine.example', 'mine.example/shop']);
    const { items, total } = queries.bans(mine, {});
    assert.deepEqual(
      items.map((seen) => [seen.failures, seen.sites, seen.other_sites, seen.users]),
      [
        [
          4,
          { 'mine.example': 2, 'mine.example/shop': 2 },
          0,
          ['user of mine.example', 'user of mine.example/shop'],
        ],
      ],
    );
    assert.equal(total, 1);
    assert.deepEqual(queries.bans(one, {}).items[0]?.other_sites, 1);
  });

  it('tells the daemon’s own words of the rule, and nobody else’s', () => {
    const rule = '3 failures within 42 s; wordpress allows 2 in 3h';
    const reasonOf = (viewer: Viewer, sites: string[], changes: Partial<BanRecord>) => {
      const { id, network: banned } = insert('192.0.2.1', sites, changes);
      const { reason } = queries.ban(viewer, id)!;
      store.endBans([id], now, 'unban');
      assert.ok(banned);
      return reason;
    };
    assert.equal(reasonOf(one, ['mine.example'], { reason: rule }), rule);
    assert.equal(reasonOf(one, ['mine.example'], { reason: `${rule}; not enforced: secret.example` }), rule);
    const shared = reasonOf(one, ['mine.example', 'theirs.example'], { reason: rule });
    assert.equal(shared, '2 failures on this site; other sites have evidence, too');
    const byHand = reasonOf(one, ['mine.example'], {
      reason: 'the owner of theirs.example called',
      byHand: true,
    });
    assert.equal(byHand, '2 failures on this site; the administrator of the host decided on it');
    assert.doesNotMatch(reasonOf(one, ['mine.example'], { reason: 'theirs.example called' }), /theirs/);
  });

  it('names its own people as those who lifted a ban, and of others what they are', () => {
    const lifted = (actor?: string) => {
      const { id } = insert('192.0.2.1', ['mine.example', 'theirs.example']);
      store.endBans([id], now, 'unban', actor);
      return [mine, theirs].map((viewer) => queries.ban(viewer, id)!.lifted_by);
    };
    assert.deepEqual(lifted('site:mine as anna'), ['site:mine as anna', 'other_site']);
    assert.deepEqual(lifted('site:mine'), ['site:mine', 'other_site']);
    assert.deepEqual(lifted('site:mine2 as anna'), ['other_site', 'other_site']);
    assert.deepEqual(lifted('admin'), ['admin', 'admin']);
    assert.deepEqual(lifted(), [null, null]);
  });

  it('finds by what is its own and never by the names that others saw', () => {
    insert('192.0.2.1', ['mine.example', 'theirs.example'], { reason: 'needle' });
    assert.deepEqual(ips(mine, { search: 'user of mine' }), ['192.0.2.1']);
    assert.deepEqual(ips(mine, { search: '192.0.2' }), ['192.0.2.1']);
    for (const search of ['theirs', 'needle']) assert.deepEqual(ips(mine, { search }), []);
    assert.deepEqual(ips(mine, { site: 'theirs.example' }), []);
    assert.deepEqual(ips(mine, { site: 'mine.example' }), ['192.0.2.1']);
  });

  it('sorts and pages by what is its own', () => {
    const sites = ['mine.example', 'mine.example/shop'];
    for (let at = 1; at <= 5; at++)
      insert(`192.0.2.${at}`, at % 2 === 0 ? sites : ['mine.example'], {
        since: now - at,
        until: now + at,
        failures: 100 - at,
      });
    insert('192.0.2.99', ['theirs.example']);
    const paged = (sort: NonNullable<BanQuery['sort']>) => {
      const found: string[] = [];
      let cursor: string | null = null;
      do {
        const next = queries.bans(mine, { sort, limit: 2, ...(cursor === null ? {} : { cursor }) });
        assert.equal(next.total, 5);
        found.push(...next.items.map(({ ip }) => ip.slice(-1)));
        cursor = next.next;
      } while (cursor !== null);
      return found.join('');
    };
    assert.equal(paged('-since'), '12345');
    assert.equal(paged('since'), '54321');
    assert.equal(paged('until'), '12345');
    assert.equal(paged('-ip'), '54321');
    assert.equal(paged('-failures'), '42531');
    assert.throws(() => queries.bans(mine, { sort: 'times_banned' }), { code: 'invalid_request' });
  });

  it('counts how often an address was banned by bans that it may see', () => {
    const { id } = insert('192.0.2.1', ['theirs.example'], { timesBanned: 1 });
    store.endBans([id], now, 'expired');
    const second = insert('192.0.2.1', ['mine.example'], { timesBanned: 2 });
    assert.equal(queries.ban(mine, second.id)?.times_banned, 1);
    store.endBans([second.id], now, 'expired');
    const third = insert('192.0.2.1', ['mine.example'], { timesBanned: 3 });
    assert.equal(queries.ban(mine, third.id)?.times_banned, 2);
    assert.deepEqual(
      queries.bans(mine, { state: 'ended' }).items.map(({ id: ended }) => ended),
      [second.id],
    );
    assert.equal(queries.countBansInForce(mine), 1);
    assert.equal(queries.countActiveBans(mine), 0);
    store.setBanState([third.id], 'active');
    assert.equal(queries.countActiveBans(mine), 1);
    assert.equal(queries.countBansInForce(theirs), 0);
  });

  it('shows failures, sites and statistics of its own names only', () => {
    store.insertFailures(
      FailureBatch.of([
        failure(1, { site: 'mine.example', user: 'ann', time: now }),
        failure(2, { site: 'theirs.example', user: 'bob', time: now - 86_400_000 * 9 }),
        failure(3, { site: '', user: 'eve', time: now }),
      ]),
    );
    const activity = { events: 1, failures: 1, firstEventAt: now, lastEventAt: now };
    store.touchSites(['mine.example', 'theirs.example', ''].map((site) => ({ site, ...activity })));
    assert.deepEqual(
      queries.failures(mine, {}).items.map(({ user }) => user),
      ['ann'],
    );
    assert.equal(queries.failures(mine, {}).total, 1);
    assert.deepEqual(queries.failures(mine, { site: 'theirs.example' }).items, []);
    assert.deepEqual(
      queries.sites(mine, {}).items.map(({ name }) => name),
      ['mine.example'],
    );
    const stats = queries.stats(mine, { since: new Date(0).toISOString() });
    assert.deepEqual(
      [stats.failures, stats.top_users, stats.top_sites],
      [1, [{ name: 'ann', failures: 1 }], [{ name: 'mine.example', failures: 1 }]],
    );
    assert.equal(queries.stats(mine, { site: 'theirs.example' }).failures, 0);
    assert.equal(stats.buckets.length, 25, 'nothing of how long others have been attacked');
    assert.equal(queries.lastEventAt(mine), now);
    assert.equal(queries.lastEventAt({ id: 'x', sub: null, names: ['x.example'] }), null);
  });

  it('counts a ban that rests on several of its names once', () => {
    insert('192.0.2.1', ['mine.example', 'mine.example/shop'], { since: now - 1 });
    insert('192.0.2.2', ['mine.example/shop', 'theirs.example'], { since: now - 1 });
    insert('192.0.2.3', ['theirs.example'], { since: now - 1 });
    for (const [viewer, bans] of [
      [mine, 2],
      [one, 1],
    ] as const) {
      const stats = queries.stats(viewer, {});
      assert.deepEqual([stats.bans, stats.buckets.at(-2)!.bans + stats.buckets.at(-1)!.bans], [bans, bans]);
    }
  });

  it('shows what it did, asked for and allowed itself', () => {
    const at = new Date(now).toISOString();
    for (const id of ['mine', 'theirs']) {
      store.addAudit({ at, actor: `site:${id}`, action: 'unban', ip: '192.0.2.1', jail: null, detail: id });
      store.addAllowEntry({
        ip: '192.0.2.1',
        until: null,
        note: id,
        added_at: at,
        added_by: id,
        site: id,
        sub_site: null,
      });
      store.addRequest({
        site: id,
        ip: '192.0.2.1',
        asked_by: '',
        asked_at: at,
        note: id,
        state: 'open',
        sub_site: null,
      });
    }
    store.addAudit({ at, actor: 'admin', action: 'unban', ip: '192.0.2.1', jail: null, detail: '' });
    store.addAllowEntry({
      ip: '192.0.2.1',
      until: null,
      note: '',
      added_at: at,
      added_by: 'admin',
      site: null,
      sub_site: null,
    });
    assert.deepEqual(
      queries.audit(mine, { ip: '192.0.2.1' }).items.map(({ detail }) => detail),
      ['mine'],
    );
    assert.equal(queries.audit(mine, { ip: '192.0.2.2' }).total, 0);
    assert.deepEqual(
      queries.allow(mine, {}).items.map(({ note }) => note),
      ['mine'],
    );
    assert.deepEqual(
      queries.requests(mine, { state: 'open' }).items.map(({ note }) => note),
      ['mine'],
    );
    assert.equal(queries.countOpenRequests(mine), 1);
  });
});
