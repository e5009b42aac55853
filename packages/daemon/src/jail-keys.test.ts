import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  clientNetwork,
  Detector,
  filterBits,
  KeyedJail,
  type Network,
  parseNetwork,
  tagOf,
} from '@portcullis/core';
import fc from 'fast-check';
import { failureLine, loginLine } from '../../../test/support/log-lines.ts';
import { createSmallDaemon, type SmallDaemon, smallDaemonStart } from '../../../test/support/small-daemon.ts';
import { recount } from './recount.ts';
import { rulesOf } from './rules-of.ts';

/*
 * Jails whose failures count together with those of others: what must not follow from it. The attackers are those of
 * framing.test.ts; the victims mistyped once.
 */

const sites = `
[sites.shop]
domains = ["shop.example.com"]
user = "shop"
[sites.blog]
domains = ["blog.example.com"]
user = "blog"
`;
const usual = '[jails.usual]\nmaxretry = 100\n';
const names = (more = '') =>
  `${usual}[jails.names]\nkey = "user"\nmaxretry = 6\nfindtime = "1h"\n${more}${sites}`;
const networks = (more = '') => `[jails.networks]\nipv4_prefix = 24\nmaxretry = 6\n${more}${sites}`;

const shop = 'shop.example.com';
const blog = 'blog.example.com';
const victim = '203.0.113.9';
const hour = 3_600_000;

let second = 0;
const fails = (ip: string, user = 'admin', site = shop) =>
  failureLine(ip, { time: smallDaemonStart - hour / 12 + ++second * 100, user, site });
/** So many addresses of as many networks, each with one failure. */
const botnet = (count: number, user = 'admin', site = shop) =>
  Array.from({ length: count }, (_, n) => fails(`198.18.${n}.7`, user, site));
const logIn = (ip: string, site: string) =>
  [3, 2, 1].map((days) => loginLine(ip, { time: smallDaemonStart - days * 24 * hour, user: 'ann', site }));

const banned = ({ store }: SmallDaemon) => [...store.bansInForce()].map(({ network }) => `${network}`).sort();
const isBanned = ({ store }: SmallDaemon, ip: string) => store.bansOverlapping(parseNetwork(ip)!).length > 0;
const ban = ({ store }: SmallDaemon, ip: string) => store.bansOverlapping(parseNetwork(ip)!)[0]!;

describe('a jail by name', () => {
  test('bans each address with its own evidence, for a reason that names the rule', async () => {
    using daemon = await createSmallDaemon(names());
    await daemon.read(...botnet(4), fails('198.18.0.7', 'ADMIN'), fails('192.0.2.1', 'alice'));
    assert.deepEqual(banned(daemon), []);
    await daemon.read(fails('2001:db8::7', 'admin', blog));
    assert.deepEqual(banned(daemon), [
      '198.18.0.7',
      '198.18.1.7',
      '198.18.2.7',
      '198.18.3.7',
      '2001:db8::/64',
    ]);
    const { failures, reason, evidence } = ban(daemon, '198.18.0.7');
    assert.equal(failures, 2);
    assert.deepEqual({ ...evidence.sites }, { [shop]: 2 });
    assert.equal(evidence.lines.length, 2);
    assert.match(
      reason,
      /^6 failures (?:within \d+ s|at one instant) that try "ADMIN", by 5 addresses; names allows 5 in 1h$/,
    );
  });

  test('writes no name into its reason that could be taken for anything else', async () => {
    using daemon = await createSmallDaemon(names('distrust = []\n'));
    const name = `a\u202eb\u001b[31m"\u2028${'x'.repeat(100)}`;
    await daemon.read(...botnet(6, name));
    const { reason } = ban(daemon, '198.18.0.7');
    assert.doesNotMatch(reason, /[\p{C}\p{Zl}\p{Zp}]/u);
    assert.ok(reason.length < 200, reason);
  });

  test('tells a site of its own failures alone', async () => {
    using daemon = await createSmallDaemon(names());
    await daemon.read(...botnet(5, 'admin', blog), fails(victim));
    const { items } = daemon.sites.operationsOf('shop').listBans({});
    assert.deepEqual(
      items.map(({ ip, failures, reason, other_sites }) => [ip, failures, reason, other_sites]),
      [[victim, 1, '1 failure on this site', 0]],
    );
  });

  test('`why` shows the window of each name that an address tried', async () => {
    using daemon = await createSmallDaemon(names());
    await daemon.read(...botnet(3), fails(victim), fails(victim, 'Bob\u0007'));
    const rules = (ip: string) =>
      rulesOf(parseNetwork(ip)!, daemon.detector.jails, daemon.store)
        .filter(({ jail }) => jail === 'names')
        .map(({ failures, counted_as }) => [failures, counted_as]);
    assert.deepEqual(rules(victim), [
      [4, 'the name admin'],
      [1, 'the name Bob\ufffd'],
    ]);
    assert.deepEqual(rules('192.0.2.1'), [[0, 'the names it tries']]);
  });
});

