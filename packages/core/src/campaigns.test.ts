import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Network, parseAddress } from './address.ts';
import { type CampaignConfig, Campaigns } from './campaigns.ts';
import { tagOf } from './name-tag.ts';

const start = Date.parse('2026-11-21T12:00:00Z');
const minute = 60_000;
const config: CampaignConfig = { addresses: 5, window: 60 * minute, maxretry: 2 };

interface Try {
  readonly ip: string;
  readonly user: string | null;
  readonly time?: number;
  readonly site?: string;
}

function watch(options: Partial<ConstructorParameters<typeof Campaigns>[0]> = {}) {
  const told: string[] = [];
  const campaigns = new Campaigns({
    config,
    seed: 7,
    onBegin: ({ id }) => told.push(`begin ${id}`),
    onEnd: ({ id }) => told.push(`end ${id}`),
    ...options,
  });
  const take = ({ ip, user, time = start, site = 'blog.example.com' }: Try) =>
    campaigns.observe(parseAddress(ip)!, tagOf(user), time, {
      site,
      user: () => user,
      tag: () => tagOf(user),
    });
  const fits = (ip: string, user: string | null, time = start) =>
    campaigns.fitting(parseAddress(ip)!, tagOf(user), time) !== null;
  return { campaigns, told, take, fits };
}

/** Addresses of different /24. */
const far = (count: number, from = 0) => Array.from({ length: count }, (_, i) => `198.18.${i + from}.1`);
/** Addresses of one /24. */
const near = (count: number, from = 1) => Array.from({ length: count }, (_, i) => `203.0.113.${i + from}`);

test('addresses of many networks that try one name are a campaign, with its addresses, names and sites', () => {
  const { campaigns, take, told } = watch();
  for (const [i, ip] of far(4).entries()) take({ ip, user: 'Alice', time: start + i });
  assert.equal(campaigns.lasting, 0);
  take({ ip: '198.18.0.1', user: 'alice', time: start + 5 });
  assert.equal(campaigns.lasting, 0, 'one address again is not another');
  take({ ip: '198.18.9.9', user: 'ALICE', time: start + minute, site: 'shop.example.com' });
  const [campaign] = campaigns.list();
  assert.equal(campaign?.addresses, 5);
  assert.equal(campaign.since, start);
  assert.equal(campaign.lastSeen, start + minute);
  assert.deepEqual([...campaign.names.values()], [{ name: 'Alice', clients: 5 }]);
  assert.deepEqual(
    [...campaign.sites],
    [
      ['blog.example.com', 4],
      ['shop.example.com', 1],
    ],
  );
  assert.deepEqual(told, [`begin ${campaign.id}`]);
  assert.deepEqual(campaigns.of(parseAddress('198.18.9.9')!), [campaign]);
  assert.deepEqual(campaigns.of(parseAddress('198.18.9.8')!), []);
});

test('addresses of one /24 are a campaign whatever they try; its names are those that three of them tried', () => {
  const { campaigns, take, fits } = watch();
  for (const [i, ip] of near(5).entries()) take({ ip, user: i < 3 ? 'admin' : `person${i}` });
  assert.equal(campaigns.lasting, 1);
  assert.ok(fits('203.0.113.200', 'admin'));
  assert.equal(fits('203.0.113.4', 'person3'), false, 'two who mistype names of their own do not fit');
  assert.equal(fits('203.0.113.200', null), false);
  assert.equal(fits('203.0.112.1', 'admin'), false, 'another network');
});

test('one IPv6 client is its /64, and a network of them its /48; NAT64 is as many clients as it has addresses', () => {
  const one = watch();
  for (let i = 1; i <= 9; i++) one.take({ ip: `2001:db8:1:1::${i}`, user: 'alice' });
  assert.equal(one.campaigns.lasting, 0);
  for (let i = 2; i <= 5; i++) one.take({ ip: `2001:db8:1:${i}::1`, user: `name${i}` });
  assert.equal(one.campaigns.lasting, 1);
  const nat = watch();
  for (let i = 1; i <= 9; i++) nat.take({ ip: `64:ff9b::c000:${i}01`, user: `name${i}` });
  assert.equal(nat.campaigns.lasting, 0);
});

test('addresses of one system are a campaign when they are five times as many', () => {
  const { campaigns, take } = watch({ systemOf: () => 64_500 });
  const addresses = far(25);
  for (const [i, ip] of addresses.entries()) {
    assert.equal(campaigns.lasting, 0);
    take({ ip, user: `name${i}` });
  }
  assert.equal(campaigns.lasting, 1);
});

test('who tries a name long after the others is not of one campaign with them', () => {
  const { campaigns, take } = watch();
  for (const [i, ip] of far(12).entries()) take({ ip, user: 'alice', time: start + i * 16 * minute });
  assert.equal(campaigns.lasting, 0);
});

