import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readExpected, readLogLines } from '../../../test/support/fixtures.ts';
import { parseNetwork } from './address.ts';
import { parseConfig } from './config.ts';
import { Detector, type Exemptions } from './detector.ts';
import { ExemptionList } from './ignoreip.ts';
import { Replay, type ReplayedDecision } from './replay.ts';
import { createZoneClock } from './stamp.ts';

const none: Exemptions = { everywhere: new ExemptionList(), byJail: new Map() };
const midnight = Date.parse('2026-11-21T00:00:00Z');

interface Options {
  readonly config?: string;
  readonly exemptions?: Exemptions;
  readonly tellProlonged?: boolean;
}

function createReplay({ config = '', exemptions = none, tellProlonged = false }: Options = {}) {
  const decisions: ReplayedDecision[] = [];
  const replay = new Replay(
    new Detector(parseConfig(config).config!.jails, exemptions, 0),
    createZoneClock('UTC'),
    Date.parse('2026-11-23T00:00:00Z'),
    () => 0,
    (decision) => decisions.push(decision),
    { tellProlonged },
  );
  const read = (line: string | Uint8Array) => {
    const bytes = typeof line === 'string' ? Buffer.from(line) : line;
    replay.line(bytes, 0, bytes.length, false);
  };
  return { replay, decisions, read };
}

/** A failure so many seconds after midnight. */
const failure = (second: number, ip = '198.51.100.7', site = 'a.example') =>
  `${new Date(midnight + second * 1000).toISOString()} web01 wordpress(${site})[1]: Authentication failure for alice from ${ip}`;

/** `ban 12 198.51.100.7 until 99`: each decision with its times in seconds after midnight. */
function told(decisions: readonly ReplayedDecision[]): string[] {
  const second = (time: string) => (Date.parse(time) - midnight) / 1000;
  return decisions.map(({ action, time, ip, until }) => {
    const end = until === undefined ? '' : until === null ? ' for ever' : ` until ${second(until)}`;
    return `${action} ${second(time)} ${ip}${end}`;
  });
}

function replayed(lines: readonly string[], options: Options = {}): string[] {
  const { replay, decisions, read } = createReplay(options);
  for (const line of lines) read(line);
  replay.end();
  return told(decisions);
}
const settings = (text: string) => ({ config: `[defaults]\n${text}` });
const tenMinutes = settings('findtime = 600\nbantime = 1000');

test('the third failure within findtime bans from its own time on', () => {
  const { replay, decisions, read } = createReplay();
  read(failure(51, '198.51.100.7', 'blog.example.com'));
  read(failure(52, '198.51.100.7', 'shop.example.com'));
  read(failure(53, '198.51.100.7', 'blog.example.com'));
  assert.deepEqual(decisions, [
    {
      action: 'ban',
      time: '2026-11-21T00:00:53.000Z',
      ip: '198.51.100.7',
      jail: 'wordpress',
      failures: 3,
      sites: { __proto__: null, 'blog.example.com': 2, 'shop.example.com': 1 },
      until: '2026-11-22T00:00:53.000Z',
    },
  ]);
  assert.deepEqual([replay.lines, replay.failures, replay.bans], [3, 3, 1]);
});

test('failures that lie further apart than findtime do not ban', () => {
  assert.deepEqual(
    replayed(
      [0, 300, 600].map((second) => failure(second)),
      tenMinutes,
    ),
    ['ban 600 198.51.100.7 until 1600'],
  );
  assert.deepEqual(
    replayed(
      [0, 300, 601].map((second) => failure(second)),
      tenMinutes,
    ),
    [],
  );
});

test('failures at 0, 590 and 610 s of 600 do not ban, though fail2ban does', () => {
  assert.deepEqual(
    replayed(
      [0, 590, 610].map((second) => failure(second)),
      tenMinutes,
    ),
    [],
  );
});

test('one failure every 301 s of 600 never bans, though fail2ban does', () => {
  assert.deepEqual(
    replayed(
      Array.from({ length: 50 }, (_, index) => failure(index * 301)),
      tenMinutes,
    ),
    [],
  );
});

test('a ban ends where the log’s clock passes its end, and bans end in order of time', () => {
  const lines = [
    ...[0, 1, 2].map((second) => failure(second, '198.51.100.1')),
    ...[3, 4, 5].map((second) => failure(second, '198.51.100.2')),
    failure(1001, '203.0.113.9'),
    failure(1002, '203.0.113.9'),
    failure(5000, '203.0.113.9'),
  ];
  assert.deepEqual(replayed(lines, tenMinutes), [
    'ban 2 198.51.100.1 until 1002',
    'ban 5 198.51.100.2 until 1005',
    'unban 1002 198.51.100.1',
    'unban 1005 198.51.100.2',
  ]);
});

