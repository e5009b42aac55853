import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failureLine } from '../../../../test/support/log-lines.ts';
import { createSmallDaemon, type SmallDaemon } from '../../../../test/support/small-daemon.ts';
import { maxRequestsASubSite } from '../store/registers.ts';
import { maxSubSiteAllowEntries } from './decisions.ts';

const createNetwork = () =>
  createSmallDaemon(`[jails.wordpress]
maxretry = 2
[sites.net]
domains = ["net.example", "shop.example"]
user = "net"
[sites.apart]
domains = ["net.example/apart"]
user = "apart"
`);
const failures = (daemon: SmallDaemon, ip: string, site: string, count = 2) =>
  daemon.read(
    ...Array.from({ length: count }, () => failureLine(ip, { time: daemon.clock.now(), site, user: 'ann' })),
  );

test('a site speaks for names of its own only, be they in the log or not', async () => {
  using daemon = await createNetwork();
  for (const name of ['net.example', 'net.example/new', 'shop.example'])
    assert.deepEqual(daemon.sites.operationsOf('net', name).site().domains, [name]);
  for (const name of ['net.example/apart', 'other.example', 'sub.net.example'])
    assert.throws(() => daemon.sites.operationsOf('net', name), {
      code: 'forbidden',
      message: `${name} is not among this site’s names, so nothing can be told of it.`,
    });
});

test('what a sub-site allows holds for its own lines alone, and what the network allows for all of them', async () => {
  using daemon = await createNetwork();
  const { sites } = daemon;
  await sites.operationsOf('net', 'net.example/a').allow('ann', { ip: '198.51.100.1', for: '1d' });
  await failures(daemon, '198.51.100.1', 'net.example/a', 5);
  await failures(daemon, '198.51.100.1', 'net.example', 1);
  const banned = () =>
    sites
      .operationsOf('net')
      .listBans({})
      .items.map(({ sites }) => sites);
  assert.deepEqual(banned(), []);
  await failures(daemon, '198.51.100.1', 'net.example', 1);
  assert.deepEqual(banned(), [{ 'net.example': 2 }]);

  await sites.operationsOf('net').allow('root', { ip: '198.51.100.2', for: '1d' });
  await failures(daemon, '198.51.100.2', 'net.example/a', 5);
  await failures(daemon, '198.51.100.2', 'shop.example', 5);
  assert.equal(banned().length, 1);

  await sites.operationsOf('net', 'shop.example').allow('bob', { ip: '198.51.100.3', for: '1d' });
  await failures(daemon, '198.51.100.3', 'net.example/a');
  assert.deepEqual(banned()[0], { 'net.example/a': 2 }, 'others’ entries do not hold for it');
  const entries = sites.operationsOf('net').listAllowed({});
  assert.deepEqual(
    entries.items.map(({ ip, sub_site, added_by }) => [ip, sub_site, added_by]),
    [
      ['198.51.100.3', 'shop.example', 'site:net:shop.example as bob'],
      ['198.51.100.2', null, 'site:net as root'],
      ['198.51.100.1', 'net.example/a', 'site:net:net.example/a as ann'],
    ],
  );
});

test('the network sees and takes back what its sub-sites allow, ask for and do; they see their own, with its total', async () => {
  using daemon = await createNetwork();
  const { sites } = daemon;
  const whole = sites.operationsOf('net');
  const one = sites.operationsOf('net', 'net.example/a');
  const other = sites.operationsOf('net', 'shop.example');
  for (const [site, ip] of [
    [one, '198.51.100.1'],
    [other, '198.51.100.2'],
    [one, '198.51.100.3'],
    [whole, '198.51.100.4'],
  ] as const) {
    await site.allow('ann', { ip, for: '1d' });
    site.ask('ann', { ip, note: '' });
  }
  const seen = (site: typeof whole) =>
    [site.listAllowed({ limit: 1 }), site.listRequests({ limit: 1 }), site.listAudit({ limit: 1 })].map(
      ({ total, next }) => [total, next !== null],
    );
  assert.deepEqual(seen(one), [
    [2, true],
    [2, true],
    [4, true],
  ]);
  assert.deepEqual(seen(other), [
    [1, false],
    [1, false],
    [2, true],
  ]);
  assert.deepEqual(seen(whole), [
    [4, true],
    [4, true],
    [8, true],
  ]);
  assert.deepEqual(
    [whole, one, other].map((site) => site.site().requests_open),
    [4, 2, 1],
  );
  const theirs = other.listAllowed({}).items[0]!;
  await assert.rejects(one.disallow('ann', theirs.id), { code: 'not_found' });
  await whole.disallow('root', theirs.id);
  assert.equal(other.listAllowed({}).total, 0);
});

test('no sub-site takes up the room of another', async () => {
  using daemon = await createNetwork();
  const greedy = daemon.sites.operationsOf('net', 'net.example/a');
  const other = daemon.sites.operationsOf('net', 'shop.example');
  other.ask('bob', { ip: '192.0.2.1', note: 'first' });
  for (let last = 0; last < maxSubSiteAllowEntries; last++)
    await greedy.allow('', { ip: `198.51.100.${last}`, for: '1d' });
  await assert.rejects(greedy.allow('', { ip: '198.51.100.250', for: '1d' }), {
    code: 'rate_limited',
    message: `This site allows ${maxSubSiteAllowEntries} addresses already.`,
  });
  await greedy.allow('', { ip: '198.51.100.0', for: '2d' });
  await other.allow('', { ip: '198.51.100.250', for: '1d' });
  for (let last = 0; last <= maxRequestsASubSite; last++)
    greedy.ask('', { ip: `198.51.100.${last}`, note: '' });
  assert.equal(greedy.listRequests({}).total, maxRequestsASubSite);
  assert.deepEqual(
    other.listRequests({}).items.map(({ note }) => note),
    ['first'],
  );
});