test('a campaign lasts while half as many take part, and one that comes later is another', () => {
  const { campaigns, take, fits, told } = watch();
  for (const ip of far(5)) take({ ip, user: 'alice' });
  const first = campaigns.list()[0]!.id;
  const later = start + 50 * minute;
  for (const ip of far(3, 20)) take({ ip, user: 'alice', time: later });
  campaigns.sweep(later + 59 * minute);
  assert.equal(campaigns.lasting, 1);
  assert.ok(fits('192.0.2.1', 'alice', later + 60 * minute));
  assert.equal(fits('192.0.2.1', 'alice', later + 61 * minute), false, 'without a sweep as well');
  campaigns.sweep(later + 61 * minute);
  assert.equal(campaigns.lasting, 0);
  assert.equal(campaigns.list()[0]?.endedAt, later + 61 * minute);
  for (const ip of far(5)) take({ ip, user: 'alice', time: start + 300 * minute });
  const second = campaigns.list()[0]!.id;
  assert.notEqual(second, first);
  assert.deepEqual(told, [`begin ${first}`, `end ${first}`, `begin ${second}`]);
});

test('a campaign in which fewer than half as many take part is over', () => {
  const { campaigns, take, fits } = watch();
  for (const ip of far(5)) take({ ip, user: 'alice' });
  for (const ip of far(2, 20)) take({ ip, user: 'alice', time: start + 50 * minute });
  assert.ok(fits('192.0.2.1', 'alice', start + 60 * minute));
  assert.equal(fits('192.0.2.1', 'alice', start + 61 * minute), false);
  campaigns.sweep(start + 61 * minute);
  assert.equal(campaigns.lasting, 0);
});

test('one attack that tries several names from the same addresses is one campaign', () => {
  const { campaigns, take } = watch();
  for (const user of ['admin', 'root', 'test']) for (const ip of far(6)) take({ ip, user });
  for (const ip of far(6, 100)) take({ ip, user: 'else' });
  const sizes = campaigns.list().map(({ addresses, names }) => [addresses, names.size]);
  assert.deepEqual(sizes.sort(), [
    [6, 1],
    [6, 3],
  ]);
});

test('in whatever order the tries of one window come, the campaign has the same addresses, names and sites', () => {
  const anyTry = fc.record({
    ip: fc.constantFrom(...far(12)),
    user: fc.constant('alice'),
    time: fc.integer({ min: start, max: start + 10 * minute }),
    site: fc.constantFrom('a.example', 'b.example', 'c.example'),
  });
  const told = (tries: readonly Try[]) => {
    const { campaigns, take } = watch();
    for (const each of tries) take(each);
    return campaigns
      .list()
      .map(({ addresses, names, clients }) => [addresses, [...names.values()], [...clients].sort()]);
  };
  const tries = fc.array(anyTry, { maxLength: 60 });
  fc.assert(
    fc.property(
      tries.chain((list) =>
        fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
      ),
      ([one, other]) => assert.deepEqual(told(one), told(other)),
    ),
  );
});

test('tables stay bounded under addresses and names without end, and a campaign is still recognised', () => {
  const { campaigns, take } = watch({ config: { ...config, addresses: 20 }, systemOf: ({ d }) => d >>> 12 });
  const any = (i: number) => new Network(4, 0, 0, 0, Math.imul(i, 0x9e3779b1) >>> 0);
  for (let i = 0; i < 120_000; i++) take({ ip: String(any(i)), user: `name${i % 50_000}`, time: start + i });
  for (const [table, bound] of Object.entries({
    clients: 16_384,
    names: 4_096,
    networks: 4_096,
    systems: 4_096,
  })) {
    const size = campaigns.sizes[table as keyof typeof campaigns.sizes];
    assert.ok(size <= bound, `${table}: ${size}`);
  }
  assert.ok(campaigns.list().length <= 66);
  for (const ip of far(20)) take({ ip, user: 'alice', time: start + 130_000 });
  assert.ok(campaigns.list().some(({ names }) => [...names.values()].some(({ name }) => name === 'alice')));
});

test('other settings of what a campaign is begin anew; another maxretry does not', () => {
  const { campaigns, take } = watch();
  for (const ip of far(5)) take({ ip, user: 'alice' });
  campaigns.configure({ ...config, maxretry: null });
  assert.deepEqual([campaigns.lasting, campaigns.maxretry], [1, null]);
  campaigns.configure({ ...config, addresses: 6 });
  assert.equal(campaigns.lasting, 0);
  campaigns.configure({ ...config, addresses: 0 });
  for (const ip of far(9)) take({ ip, user: 'alice' });
  assert.deepEqual([campaigns.lasting, campaigns.maxretry], [0, null]);
});