test('a ban is over at the instant that it names', () => {
  const ban = [0, 1, 2].map((second) => failure(second));
  assert.equal(replayed([...ban, failure(1001.999, '203.0.113.9')], tenMinutes).length, 1);
  assert.equal(replayed([...ban, failure(1002, '203.0.113.9')], tenMinutes).length, 2);
});

test('a log that ends earlier leaves its bans in force', () => {
  assert.deepEqual(
    replayed([...[0, 1, 2].map((second) => failure(second)), failure(1001, '203.0.113.9')], tenMinutes),
    ['ban 2 198.51.100.7 until 1002'],
  );
});

test('failures during a ban prolong it: one ban, one later end', () => {
  const lines = [
    ...[0, 1, 2, 500, 501, 502].map((second) => failure(second)),
    failure(1400, '203.0.113.9'),
    failure(1600, '203.0.113.9'),
  ];
  assert.deepEqual(replayed(lines, tenMinutes), ['ban 2 198.51.100.7 until 1002', 'unban 1502 198.51.100.7']);
  assert.deepEqual(replayed(lines, { ...tenMinutes, tellProlonged: true }), [
    'ban 2 198.51.100.7 until 1002',
    'prolong 502 198.51.100.7 until 1502',
    'unban 1502 198.51.100.7',
  ]);
});

test('a ban for ever has no end and is never lifted', () => {
  const lines = [...[0, 1, 2].map((second) => failure(second)), failure(86_399, '203.0.113.9')];
  assert.deepEqual(replayed(lines, settings('bantime = -1')), ['ban 2 198.51.100.7 for ever']);
});

test('repeat offenders are banned for longer, and a prolonged ban is not another offence', () => {
  const offence = (start: number) => [0, 1, 2].map((second) => failure(start + second));
  const lines = [
    ...offence(0),
    ...offence(500),
    ...offence(2000),
    ...offence(10_000),
    failure(20_000, '203.0.113.9'),
  ];
  assert.deepEqual(
    replayed(lines, {
      ...settings('findtime = 600\nbantime = 1000\nbantime_increment = true'),
      tellProlonged: true,
    }),
    [
      'ban 2 198.51.100.7 until 1002',
      'prolong 502 198.51.100.7 until 1502',
      'unban 1502 198.51.100.7',
      'ban 2002 198.51.100.7 until 4002',
      'unban 4002 198.51.100.7',
      'ban 10002 198.51.100.7 until 14002',
      'unban 14002 198.51.100.7',
    ],
  );
});

test('escalation counts the bans of other jails where it is told to', () => {
  const jails = `findtime = 600\nbantime = 1000\nbantime_increment = true\n%
[jails.soft]\nfilter = ["wordpress-soft"]\n[jails.hard]\nfilter = ["wordpress-hard"]`;
  const hard = (second: number) =>
    failure(second).replace('Authentication failure for alice', 'Blocked user enumeration attempt');
  const lines = [...[0, 1, 2].map((second) => failure(second)), ...[5, 6, 7].map(hard)];
  assert.deepEqual(replayed(lines, settings(jails.replace('%', ''))), [
    'ban 2 198.51.100.7 until 1002',
    'ban 7 198.51.100.7 until 1007',
  ]);
  assert.deepEqual(replayed(lines, settings(jails.replace('%', 'bantime_overalljails = true'))), [
    'ban 2 198.51.100.7 until 1002',
    'ban 7 198.51.100.7 until 2007',
  ]);
});

test('a repeated message counts as often as it says', () => {
  const line = failure(0).replace(/: (Auth.*)$/, ': message repeated 3 times: [ $1]');
  const { decisions, read } = createReplay();
  read(line);
  assert.deepEqual(
    decisions.map(({ failures, sites }) => [failures, { ...sites }]),
    [[3, { 'a.example': 3 }]],
  );
});

test('IPv6 neighbours are one client', () => {
  const lines = ['2001:db8::1', '2001:db8::2:3', '2001:db8:0:0:ffff::'].map((ip, second) =>
    failure(second, ip),
  );
  assert.deepEqual(replayed(lines, tenMinutes), ['ban 2 2001:db8::/64 until 1002']);
});

