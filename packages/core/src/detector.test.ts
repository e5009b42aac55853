import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Network, parseAddress, parseNetwork } from './address.ts';
import { clientNetwork, oneCustomer } from './client-network.ts';
import { parseConfig } from './config.ts';
import { Detector, type Exemptions } from './detector.ts';
import { filterBits } from './filters/wordpress.ts';
import { ExemptionList } from './ignoreip.ts';
import { tagOf } from './name-tag.ts';

const now = 1_764_000_000_000;
const hard = filterBits['wordpress-hard'];
const soft = filterBits['wordpress-soft'];
const extra = filterBits['wordpress-extra'];
const none: Exemptions = { everywhere: new ExemptionList(), byJail: new Map() };

const jailsOf = (text: string) => parseConfig(text).config!.jails;
const exempting = (...networks: string[]) =>
  new ExemptionList(
    networks.map((text) => ({ network: parseNetwork(text)!, source: 'ignoreip', detail: '', until: null })),
  );

const twoJails = jailsOf(`
[jails.strict]
filter = ["wordpress-hard"]
maxretry = 1
[jails.patient]
filter = ["wordpress-hard", "wordpress-soft"]
maxretry = 2
`);

let lastId = 0;
function fail(detector: Detector, filters: number, text: string, count = 1): string[] {
  const verdicts = detector.count(filters, parseAddress(text)!, now, now, ++lastId, count);
  return verdicts.map(({ jail, network }) => `${jail} ${network}`);
}
const counted = (detector: Detector, jail: string, network: Network) =>
  detector.rule(jail)!.jail.failuresOf(network);

test('a line counts in every jail that uses its filter', () => {
  const detector = new Detector(twoJails, none, 0);
  assert.deepEqual(fail(detector, soft, '198.51.100.7'), []);
  assert.deepEqual(fail(detector, hard, '198.51.100.7'), ['strict 198.51.100.7', 'patient 198.51.100.7']);
  assert.deepEqual(fail(detector, extra, '198.51.100.7'), []);
});

test('a jail’s own ignoreip exempts from that jail only', () => {
  const exemptions = { ...none, byJail: new Map([['strict', exempting('198.51.100.0/24')]]) };
  const detector = new Detector(twoJails, exemptions, 0);
  assert.deepEqual(fail(detector, hard, '198.51.100.7'), []);
  assert.deepEqual(fail(detector, hard, '198.51.100.7'), ['patient 198.51.100.7']);
  assert.deepEqual(fail(detector, hard, '203.0.113.9'), ['strict 203.0.113.9']);
});

test('new exemptions hold from the next line on', () => {
  const detector = new Detector(twoJails, none, 0);
  detector.exempt({ ...none, byJail: new Map([['strict', exempting('198.51.100.7')]]) });
  assert.deepEqual(fail(detector, hard, '198.51.100.7'), []);
});

test('one IPv6 client is its network, as long as the jail says', () => {
  const detector = new Detector(
    jailsOf(
      '[jails.wide]\nmaxretry = 2\nipv6_prefix = 48\n[jails.usual]\nmaxretry = 2\n[jails.single]\nmaxretry = 2\nipv6_prefix = 128',
    ),
    none,
    0,
  );
  assert.deepEqual(fail(detector, hard, '2001:db8:0:1::1'), []);
  assert.deepEqual(fail(detector, hard, '2001:db8:0:1::2'), [
    'wide 2001:db8::/48',
    'usual 2001:db8:0:1::/64',
  ]);
  assert.deepEqual(fail(detector, hard, '2001:db8:0:2::2'), []);
  assert.deepEqual(fail(detector, hard, '2001:db8:0:3::2'), ['wide 2001:db8::/48']);
  assert.deepEqual(fail(detector, hard, '2001:db8:0:1::1'), ['single 2001:db8:0:1::1']);
});

