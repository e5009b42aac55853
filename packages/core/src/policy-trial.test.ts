import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseConfig } from './config.ts';
import { Detector } from './detector.ts';
import { ExemptionList } from './ignoreip.ts';
import { type PolicyDifference, PolicyTrial } from './policy-trial.ts';
import { createZoneClock } from './stamp.ts';

const midnight = Date.parse('2026-11-21T00:00:00Z');
const iso = (second: number) => new Date(midnight + second * 1000).toISOString();
let pid = 100;
const line = (second: number, message: string, site: string) =>
  `${iso(second)} web01 wordpress(${site})[${++pid}]: ${message}`;
const failure = (second: number, ip = '198.51.100.7', site = 'a.example') =>
  line(second, `Authentication failure for alice from ${ip}`, site);
const success = (second: number, ip = '198.51.100.7', site = 'a.example') =>
  line(second, `Accepted password for alice from ${ip}`, site);

function policy(toml: string) {
  const { jails, knownGood } = parseConfig(toml).config!;
  const exemptions = { everywhere: new ExemptionList(), byJail: new Map() };
  return { detector: new Detector(jails, exemptions, 0), knownGood };
}

function tried(before: string, after: string, ...logs: readonly string[][]) {
  const trial = new PolicyTrial(
    policy(before),
    policy(after),
    createZoneClock('UTC'),
    Date.parse('2026-11-23T00:00:00Z'),
  );
  for (const lines of logs) {
    trial.nextLog();
    for (const text of lines) {
      const bytes = Buffer.from(text);
      trial.line(bytes, 0, bytes.length, false);
    }
  }
  trial.end();
  const differences = trial.differences();
  // As JSON has it: a record of sites has no prototype.
  return {
    differences: JSON.parse(JSON.stringify(differences)) as PolicyDifference[],
    summary: trial.summary(differences),
  };
}

const strict = '[defaults]\nmaxretry = 2\n';
const lenient = '[defaults]\nmaxretry = 4\n';