describe('nobody is banned with others by a jail of their name', () => {
  test('who is exempt, also since he failed', async () => {
    using daemon = await createSmallDaemon(names('ignoreip = ["203.0.113.1"]\n'));
    await daemon.read(fails('203.0.113.1'), fails(victim));
    daemon.store.addAllowEntry({
      ip: victim,
      until: null,
      note: '',
      added_at: new Date(smallDaemonStart).toISOString(),
      added_by: 'admin',
      site: null,
      sub_site: null,
    });
    // As a reload finds it: an exemption that nobody has told the counters of.
    daemon.exemptions.refresh();
    daemon.detector.exempt(daemon.exemptions.current);
    await daemon.read(...botnet(9));
    assert.equal(banned(daemon).length, 5);
    assert.deepEqual([isBanned(daemon, victim), isBanned(daemon, '203.0.113.1')], [false, false]);
  });

  test('who is allowed, by the administrator or by the site where he failed, and his failure counts no longer', async () => {
    for (const allow of [
      (daemon: SmallDaemon) => daemon.byHand.allow('admin', { ip: victim }),
      (daemon: SmallDaemon) => daemon.sites.operationsOf('shop').allow('ann', { ip: victim, for: '1d' }),
    ]) {
      using daemon = await createSmallDaemon(names());
      await daemon.read(fails(victim));
      await allow(daemon);
      daemon.detector.exempt(daemon.exemptions.current);
      await daemon.read(...botnet(5));
      assert.deepEqual(banned(daemon), []);
      await daemon.read(fails('198.18.99.7'));
      assert.equal(banned(daemon).length, 6);
      assert.equal(isBanned(daemon, victim), false);
    }
  });

  test('who was unbanned: it takes a failure of his own once more', async () => {
    using daemon = await createSmallDaemon(names());
    await daemon.read(...botnet(5), fails(victim));
    await daemon.byHand.unban('admin', victim, {});
    await daemon.read(...botnet(20));
    assert.equal(isBanned(daemon, victim), false);
    await daemon.read(fails(victim), ...botnet(6));
    assert.equal(isBanned(daemon, victim), true);
  });

  test('who is known where he failed; elsewhere he is anybody', async () => {
    using daemon = await createSmallDaemon(names());
    await daemon.read(...logIn(victim, shop));
    await daemon.read(fails(victim), ...botnet(5));
    assert.equal(banned(daemon).length, 5);
    assert.equal(isBanned(daemon, victim), false);
    await daemon.read(fails(victim, 'admin', blog), ...botnet(5));
    assert.equal(isBanned(daemon, victim), true);
  });

  test('who is known, though he fails again and again: that is for the jail that counts him alone', async () => {
    using daemon = await createSmallDaemon(names());
    await daemon.read(...logIn(victim, shop));
    // Where he is known, two failures count as one.
    await daemon.read(...Array.from({ length: 199 }, () => fails(victim)));
    assert.equal(isBanned(daemon, victim), false);
    await daemon.read(fails(victim));
    assert.equal(ban(daemon, victim).jail, 'usual');
  });

  test('more than its measure by the lines of one site, with the help of another’s or without', async () => {
    const measure = 'max_bans_per_site_per_hour = 3\n';
    using daemon = await createSmallDaemon(names(measure));
    const forged = (from: number, count: number) =>
      Array.from({ length: count }, (_, n) => fails(`203.0.113.${from + n}`));
    await daemon.read(...forged(1, 5), fails('198.51.100.1', 'admin', blog));
    assert.equal(banned(daemon).length, 4);
    await daemon.read(...forged(10, 200));
    for (let n = 0; n < 20; n++) await daemon.read(fails('198.51.100.1', 'admin', blog), ...forged(100, 5));
    assert.equal(banned(daemon).filter((ip) => ip.startsWith('203.0.113.')).length, 3);
  });
});