test('clients behind NAT64 are counted one by one, because a /64 would hold all of IPv4', () => {
  const detector = new Detector(jailsOf('[jails.one]\nmaxretry = 2'), none, 0);
  assert.deepEqual(fail(detector, hard, '64:ff9b::198.51.100.7'), []);
  assert.deepEqual(fail(detector, hard, '64:ff9b::198.51.100.8'), []);
  assert.deepEqual(fail(detector, hard, '64:ff9b::198.51.100.7'), ['one 64:ff9b::c633:6407']);
  assert.equal(String(clientNetwork(parseAddress('198.51.100.7')!, oneCustomer)), '198.51.100.7');
});

test('new settings keep the counters of jails that count as before, and begin the others anew', () => {
  const detector = new Detector(twoJails, none, 0);
  const address = parseAddress('198.51.100.7')!;
  fail(detector, soft, '198.51.100.7');
  const changed = (text: string) => jailsOf(`[jails.patient]\nmaxretry = 2\n${text}`);
  assert.deepEqual(detector.reconfigure(changed('bantime = "4w"\nignoreip = ["10.0.0.1"]'), none), []);
  assert.equal(counted(detector, 'patient', address), 1);
  assert.equal(detector.rule('strict'), undefined);
  for (const setting of [
    'findtime = "1h"',
    'ipv6_prefix = 56',
    'max_tracked = 1000',
    'filter = ["wordpress-hard"]',
  ]) {
    assert.deepEqual(detector.reconfigure(changed(setting), none), ['patient'], setting);
    assert.equal(counted(detector, 'patient', address), 0, setting);
    assert.deepEqual(detector.reconfigure(changed(''), none), ['patient']);
    fail(detector, soft, '198.51.100.7');
  }
});

test('forgetting an address forgets its client, and forgetting a network everyone in it', () => {
  const detector = new Detector(jailsOf('[jails.one]\nmaxretry = 9\n[jails.two]\nmaxretry = 9'), none, 0);
  const clients = ['198.51.100.0', '198.51.100.7', '2001:db8::1', '2001:db8:0:1::1', '64:ff9b::198.51.100.7'];
  const left = (jail: string) =>
    clients.filter((text) => counted(detector, jail, clientNetwork(parseAddress(text)!, oneCustomer)) > 0);
  const forgetting = (network: string, jail: string | null) => {
    for (const one of ['one', 'two']) detector.forget(parseNetwork('::/0')!, one);
    detector.forget(parseNetwork('0.0.0.0/0')!, null);
    for (const text of clients) fail(detector, soft, text);
    detector.forget(parseNetwork(network)!, jail);
  };
  const without = (...gone: string[]) => clients.filter((text) => !gone.includes(text));
  const cases: [network: string, gone: string[]][] = [
    ['198.51.100.7', ['198.51.100.7']],
    ['198.51.100.0/24', ['198.51.100.0', '198.51.100.7']],
    ['2001:db8::ffff', ['2001:db8::1']],
    ['2001:db8::/64', ['2001:db8::1']],
    ['2001:db8::/96', ['2001:db8::1']],
    ['2001:db8::/63', ['2001:db8::1', '2001:db8:0:1::1']],
    ['64:ff9b::/96', ['64:ff9b::198.51.100.7']],
    ['64:ff9b::/64', ['64:ff9b::198.51.100.7']],
    ['64:ff9b::c633:6407', ['64:ff9b::198.51.100.7']],
    ['203.0.113.0/24', []],
  ];
  for (const [network, gone] of cases) {
    forgetting(network, 'one');
    assert.deepEqual(left('one'), without(...gone), network);
    assert.deepEqual(left('two'), clients, network);
    forgetting(network, null);
    assert.deepEqual(left('two'), without(...gone), network);
  }
});