test('exempt and reserved addresses are never banned', () => {
  const everywhere = new ExemptionList([
    { network: parseNetwork('198.51.100.0/24')!, source: 'ignoreip', detail: '', until: null },
  ]);
  const lines = ['198.51.100.7', '127.0.0.1', '255.255.255.255', '::1'].flatMap((ip) =>
    [0, 1, 2].map((second) => failure(second, ip)),
  );
  assert.deepEqual(replayed(lines, { exemptions: { ...none, everywhere } }), []);
});

test('lines out of order ban by their times', () => {
  assert.deepEqual(
    replayed(
      [2, 0, 1].map((second) => failure(second)),
      tenMinutes,
    ),
    ['ban 2 198.51.100.7 until 1002'],
  );
});

test('logs of several formats are one story, each with a clock of its own', () => {
  const { replay, decisions, read } = createReplay({ ...tenMinutes });
  read('2026-11-21T00:00:01Z web01 wordpress(a)[1]: Authentication failure for alice from 198.51.100.7');
  replay.nextLog();
  read('Nov 21 00:00:02 web01 wordpress(b)[1]: Authentication failure for alice from 198.51.100.7');
  replay.nextLog();
  read(
    '<37>1 2026-11-21T01:00:03+01:00 web01 wordpress(c) 1 - - Authentication failure for alice from 198.51.100.7',
  );
  assert.deepEqual(told(decisions), ['ban 3 198.51.100.7 until 1003']);
  assert.deepEqual({ ...decisions[0]!.sites }, { a: 1, b: 1, c: 1 });
});

test('the captured attack bans whoever a plain count of the expectations bans', () => {
  const { decisions, read } = createReplay({ config: '[defaults]\nmaxretry = 2\nipv6_prefix = 128' });
  for (const line of readLogLines('auth.rfc3339.log')) read(line);
  const counts = new Map<string, number>();
  for (const { counted, weight, ip, count, filters } of readExpected('auth.rfc3339.log')) {
    if (counted !== true || weight === 0 || String(filters) === 'wordpress-extra') continue;
    counts.set(String(ip), (counts.get(String(ip)) ?? 0) + Number(count));
  }
  const expected = [...counts].filter(([, count]) => count >= 2).map(([ip]) => ip);
  assert.ok(expected.length > 5);
  assert.deepEqual(new Set(decisions.map(({ ip }) => ip)), new Set(expected));
});

test('hosts that clients invent without end do not fill the memory', () => {
  const { replay, decisions, read } = createReplay({ config: '[defaults]\nmaxretry = 1' });
  for (let index = 0; index < 100_050; index++) {
    read(failure(1, `11.${index >> 16}.${(index >> 8) & 255}.${index & 255}`, `${index}.example`));
  }
  assert.equal(replay.bans, 100_050);
  assert.deepEqual({ ...decisions[5]!.sites }, { '5.example': 1 });
  assert.deepEqual({ ...decisions.at(-1)!.sites }, { '(other)': 1 });
});

test('a jail by name bans each address that tried the name, with its own failures, and says what counted together', () => {
  const { replay, decisions, read } = createReplay({
    config: '[jails.usual]\n[jails.names]\nkey = "user"\nmaxretry = 5\nbantime = 1000',
  });
  const second = (ip: string, at: number, user: string) => read(failure(at, ip).replace('alice', user));
  second('198.51.100.1', 1, 'alice\u202e');
  for (const n of [2, 3, 4]) second(`198.51.100.${n}`, n, 'alice\u202e');
  second('198.51.100.5', 5, 'bob');
  second('198.51.100.1', 6, 'Alice\u202e');
  replay.end();
  const together = { key: 'user Alice\ufffd', failures: 5, clients: 4 };
  assert.deepEqual(told(decisions), [
    'ban 6 198.51.100.1 until 1006',
    ...[2, 3, 4].map((n) => `ban 6 198.51.100.${n} until 1006`),
  ]);
  assert.deepEqual(
    decisions.map(({ failures, sites, together: found }) => [failures, { ...sites }, found]),
    [2, 1, 1, 1].map((failures) => [failures, { 'a.example': failures }, together]),
  );
});

test('one IPv4 client is its network where the jail says so', () => {
  const lines = [1, 2, 3].map((n) => failure(n, `198.51.100.${n}`));
  assert.deepEqual(replayed(lines, settings('ipv4_prefix = 24\nbantime = 1000')), [
    'ban 3 198.51.100.0/24 until 1003',
  ]);
});