describe('a policy that is tried on logs', () => {
  test('differs in nothing from itself, whatever it bans', () => {
    const lines = Array.from({ length: 400 }, (_, n) => failure(n * 60, `198.51.100.${n % 50}`));
    const config = '[defaults]\nbantime_increment = true\nbantime_rndtime = "1h"\n';
    const { differences, summary } = tried(config, config, lines, lines);
    assert.deepEqual(differences, []);
    assert.ok(summary.bans_before >= 50);
    assert.equal(summary.bans_after, summary.bans_before);
  });

  test('tells who is banned besides, and that somebody logged in from there, before or after the ban, on which sites', () => {
    const { differences, summary } = tried('', strict, [
      success(0, '198.51.100.7', 'shop.example'),
      failure(10),
      failure(20),
      failure(30, '203.0.113.9'),
      failure(40, '203.0.113.9'),
      success(90),
    ]);
    const after = {
      bans: 1,
      jail: 'wordpress',
      since: iso(20),
      until: iso(86_420),
      failures: 2,
      sites: { 'a.example': 2 },
    };
    assert.deepEqual(differences, [
      {
        change: 'added',
        ip: '198.51.100.7',
        before: null,
        after: after,
        logins: { count: 2, first_at: iso(0), last_at: iso(90), sites: ['a.example', 'shop.example'] },
      },
      {
        change: 'added',
        ip: '203.0.113.9',
        before: null,
        after: { ...after, since: iso(40), until: iso(86_440) },
        logins: null,
      },
    ]);
    assert.deepEqual([summary.added, summary.removed, summary.changed, summary.hits], [2, 0, 0, 1]);
    assert.deepEqual([summary.lines, summary.bans_before, summary.bans_after], [6, 0, 2]);
  });

  test('tells who is banned no longer, and whose ban comes later or lasts longer', () => {
    const { differences, summary } = tried('', `${lenient}bantime = "2d"\n`, [
      ...[0, 1, 2].map((second) => failure(second * 10)),
      ...[5, 6, 7, 8].map((second) => failure(second * 10, '203.0.113.9')),
      success(5_000),
    ]);
    assert.deepEqual(
      differences.map(({ change, ip, before, after }) => [change, ip, before?.since, after?.since]),
      [
        ['removed', '198.51.100.7', iso(20), undefined],
        ['changed', '203.0.113.9', iso(70), iso(80)],
      ],
    );
    assert.equal(summary.hits, 0, 'a ban that goes hits nobody');
    const longer = tried('', '[defaults]\nbantime = "2d"\n', [failure(0), failure(1), failure(2)]);
    assert.deepEqual(
      longer.differences.map(({ change }) => change),
      ['changed'],
    );
  });

  test('knows an IPv6 client by its network, and several bans of it as one difference', () => {
    const day = 86_400;
    const { differences } = tried('', strict, [
      success(0, '2001:db8:5::1'),
      failure(1, '2001:db8:5::2'),
      failure(2, '2001:db8:5::3'),
      failure(day + 100, '2001:db8:5::4'),
      failure(day + 101, '2001:db8:5::4'),
    ]);
    assert.deepEqual(
      differences.map(({ ip, after, logins }) => [
        ip,
        after?.bans,
        after?.until,
        after?.failures,
        logins?.count,
      ]),
      [['2001:db8:5::/64', 2, iso(2 * day + 101), 4, 1]],
    );
  });

  test('tells of whoever logged in from a network that would be banned as one', () => {
    const { differences, summary } = tried('', '[defaults]\nipv4_prefix = 24\n', [
      success(0, '198.51.100.200'),
      ...[1, 2, 3].map((n) => failure(n, `198.51.100.${n}`)),
    ]);
    assert.deepEqual(
      differences.map(({ ip, logins }) => [ip, logins?.count]),
      [['198.51.100.0/24', 1]],
    );
    assert.equal(summary.hits, 1);
  });

  test('takes no login from a line that proves nothing', () => {
    const overlong = line(1, `Accepted password for ${'x'.repeat(3_000)} from 198.51.100.7`, 'a.example');
    const noAddress = line(1, 'Accepted password for alice from 198.51.100.7 x', 'a.example');
    const inName = line(
      1,
      'Authentication failure for Accepted password for bob from 198.51.100.7',
      'a.example',
    );
    const { differences } = tried('', strict, [overlong, noAddress, inName, failure(10)]);
    assert.deepEqual(
      differences.map(({ logins }) => logins),
      [null],
    );
  });

  /** Three hours of logins on two sites, by an account each. */
  const colleague = [0, 1, 2].flatMap((hour) => [
    success(hour * 3_600, '198.51.100.7', 'b.example').replace('alice', 'bob'),
    success(hour * 3_600 + 1),
  ]);

  test('bans nobody whom logins spare under both, and tells whom they spare under one', () => {
    const typos = [...colleague, failure(10_000), failure(10_001)];
    assert.deepEqual(tried('', strict, typos).differences, []);
    const { differences } = tried(strict, `${strict}[known_good]\nenabled = false\n`, typos);
    assert.deepEqual(
      differences.map(({ change, after, logins }) => [change, after?.since, logins?.count]),
      [['added', iso(10_001), 6]],
    );
  });

  test('a ban that waits under both is no difference, whichever of them counts the line that ends it', () => {
    const elsewhere = [0, 1, 2].map((second) => failure(10_000 + second, '198.51.100.7', 'c.example'));
    const pingback = line(20_000, 'Pingback requested from 203.0.113.9', 'a.example');
    const more = '[jails.wordpress]\n[jails.more]\nfilter = ["wordpress-extra"]\n';
    const { differences, summary } = tried('[jails.wordpress]\n', more, [
      ...colleague,
      ...elsewhere,
      pingback,
      failure(30_000, '203.0.113.9'),
    ]);
    assert.deepEqual(differences, []);
    assert.deepEqual([summary.bans_before, summary.bans_after], [1, 1]);
  });

  test('a ban that waits when the logs end is made', () => {
    const elsewhere = [0, 1, 2].map((second) => failure(10_000 + second, '198.51.100.7', 'c.example'));
    const { differences } = tried(lenient, '', [...colleague, ...elsewhere]);
    assert.deepEqual(
      differences.map(({ change, after }) => [change, after?.since, after?.until]),
      [['added', iso(10_602), iso(11_202)]],
    );
  });
});