test('a stored failure counts again in a jail that begins anew, but not what it has forgotten', () => {
  const detector = new Detector(twoJails, none, 0);
  const failure = {
    event: 'login_failure',
    channel: 'login',
    address: parseAddress('198.51.100.7')!,
    time: now,
    count: 1,
    site: '',
    user: 'alice',
    doubts: 0,
  } as const;
  const recount = (jails: string[], id: number, forgotten: number) =>
    detector.recount(new Set(jails), { ...failure, id }, () => forgotten).map(({ jail }) => jail);
  assert.deepEqual(recount(['patient', 'strict'], 5, 5), []);
  assert.deepEqual(recount(['strict'], 6, 5), []);
  assert.deepEqual(recount(['patient'], 6, 5), []);
  assert.deepEqual(recount(['patient'], 7, 5), ['patient']);
});

test('single failures can be forgotten, in every jail and for each client of a network, and the others count on', () => {
  const detector = new Detector(
    jailsOf('[jails.usual]\nmaxretry = 5\n[jails.single]\nmaxretry = 5\nipv6_prefix = 128'),
    none,
    0,
  );
  const network = parseNetwork('2001:db8:0:1::/64')!;
  const client = (text: string) => parseNetwork(text)!;
  fail(detector, hard, '2001:db8:0:1::1');
  const first = lastId;
  fail(detector, hard, '2001:db8:0:1::2', 2);
  fail(detector, hard, '2001:db8:0:2::1');
  const asked: number[] = [];
  detector.forgetFailures(network, (ids) => {
    asked.push(...ids);
    return new Set([first]);
  });
  assert.ok(!asked.includes(lastId), 'the neighbour is not touched');
  assert.equal(counted(detector, 'usual', network), 2);
  assert.equal(counted(detector, 'single', client('2001:db8:0:1::1')), 0);
  assert.equal(counted(detector, 'single', client('2001:db8:0:1::2')), 2);
  assert.equal(detector.rule('single')!.jail.tracked, 2);
  assert.deepEqual(fail(detector, hard, '2001:db8:0:1::3', 3), ['usual 2001:db8:0:1::/64']);
});

test('one IPv4 client is its network where the jail says so, and so is one behind NAT64', () => {
  const detector = new Detector(jailsOf('[jails.wide]\nmaxretry = 2\nipv4_prefix = 24'), none, 0);
  assert.deepEqual(fail(detector, hard, '198.51.100.7'), []);
  assert.deepEqual(fail(detector, hard, '198.51.101.7'), []);
  assert.deepEqual(fail(detector, hard, '64:ff9b::198.51.100.7'), []);
  assert.equal(counted(detector, 'wide', parseNetwork('198.51.100.0/24')!), 1);
  assert.deepEqual(fail(detector, hard, '198.51.100.200'), ['wide 198.51.100.0/24']);
  assert.deepEqual(fail(detector, hard, '64:ff9b::198.51.100.8'), ['wide 64:ff9b::c633:6400/120']);
  assert.deepEqual(fail(detector, hard, '198.51.101.8', 1), ['wide 198.51.101.0/24']);
});

test('forgetting one address of a network that counts as one client forgets the client', () => {
  const detector = new Detector(jailsOf('[jails.wide]\nmaxretry = 9\nipv4_prefix = 24'), none, 0);
  const left = (network: string) => {
    for (const ip of ['198.51.100.7', '198.51.101.7']) fail(detector, hard, ip);
    detector.forget(parseNetwork(network)!, null);
    const networks = ['198.51.100.0/24', '198.51.101.0/24'].filter(
      (text) => counted(detector, 'wide', parseNetwork(text)!) > 0,
    );
    detector.forget(parseNetwork('0.0.0.0/0')!, null);
    return networks;
  };
  for (const one of ['198.51.100.1', '198.51.100.0/24', '198.51.100.128/25'])
    assert.deepEqual(left(one), ['198.51.101.0/24'], one);
  assert.deepEqual(left('198.51.100.0/23'), []);
});

