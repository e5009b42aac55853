import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type HostEvent, hostReader, parseNetwork, tagOf } from '@portcullis/core';
import { Audience } from './audience.ts';
import { CampaignNews } from './campaign-news.ts';
import { EventHub } from './event-hub.ts';
import { noEvidence } from './evidence.ts';
import { createCampaignTable } from './store/campaigns.ts';
import { createStore } from './store/sqlite.ts';

const start = Date.parse('2026-11-21T12:00:00Z');
const minute = 60_000;
const retention = { historyMs: null, failuresMs: null, auditMs: null };
const owners: Readonly<Record<string, string>> = { 'a.example': 'a', 'a.example/sub': 'a', 'b.example': 'b' };

function createBench(registered = ['a', 'b']) {
  const clock = { time: start, now: () => clock.time };
  const store = createStore({ path: ':memory:', clock, retention });
  const table = createCampaignTable(store.db);
  const told: { reader: string; event: HostEvent }[] = [];
  const ownerOf = (name: string) => {
    const owner = owners[name] ?? null;
    return owner !== null && registered.includes(owner) ? owner : null;
  };
  const audience = new Audience({
    ownerOf,
    isRegistered: (id) => registered.includes(id),
    placesOf: () => [],
    places: () => [],
  });
  const run = () =>
    new CampaignNews({
      config: { addresses: 5, window: 60 * minute, maxretry: null },
      seed: 7,
      systemOf: () => null,
      placeOf: () => ({ asn: null, as_name: null }),
      clock,
      table,
      transaction: store.transaction,
      audience,
      events: new EventHub(clock),
      tell: (reader, event) => told.push({ reader, event }),
    });
  const bench = {
    clock,
    store,
    table,
    told,
    registered,
    audience,
    news: run(),
    /** Another run of the daemon, that knows what the database does. */
    restart() {
      bench.news = run();
    },
    attack(site: string, count = 5, { user = 'admin', from = 0 } = {}) {
      for (let i = from; i < from + count; i++) {
        const tried = { site, user: () => user, tag: () => tagOf(user) };
        bench.news.readers.observe(parseNetwork(`198.18.${i}.1`)!, tagOf(user), clock.time, tried);
      }
    },
    ban(ip: string, sites: Readonly<Record<string, number>>) {
      const ban = store.insertBan({
        network: parseNetwork(ip)!,
        jail: 'wordpress',
        since: clock.time,
        until: null,
        failures: 3,
        timesBanned: 1,
        state: 'active',
        endedAt: null,
        endedBy: null,
        liftedBy: null,
        reason: '',
        byHand: false,
        gentle: false,
        evidence: { ...noEvidence, sites },
      });
      bench.news.banned(ban);
      return ban.id;
    },
    /** Lets time pass as the daemon does: a sweep, then a check. */
    pass(ms: number) {
      clock.time += ms;
      bench.news.readers.sweep(clock.time);
      bench.news.check();
    },
    campaignsOf: (ban: number) =>
      Object.fromEntries(
        store.db
          .all<{ reader: string; campaign: string }>(
            'SELECT reader, campaign FROM ban_campaigns WHERE ban_id = ?',
            ban,
          )
          .map(({ reader, campaign }) => [reader, campaign]),
      ),
    kinds: (reader: string) => told.filter((each) => each.reader === reader).map(({ event }) => event.kind),
  };
  return bench;
}

test('a beginning and an end are told once each to the host, to the site and to its sub-site', () => {
  const { attack, pass, kinds, told } = createBench();
  attack('a.example/sub', 6);
  attack('a.example/sub', 6);
  pass(61 * minute);
  pass(minute);
  for (const reader of [hostReader, 'site:a', 'site:a:a.example/sub'])
    assert.deepEqual(kinds(reader), ['campaign', 'campaign_over']);
  assert.equal(told.length, 6);
});