describe('a jail by IPv4 networks', () => {
  const attack = (count = 6) => Array.from({ length: count }, (_, n) => fails(`203.0.113.${100 + n}`));

  test('bans the network, as one ban with all of its evidence', async () => {
    using daemon = await createSmallDaemon(networks());
    await daemon.read(...attack(5));
    assert.deepEqual(banned(daemon), []);
    assert.deepEqual(
      rulesOf(parseNetwork(victim)!, daemon.detector.jails, daemon.store).map(({ failures, counted_as }) => [
        failures,
        counted_as,
      ]),
      [[5, '203.0.113.0/24']],
    );
    await daemon.read(...attack(1));
    assert.deepEqual(banned(daemon), ['203.0.113.0/24']);
    assert.equal(ban(daemon, victim).failures, 6);
  });

  const innocents: Readonly<
    Record<string, readonly [config: string, prepare: (daemon: SmallDaemon) => unknown]>
  > = {
    'is exempt in the jail': [`ignoreip = ["${victim}"]\n`, () => {}],
    'is allowed': ['', (daemon) => daemon.byHand.allow('admin', { ip: victim })],
    'is allowed by a site where others failed': [
      '',
      (daemon) => daemon.sites.operationsOf('shop').allow('ann', { ip: victim, for: '1d' }),
    ],
    'is known, wherever that is': ['', (daemon) => daemon.read(...logIn(victim, blog))],
  };
  for (const [who, [config, prepare]] of Object.entries(innocents)) {
    test(`bans only those who failed where somebody ${who}`, async () => {
      using daemon = await createSmallDaemon(networks(config));
      await prepare(daemon);
      daemon.detector.exempt(daemon.exemptions.current);
      await daemon.read(...attack());
      assert.deepEqual(
        banned(daemon),
        [0, 1, 2, 3, 4, 5].map((n) => `203.0.113.${100 + n}`),
      );
    });
  }

  test('leaves out who is known where he mistyped, but not if he made all the failures', async () => {
    using daemon = await createSmallDaemon(networks());
    await daemon.read(...logIn(victim, shop));
    await daemon.read(fails(victim), ...attack(5));
    assert.equal(banned(daemon).length, 5);
    assert.equal(isBanned(daemon, victim), false);
    await daemon.read(...Array.from({ length: 12 }, () => fails(victim)));
    assert.equal(isBanned(daemon, victim), true);
  });

  test('one address that is unbanned lifts the network, and its count is forgotten, after a restart as well', async () => {
    using daemon = await createSmallDaemon(networks());
    await daemon.read(...attack());
    await daemon.byHand.unban('admin', victim, {});
    assert.deepEqual(banned(daemon), []);
    await daemon.read(...attack(5));
    assert.equal(restarted(daemon).rule('networks')!.jail.tracked, 1);
    await daemon.byHand.allow('admin', { ip: victim });
    assert.equal(daemon.detector.rule('networks')!.jail.tracked, 0);
    assert.equal(restarted(daemon).rule('networks')!.jail.tracked, 0);
  });

  test('a site’s lines alone ban no more addresses by it than its measure', async () => {
    using daemon = await createSmallDaemon(networks('max_bans_per_site_per_hour = 300\n'));
    for (const n of [1, 2, 3]) {
      await daemon.read(...Array.from({ length: 6 }, (_, at) => fails(`198.18.${n}.${at}`)));
    }
    assert.deepEqual(banned(daemon), ['198.18.1.0/24']);
  });
});