test('a network that counts as one client costs as much of its site’s measure as it has addresses', () => {
  const detector = new Detector(
    jailsOf('[jails.wide]\nmaxretry = 1\nipv4_prefix = 24\nmax_bans_per_site_per_hour = 512'),
    none,
    0,
  );
  const banned = (text: string, source: number) =>
    detector.count(hard, parseAddress(text)!, now, now, ++lastId, 1, undefined, { doubts: 0, source }).length;
  assert.deepEqual(
    ['198.51.100.1', '198.51.101.1', '198.51.100.2', '198.51.102.1'].map((ip) => banned(ip, 1)),
    [1, 1, 1, 0],
  );
  assert.equal(banned('198.51.102.1', 2), 1);
});

/** Fails once with a name. @returns who is due: jail, network and its own failures */
function tries(detector: Detector, text: string, user: string | null): string[] {
  const tried = { site: '', user: () => user, tag: () => tagOf(user) };
  return detector
    .count(soft, parseAddress(text)!, now, now, ++lastId, 1, tried)
    .map(({ jail, network, failures }) => `${jail} ${network} ${failures}`);
}
const byName = jailsOf('[jails.usual]\nmaxretry = 3\n[jails.names]\nkey = "user"\nmaxretry = 5');

test('a jail by name counts who tries one name together, upper and lower case as one, and nobody without a name', () => {
  const detector = new Detector(byName, none, 0);
  const addresses = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'];
  for (const ip of addresses) assert.deepEqual(tries(detector, ip, 'Admin'), []);
  assert.deepEqual(tries(detector, '192.0.2.5', 'alice'), []);
  assert.deepEqual(tries(detector, '192.0.2.6', null), []);
  assert.deepEqual(tries(detector, '192.0.2.7', ''), []);
  assert.deepEqual(tries(detector, '2001:db8::1', 'aDMIN'), [
    ...addresses.map((ip) => `names ${ip} 1`),
    'names 2001:db8::/64 1',
  ]);
  assert.equal(detector.rule('names')!.jail.counted, 6, 'failures without a name are not counted');
  assert.equal(counted(detector, 'usual', parseNetwork('192.0.2.7')!), 1);
});

test('a jail by system counts who comes from one together, and nobody whose system is not known', () => {
  const detector = new Detector(
    jailsOf('[jails.usual]\n[jails.systems]\nkey = "system"\nmaxretry = 5'),
    none,
    0,
    null,
    ({ d }) => (d >>> 8 === 0xc00002 ? 64500 : d >>> 8 === 0xc63364 ? 64501 : null),
  );
  for (const ip of ['192.0.2.1', '192.0.2.2', '198.51.100.1', '192.0.2.3', '203.0.113.1', '192.0.2.4'])
    assert.deepEqual(tries(detector, ip, null), []);
  assert.deepEqual(tries(detector, '203.0.113.2', null), []);
  assert.deepEqual(
    tries(detector, '192.0.2.1', null),
    ['192.0.2.1 2', '192.0.2.2 1', '192.0.2.3 1', '192.0.2.4 1'].map((due) => `systems ${due}`),
  );
});

test('who is exempt, or behind a proxy, does not get into a window that others share', () => {
  const exemptions = { ...none, byJail: new Map([['names', exempting('192.0.2.9')]]) };
  const detector = new Detector(byName, exemptions, 0);
  for (let n = 0; n < 4; n++) assert.deepEqual(tries(detector, `192.0.2.${n}`, 'admin'), []);
  assert.deepEqual(tries(detector, '192.0.2.9', 'admin'), []);
  assert.equal(counted(detector, 'names', parseNetwork('192.0.2.9')!), 0);
});

test('a jail that counts by another key, or by other networks, begins anew', () => {
  const detector = new Detector(byName, none, 0);
  const changed = (text: string) =>
    detector.reconfigure(jailsOf(`[jails.usual]\nmaxretry = 3\n[jails.names]\nmaxretry = 5\n${text}`), none);
  assert.deepEqual(changed('key = "user"\nbantime = "1h"'), []);
  assert.deepEqual(changed('key = "system"'), ['names']);
  assert.deepEqual(changed(''), ['names']);
  assert.deepEqual(changed('ipv4_prefix = 24'), ['names']);
});