test('the end is told with the totals, bans that have ended included', () => {
  const { attack, ban, pass, told, store, clock } = createBench();
  attack('a.example', 7);
  store.endBans([ban('198.18.1.1', { 'a.example': 3 })], clock.time, 'unban');
  ban('198.18.2.1', { 'b.example': 3 });
  pass(61 * minute);
  const totals = told.flatMap(({ reader, event }) =>
    event.kind === 'campaign_over' ? [[reader, event.campaign.addresses, event.campaign.bans]] : [],
  );
  assert.deepEqual(totals, [
    [hostReader, 7, 2],
    ['site:a', 7, 1],
    ['site:a:a.example', 7, 1],
  ]);
});

test('a campaign that lasts over a restart is the same, told neither as begun again nor as over', () => {
  const bench = createBench();
  bench.attack('a.example', 9);
  const [before] = bench.news.readers.host.list();
  bench.pass(minute);
  bench.restart();
  bench.clock.time += minute;
  bench.attack('a.example', 5, { from: 20 });
  const [after] = bench.news.readers.host.list();
  assert.deepEqual([after?.id, after?.since], [before?.id, before?.since]);
  bench.pass(minute);
  assert.deepEqual(bench.kinds(hostReader), ['campaign']);
  bench.pass(61 * minute);
  assert.deepEqual(bench.kinds(hostReader), ['campaign', 'campaign_over']);
  const over = bench.told.at(-1)?.event;
  assert.ok(over?.kind === 'campaign_over' && over.campaign.addresses >= 9, 'who took part before counts');
});

test('a campaign that was over while nothing ran is told as over, once its window has passed', () => {
  const bench = createBench();
  bench.attack('a.example', 9);
  bench.clock.time += 30 * minute;
  bench.restart();
  bench.pass(minute);
  assert.deepEqual(bench.kinds(hostReader), ['campaign']);
  bench.pass(31 * minute);
  bench.restart();
  bench.pass(minute);
  assert.deepEqual(bench.kinds(hostReader), ['campaign', 'campaign_over']);
});

test('lines that are read again after a crash, or counted again after a reload, tell nothing twice', () => {
  const bench = createBench();
  bench.attack('a.example');
  bench.restart();
  bench.attack('a.example');
  bench.pass(61 * minute);
  bench.clock.time = start;
  bench.attack('a.example');
  bench.pass(61 * minute);
  assert.deepEqual(bench.kinds(hostReader), ['campaign', 'campaign_over']);
});

test('a ban is noted with the campaign of each reader on whose lines it rests, made before or after it began', () => {
  const { attack, ban, campaignsOf } = createBench();
  attack('a.example', 4);
  const early = ban('198.18.0.1', { 'a.example': 2, 'b.example': 1 });
  const elsewhere = ban('198.18.1.1', { 'b.example': 3 });
  attack('a.example', 1, { from: 4 });
  const late = ban('198.18.2.1', { 'a.example': 3 });
  const stranger = ban('203.0.113.1', { 'a.example': 3 });
  assert.deepEqual(Object.keys(campaignsOf(early)).sort(), ['', 'site:a', 'site:a:a.example']);
  assert.deepEqual(campaignsOf(late), campaignsOf(early));
  assert.deepEqual(Object.keys(campaignsOf(elsewhere)), ['']);
  assert.deepEqual(campaignsOf(stranger), {});
});

test('what was told to a site that is registered no longer is forgotten, and its end is not told', () => {
  const bench = createBench();
  bench.attack('a.example');
  const ban = bench.ban('198.18.0.1', { 'a.example': 3 });
  bench.registered.splice(0, 1);
  bench.audience.forget();
  bench.news.readersChanged();
  assert.deepEqual(Object.keys(bench.campaignsOf(ban)), ['']);
  bench.pass(61 * minute);
  assert.deepEqual(bench.kinds('site:a'), ['campaign']);
  assert.deepEqual(bench.kinds(hostReader), ['campaign', 'campaign_over']);
});
