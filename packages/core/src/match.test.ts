import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readExpected, readLogLines } from '../../../test/support/fixtures.ts';
import { parseNetwork } from './address.ts';
import { parseConfig } from './config.ts';
import { Detector, type Exemptions } from './detector.ts';
import { ExemptionList } from './ignoreip.ts';
import { maxLineLength } from './lines.ts';
import { Matcher } from './match.ts';
import { createZoneClock } from './stamp.ts';

const noExemptions: Exemptions = { everywhere: new ExemptionList(), byJail: new Map() };
const allFilters = ['wordpress-hard', 'wordpress-soft', 'wordpress-extra'];

interface Reading {
  readonly matcher: Matcher;
  /** What was emitted and not yet taken. */
  readonly found: Record<string, unknown>[];
}

function createMatcher(
  zone: string,
  now: string,
  filters = allFilters,
  exemptions = noExemptions,
  distrust: string[] | null = null,
): Reading {
  const { config } = parseConfig(
    `[jails.wordpress]\nfilter = ${JSON.stringify(filters)}` +
      (distrust === null ? '' : `\ndistrust = ${JSON.stringify(distrust)}`),
  );
  const detector = new Detector(config!.jails, exemptions, 0);
  return createReading(detector, zone, now);
}

function createReading(detector: Detector, zone: string, now: string): Reading {
  const found: Record<string, unknown>[] = [];
  const matcher = new Matcher(detector, createZoneClock(zone), Date.parse(now), (match) =>
    found.push({ ...match }),
  );
  return { matcher, found };
}

/** Every line stands between others: what a parser reads beyond its line would show. */
const before = new TextEncoder().encode('message repeated 9 times: [ x from 192.0.2.1]\n');
const after = new TextEncoder().encode('[1]: Authentication failure for mallory from 192.0.2.2\n');

function readAmongOthers({ matcher }: Reading, number: number, line: Uint8Array): void {
  const bytes = Buffer.concat([before, line, after]);
  const cut = line.length > maxLineLength;
  const end = before.length + Math.min(line.length, maxLineLength);
  matcher.read(number, bytes, before.length, end, cut);
}

/** What a line comes to that stands alone within its instant. */
function matchAmongOthers(reading: Reading, number: number, line: Uint8Array): Record<string, unknown> {
  readAmongOthers(reading, number, line);
  reading.matcher.end();
  assert.equal(reading.found.length, 1);
  return reading.found.pop()!;
}

function assertAsExpected(name: string, reading: Reading, from = 1, to = Number.POSITIVE_INFINITY): void {
  const expected = readExpected(name);
  const lines = readLogLines(name);
  assert.equal(lines.length, expected.length, 'one expectation a line');
  for (const [index, line] of lines.entries()) {
    if (index + 1 < from || index + 1 > to) continue;
    readAmongOthers(reading, index + 1, line);
  }
  reading.matcher.end();
  for (const found of reading.found) {
    const index = Number(found['line']) - 1;
    const text = Buffer.from(lines[index]!).toString('latin1').slice(0, 300);
    assert.deepEqual(found, expected[index], `${name}: ${text}`);
  }
  assert.deepEqual(
    reading.found.map(({ line }) => line),
    expected.map((_, index) => index + 1).filter((line) => line >= from && line <= to),
    'each line once and in order',
  );
}

const now = '2026-11-21T20:00:00Z';
for (const name of [
  'auth.traditional.log',
  'auth.rfc3339.log',
  'auth.rfc5424.log',
  'repeat.traditional.log',
  'repeat.rfc3339.log',
  'tz.rfc3339.log',
  'hostile.log',
]) {
  test(`each line of ${name} comes to what is expected of it`, () => {
    assertAsExpected(name, createMatcher('UTC', now));
  });
}

// One log was written while the host's zone was changed: each span is read as a log of its own.
for (const { zone, spans } of [
  {
    zone: 'America/New_York',
    spans: [
      [1, 7],
      [8, 14],
      [15, 21],
    ],
  },
  {
    zone: 'UTC',
    spans: [
      [22, 28],
      [29, 35],
    ],
  },
  { zone: 'Asia/Kolkata', spans: [[36, 42]] },
] as const) {
  for (const [from, to] of spans) {
    test(`lines ${from} to ${to} of tz.traditional.log have the times that ${zone} had, read when written or a month later`, () => {
      const times = readExpected('tz.rfc3339.log').flatMap(({ time }, index) =>
        typeof time === 'string' && index + 1 >= from && index + 1 <= to ? [Date.parse(time)] : [],
      );
      for (const later of [2000, 600_000, 30 * 86_400_000]) {
        const readAt = new Date(Math.max(...times) + later).toISOString();
        assertAsExpected('tz.traditional.log', createMatcher(zone, readAt), from, to);
      }
    });
  }
}

test('a line comes to the same, whatever line was read before it', () => {
  const lines = [...readLogLines('hostile.log'), ...readLogLines('auth.rfc5424.log')];
  const { config } = parseConfig('');
  const detector = new Detector(config!.jails, noExemptions, 0);
  const fresh = () => createReading(detector, 'UTC', now);
  const alone = lines.map((line) => JSON.stringify(matchAmongOthers(fresh(), 0, line)));
  const matcher = fresh();
  for (const step of [7, 101]) {
    for (let turn = 0; turn < lines.length; turn++) {
      const index = (turn * step) % lines.length;
      assert.equal(JSON.stringify(matchAmongOthers(matcher, 0, lines[index]!)), alone[index]);
    }
  }
});

test('a failure whose filter no jail uses says no_jail, and one that ignoreip covers says exempt', () => {
  const line = Buffer.from(
    '2026-11-21T19:00:51Z web01 wordpress(x)[1]: Authentication failure for alice from 198.51.100.7',
  );
  const exempt = new ExemptionList([
    { network: parseNetwork('198.51.100.0/24')!, source: 'ignoreip', detail: '', until: null },
  ]);
  const reasonWith = (filters: string[], exemptions: Exemptions) =>
    matchAmongOthers(createMatcher('UTC', now, filters, exemptions), 1, line)['reason'];
  assert.equal(reasonWith(['wordpress-soft'], noExemptions), undefined);
  assert.equal(reasonWith(['wordpress-hard'], noExemptions), 'no_jail');
  assert.equal(reasonWith(['wordpress-soft'], { ...noExemptions, everywhere: exempt }), 'exempt');
  const ofJail = (name: string) => ({ ...noExemptions, byJail: new Map([[name, exempt]]) });
  assert.equal(reasonWith(['wordpress-soft'], ofJail('wordpress')), 'exempt');
  assert.equal(reasonWith(['wordpress-soft'], ofJail('other')), undefined);
});

test('the add-ons count where a jail asks for them', () => {
  const line = Buffer.from(
    '2026-11-21T19:00:51Z web01 wordpress(x)[1]: (WPf2b++/blocklist) Consider blocking connections from 198.51.100.7',
  );
  assert.equal(matchAmongOthers(createMatcher('UTC', now, ['wordpress-addons']), 1, line)['counted'], true);
});
