import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { mergeTallies, readTally, tallyBans, toDigest, writeTally } from './digest.ts';
import type { ReportedBan } from './report.ts';

const unknown = { country: null, asn: null, as_name: null };
const ban = (ip: string, changes: Partial<ReportedBan> = {}): ReportedBan => ({
  id: 1,
  ip,
  jail: 'wordpress',
  since: 0,
  until: null,
  failures: 3,
  sites: { 'blog.example.com': 3 },
  otherSites: 0,
  users: ['alice'],
  timesBanned: 1,
  reason: '',
  state: 'active',
  origin: unknown,
  campaign: null,
  ...changes,
});
const tally = (...bans: ReportedBan[]) => tallyBans(bans.map((one, at) => ({ at, ban: one })));

test('a digest counts bans, failures and the time that they took', () => {
  const digest = toDigest(tally(ban('192.0.2.1'), ban('192.0.2.2', { failures: 4, state: 'failed' })));
  assert.equal(digest.bans, 2);
  assert.equal(digest.failures, 7);
  assert.equal(digest.refused, 1);
  assert.deepEqual([digest.since, digest.until], [0, 1]);
});

test('sites, users and networks are ranked by bans, and the rest is a number', () => {
  const bans = Array.from({ length: 10 }, (_, index) =>
    ban(`198.51.${index}.7`, { sites: { 'all.example.com': 2, [`s${index}.example.com`]: 1 } }),
  );
  const digest = toDigest(tally(...bans));
  assert.deepEqual(digest.sites[0], { name: 'all.example.com', bans: 10, failures: 20 });
  assert.equal(digest.sites.length, 5);
  assert.equal(digest.otherSites, 6);
  assert.deepEqual(digest.users, [{ name: 'alice', bans: 10, failures: 0 }]);
  assert.equal(digest.networks[0]!.name, '198.51.0.0/24');
  assert.equal(digest.otherNetworks, 5);
});

test('a network is the system that announces it, or what lies around the address', () => {
  const names = (one: ReportedBan) => toDigest(tally(one)).networks.map(({ name }) => name);
  const origin = { country: 'NL', asn: 64500, as_name: 'Example' };
  assert.deepEqual(names(ban('192.0.2.1', { origin })), ['AS64500 Example']);
  assert.deepEqual(names(ban('192.0.2.1', { origin: { ...origin, as_name: null } })), ['AS64500']);
  assert.deepEqual(names(ban('2001:db8:1:2::/64')), ['2001:db8:1::/48']);
});

test('the same users tried from three addresses are told as one, in whatever order they were tried', () => {
  const two = [ban('192.0.2.1', { users: ['eve', 'bob'] }), ban('198.51.100.1', { users: ['bob', 'eve'] })];
  assert.deepEqual(toDigest(tally(...two)).campaigns, []);
  const three = toDigest(tally(...two, ban('203.0.113.1', { users: ['bob', 'eve'] })));
  assert.deepEqual(three.campaigns, [{ id: null, users: ['bob', 'eve'], more: false, bans: 3, failures: 9 }]);
});

test('bans of a campaign are told as one group whatever each tried, and none of their addresses by itself', () => {
  const campaign = '20261121-1900-3f2a';
  const names = ['admin', 'editor', 'root', 'test', 'info', 'office'];
  const part = Array.from({ length: 84 }, (_, index) =>
    ban(`198.51.${index}.7`, { campaign, users: ['admin', names[index % 6]!], failures: 9 }),
  );
  const digest = toDigest(tally(...part, ban('203.0.113.1', { users: ['eve'] })));
  assert.deepEqual(digest.campaigns, [
    {
      id: campaign,
      users: ['admin', 'editor', 'info', 'office', 'root'],
      more: true,
      bans: 84,
      failures: 84 * 9,
    },
  ]);
  assert.deepEqual(
    digest.addresses.map(({ ip }) => ip),
    ['203.0.113.1'],
  );
});

test('a campaign of one ban is told before any group of names', () => {
  const alike = Array.from({ length: 9 }, (_, index) => ban(`192.0.2.${index}`));
  const digest = toDigest(tally(...alike, ban('203.0.113.1', { campaign: '20261121-1900-3f2a' })));
  assert.deepEqual(
    digest.campaigns.map(({ id, bans }) => [id, bans]),
    [
      ['20261121-1900-3f2a', 1],
      [null, 9],
    ],
  );
});

test('names that mean something to JavaScript are names', () => {
  const name = JSON.parse('{"__proto__": 3, "constructor": 1}') as Record<string, number>;
  const digest = toDigest(tally(ban('192.0.2.1', { sites: name, users: ['__proto__'] })));
  assert.deepEqual(digest.sites.map((site) => site.name).sort(), ['__proto__', 'constructor']);
  assert.deepEqual(
    digest.users.map((user) => user.name),
    ['__proto__'],
  );
});

test('a tally of any number of names is bounded and keeps the frequent ones', () => {
  const many = Array.from({ length: 3_000 }, (_, index) =>
    ban(`198.18.${index % 250}.1`, { users: [`u${index}`, 'admin'], sites: { [`s${index}`]: 1 } }),
  );
  const sum = tally(...many);
  assert.ok(writeTally(sum).length < 60_000);
  assert.equal(toDigest(sum).users[0]!.name, 'admin');
  assert.equal(toDigest(sum).bans, 3_000);
  const campaigns = many.map((one, index) => ({ ...one, campaign: `20261121-1900-${index % 300}` }));
  assert.ok(writeTally(tally(...campaigns)).length < 250_000);
});

const arbitraryBan = fc
  .record({
    ip: fc.constantFrom('192.0.2.1', '192.0.2.2', '2001:db8::/64'),
    failures: fc.integer({ min: 1, max: 9 }),
    users: fc.array(fc.string({ unit: 'binary' }), { maxLength: 3 }),
    sites: fc.dictionary(fc.string(), fc.integer({ min: 1, max: 9 }), { maxKeys: 3 }),
    state: fc.constantFrom('active' as const, 'failed' as const),
    campaign: fc.constantFrom(null, '20261121-1900-3f2a', '20261121-1901-0001'),
  })
  .map(({ ip, ...rest }) => ban(ip, rest));

test('a tally is the same in parts and as a whole, and after it was written and read', () => {
  fc.assert(
    fc.property(fc.array(arbitraryBan, { minLength: 2, maxLength: 20 }), fc.nat(), (bans, cut) => {
      const rows = bans.map((one, at) => ({ at, ban: one }));
      const middle = 1 + (cut % (rows.length - 1));
      const parts = mergeTallies(tallyBans(rows.slice(0, middle)), tallyBans(rows.slice(middle)));
      const whole = toDigest(tallyBans(rows));
      assert.deepEqual(toDigest(parts), whole);
      assert.deepEqual(toDigest(readTally(writeTally(parts))), whole);
    }),
  );
});
