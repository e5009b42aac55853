import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  createZoneClock,
  Detector,
  ExemptionList,
  parseConfig,
  Replay,
  type ReplayedDecision,
  SiteOwners,
} from '@portcullis/core';
import fc from 'fast-check';
import { failureLine, loginLine } from '../../../test/support/log-lines.ts';
import { createSmallDaemon, smallDaemonStart } from '../../../test/support/small-daemon.ts';
import { createQueries } from './store/queries.ts';

/* A log with logins, read by a daemon line by line while its clock moves, and replayed. */

const minute = 60_000;

interface Settings {
  readonly ipv4: number;
  readonly prefix: number;
  readonly logins: number;
  readonly increment: boolean;
  readonly shared: number;
  readonly hold: string;
}
const settings: fc.Arbitrary<Settings> = fc.record({
  ipv4: fc.constantFrom(24, 32, 32),
  prefix: fc.constantFrom(48, 64, 128),
  logins: fc.constantFrom(1, 2),
  increment: fc.boolean(),
  shared: fc.constantFrom(0, 3, 3),
  hold: fc.constantFrom('0', '10m', '1h'),
});

const configOf = ({ ipv4, prefix, logins, increment, shared, hold }: Settings) => `
[defaults]
bantime = "2h"
ipv4_prefix = ${ipv4}
ipv6_prefix = ${prefix}
bantime_increment = ${increment}
[known_good]
logins = ${logins}
within = "2d"
hold = "${hold}"
shared_sites = ${shared}
[jails.wordpress]
[jails.patient]
maxretry = 5
findtime = "1h"
[jails.names]
key = "user"
maxretry = 7
findtime = "2h"
[sites.mine]
domains = ["b.example", "c.example"]
user = "nobody"
`;

/** A person, or somebody who goes on until he is let in. */
const visit = fc.record({
  login: fc.constantFrom(true, true, false),
  ip: fc.constantFrom(
    '198.51.100.7',
    '198.51.100.7',
    '198.51.100.8',
    '2001:db8::1',
    '2001:db8::2',
    '2001:db8:0:1::1',
  ),
  account: fc.constantFrom(
    ...[
      'a.example ann',
      'a.example/x ann',
      'b.example bob',
      'c.example cyd',
      'd.example dan',
      'd.example ann',
    ],
    ' eve',
  ),
  lines: fc.constantFrom(1, 1, 1, 2, 3, 20),
  /** From the one before, in minutes. */
  apart: fc.constantFrom(0, 1, 5, 20, 61),
});
type Visit = typeof visit extends fc.Arbitrary<infer T> ? T : never;

const failing: Visit = { login: false, ip: '198.51.100.7', account: 'a.example ann', lines: 3, apart: 0 };

/** With a second for each line, so that none shares its instant with another. */
function write(visits: readonly Visit[]): { text: string; time: number }[] {
  let time = smallDaemonStart;
  return visits.flatMap(({ login, ip, account, lines, apart }) => {
    time += apart * minute;
    const [site, user] = account.split(' ') as [string, string];
    return Array.from({ length: lines }, () => {
      time += 1_000;
      return { text: (login ? loginLine : failureLine)(ip, { time, site, user }), time };
    });
  });
}

const sentence = (ban: {
  readonly jail: string;
  readonly ip: string;
  readonly since: string;
  readonly until: string | null;
  readonly failures: number;
  readonly sites: Readonly<Record<string, number>>;
}): string =>
  `${ban.jail} ${ban.ip} from ${ban.since} until ${ban.until}: ${ban.failures} ${JSON.stringify(Object.entries(ban.sites).toSorted())}`;

type Written = ReturnType<typeof write>;

async function byDaemon(config: string, lines: Written, end: number) {
  using daemon = await createSmallDaemon(config);
  for (const { text, time } of lines) {
    daemon.pass(time);
    await daemon.read(text);
  }
  daemon.pass(end);
  const holds = daemon
    .holds()
    .map((held) => `${held.jail} ${held.ip} ${held.since} ${held.until} ${held.because}`);
  const audit = createQueries(daemon.store, daemon.clock).audit({ limit: 1_000 }).items;
  const letGo = audit.filter(({ action }) => action === 'let_go').length;
  return { bans: daemon.bans().map(sentence).toSorted(), holds: holds.toSorted(), letGo };
}

function byReplay(config: string, lines: Written, end: number) {
  const { jails, knownGood, sites } = parseConfig(config).config!;
  const detector = new Detector(jails, { everywhere: new ExemptionList(), byJail: new Map() }, 0);
  detector.witnesses.register({ owners: new SiteOwners(sites), uids: new Map() });
  const decisions: ReplayedDecision[] = [];
  const replay = new Replay(
    detector,
    createZoneClock('UTC'),
    end,
    () => 0,
    (one) => decisions.push(one),
    { tellProlonged: true, knownGood },
  );
  for (const { text } of lines) {
    const bytes = Buffer.from(text);
    replay.line(bytes, 0, bytes.length, false);
  }
  replay.end();
  replay.pass(end);
  const times = decisions.map(({ time }) => time);
  assert.deepEqual(times, times.toSorted(), 'decisions come in order of time');
  const bans: Parameters<typeof sentence>[0][] = [];
  for (const { action, jail, ip, time, until = null, failures = 0, sites = {} } of decisions) {
    if (action === 'ban') bans.push({ jail, ip, since: time, until, failures, sites });
    if (action !== 'prolong') continue;
    const at = bans.findLastIndex((ban) => ban.jail === jail && ban.ip === ip);
    const ban = bans[at]!;
    const all = { ...ban.sites };
    for (const [site, count] of Object.entries(sites)) all[site] = (all[site] ?? 0) + count;
    bans[at] = { ...ban, until, failures: ban.failures + failures, sites: all };
  }
  const holds = decisions
    .filter(({ action }) => action === 'hold')
    .map(({ jail, ip, time, until, because }) => `${jail} ${ip} ${time} ${until} ${because}`);
  return { bans: bans.map(sentence).toSorted(), holds: holds.toSorted(), decisions };
}

test('a daemon that reads a log with logins, and a replay of it, decide alike', async () => {
  const seen = { hold: 0, made: 0, inEarnest: 0, short: 0, usual: 0, letGo: 0 };
  await fc.assert(
    fc.asyncProperty(settings, fc.array(visit, { minLength: 30, maxLength: 90 }), async (chosen, visits) => {
      const config = configOf(chosen);
      const written = write(visits);
      const end = written.at(-1)!.time + 90 * minute;
      const { decisions, ...replayed } = byReplay(config, written, end);
      const { letGo, ...decided } = await byDaemon(config, written, end);
      assert.deepEqual(replayed, decided);
      seen.letGo += letGo;
      for (const { action, because = '' } of decisions) {
        if (action === 'hold') seen.hold++;
        else if (because.startsWith('held, and')) seen.made++;
        else if (because.startsWith('held before')) seen.inEarnest++;
        else if (because.startsWith('a first ban')) seen.short++;
        else if (action === 'ban') seen.usual++;
      }
    }),
    { numRuns: 40 },
  );
  for (const [what, times] of Object.entries(seen)) assert.ok(times > 0, `${what} never came about`);
});

test('a login whose line names no time is of nobody, and the lines beside it count', async () => {
  using daemon = await createSmallDaemon('');
  const timeless = loginLine('198.51.100.7').replace(/^\S+/, '2026-13-41T25:00:00Z');
  await daemon.read(timeless, ...write([failing]).map(({ text }) => text));
  assert.deepEqual(
    daemon.bans().map(({ ip }) => ip),
    ['198.51.100.7'],
  );
});
