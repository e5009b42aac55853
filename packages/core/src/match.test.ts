import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readExpected, readLogLines } from '../../../test/support/fixtures.ts';
import { parseConfig } from './config.ts';
import { Detector, type Exemptions } from './detector.ts';
import { ExemptionList } from './ignoreip.ts';
import { Matcher } from './match.ts';
import { createZoneClock } from './stamp.ts';

const noExemptions: Exemptions = { everywhere: new ExemptionList(), byJail: new Map() };
const allFilters = ['wordpress-hard', 'wordpress-soft', 'wordpress-extra'];

function createMatcher(zone: string, now: string, filters = allFilters, exemptions = noExemptions): Matcher {
  const { config } = parseConfig(`[jails.wordpress]\nfilter = ${JSON.stringify(filters)}`);
  const detector = new Detector(config!.jails, exemptions, 0);
  return new Matcher(detector, createZoneClock(zone), Date.parse(now));
}

/** Every line stands between others: what a parser reads beyond its line would show. */
const before = new TextEncoder().encode('message repeated 9 times: [ x from 192.0.2.1]\n');
const after = new TextEncoder().encode('[1]: Authentication failure for mallory from 192.0.2.2\n');

function matchAmongOthers(matcher: Matcher, number: number, line: Uint8Array): Record<string, unknown> {
  const bytes = new Uint8Array(before.length + line.length + after.length);
  bytes.set(before);
  bytes.set(line, before.length);
  bytes.set(after, before.length + line.length);
  const match = matcher.match(number, bytes, before.length, before.length + line.length, false);
  return match === null ? { line: number, reason: 'not_wordpress' } : { ...match };
}

function assertAsExpected(name: string, matcher: Matcher, from = 1, to = Number.POSITIVE_INFINITY): void {
  const expected = readExpected(name);
  const lines = readLogLines(name);
  assert.equal(lines.length, expected.length, 'one expectation a line');
  for (const [index, line] of lines.entries()) {
    if (index + 1 < from || index + 1 > to) continue;
    const text = Buffer.from(line).toString('latin1').slice(0, 300);
    assert.deepEqual(matchAmongOthers(matcher, index + 1, line), expected[index], `${name}: ${text}`);
  }
}
const now = '2026-11-21T20:00:00Z';
for (const name of [
  'auth.traditional.log',
  'auth.rfc3339.log',
  'auth.rfc5424.log',
  'repeat.traditional.log',
  'repeat.rfc3339.log',
  'tz.rfc3339.log',
]) {
  test(`each line of ${name} comes to what is expected of it`, () => {
    assertAsExpected(name, createMatcher('UTC', now));
  });
}