// ─── Restarts ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** What a daemon that starts now counts, by what the store remembers. */
function restarted({ detector, exemptions, store, clock }: SmallDaemon): Detector {
  const configs = detector.jails.map(({ config }) => config);
  const again = new Detector(configs, exemptions.current, 2, null, systemOf);
  const due = recount({
    store,
    detector: again,
    jails: new Set(configs.map(({ name }) => name)),
    since: 0,
    now: clock.now(),
    release: () => {},
  });
  assert.deepEqual(due, []);
  return again;
}

const systemOf = ({ family, d }: Network): number | null => (family === 4 && d % 3 !== 0 ? d % 3 : null);
const addresses = [...Array.from({ length: 6 }, (_, n) => `203.0.113.${n}`), '2001:db8::1', '2001:db8::2'];
const step = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      act: fc.constant('fail' as const),
      ip: fc.constantFrom(...addresses),
      user: fc.constantFrom('admin', 'Admin', 'alice', 'bob'),
      site: fc.constantFrom(shop, blog),
      /** Since the one before. */
      minutes: fc.constantFrom(0, 0, 1, 5, 20, 61),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      act: fc.constantFrom('unban' as const, 'allow' as const, 'their allow' as const),
      ip: fc.constantFrom(...addresses, '203.0.113.0/30'),
    }),
  },
);

test('a restart in the middle of any window counts on as if there had been none', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 100 }), async (steps) => {
      using daemon = await createSmallDaemon(
        `${usual}[jails.names]\nkey = "user"\nmaxretry = 6\nfindtime = "1h"
[jails.systems]\nkey = "system"\nmaxretry = 8\nipv4_prefix = 31
[jails.networks]\nmaxretry = 9\nipv4_prefix = 29\n${sites}`,
        { systemOf },
      );
      for (const one of steps) {
        if (one.act === 'fail') {
          daemon.clock.time += one.minutes * 60_000;
          await daemon.read(failureLine(one.ip, { ...one, time: daemon.clock.time }));
        } else if (one.act === 'unban') {
          if (isBanned(daemon, one.ip)) await daemon.byHand.unban('admin', one.ip, {});
        } else if (one.act === 'allow') {
          const { entry } = await daemon.byHand.allow('admin', { ip: one.ip });
          await daemon.byHand.disallow('admin', entry.id);
        } else if (!one.ip.includes('/')) {
          await daemon.sites.operationsOf('shop').allow('ann', { ip: one.ip, for: '30d' });
        }
        daemon.detector.exempt(daemon.exemptions.current);
      }
      const again = restarted(daemon);
      // Windows end with their newest failure: of a window whose newest was forgotten the next line tells what is left.
      assert.deepEqual(probed(again, daemon.clock.time), probed(daemon.detector, daemon.clock.time));
      assert.deepEqual(countsOf(again), countsOf(daemon.detector));
    }),
    { numRuns: 60 },
  );
});

/** Fails once in each window. @returns what that leads to */
const probed = (detector: Detector, now: number) =>
  [
    ...['admin', 'alice', 'bob'].map((user, n) => [`192.0.2.${3 * n}`, user] as const),
    ...addresses.map((ip) => [ip, 'zed'] as const),
  ].flatMap(([ip, user], n) => {
    const tried = { site: shop, user: () => user, tag: () => tagOf(user) };
    const filters = filterBits['wordpress-soft'];
    return detector.count(filters, parseNetwork(ip)!, now, now, 1_000_000 + n, 1, tried);
  });

/** Everything that jails count. */
const countsOf = ({ jails }: Detector) =>
  jails.map(({ config, jail }) => [
    config.name,
    jail.tracked,
    addresses.map((ip) => {
      const client = clientNetwork(parseNetwork(ip)!, config);
      const windows = jail instanceof KeyedJail ? jail.windowsOf(client) : [];
      return [ip, jail.failuresOf(client), windows];
    }),
  ]);
