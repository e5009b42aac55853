import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BurstWatch } from './burst.ts';
import { createZoneClock, StampReader } from './stamp.ts';
import { WordPressLine } from './wordpress-line.ts';

const victim = '203.0.113.9';
const attacker = '198.51.100.7';

/** One record, so many microseconds after a full second. */
const record = (micros: number, message: string, pid: number | null = 4711, site = 'blog.example.com') =>
  `2026-11-21T19:00:51.${String(micros).padStart(6, '0')}+00:00 web01 wordpress(${site})${pid === null ? '' : `[${pid}]`}: ${message}`;
const failure = (micros: number, ip: string, pid?: number | null, site?: string) =>
  record(micros, `Authentication failure for bob from ${ip}`, pid, site);

/** Each failure in the order in which it was settled: its address, with `burst` behind it where it is one. */
function settled(...lines: string[]): string[] {
  const told: string[] = [];
  const watch = new BurstWatch<string>((ip, burst) => told.push(burst ? `${ip} burst` : ip));
  const line = new WordPressLine(new StampReader(createZoneClock('UTC'), Date.parse('2026-11-22T00:00:00Z')));
  for (const text of lines) {
    const bytes = Buffer.from(text);
    if (!line.read(bytes, 0, bytes.length)) continue;
    watch.see(line, -1, line.reason === null ? String(line.address()) : null);
  }
  watch.flush();
  return told;
}

test('of several records of one request only those count that name the address of the last one', () => {
  assert.deepEqual(settled(failure(100, victim), failure(103, victim), failure(106, attacker)), [
    `${victim} burst`,
    `${victim} burst`,
    attacker,
  ]);
});

test('one request may honestly write several records of one address', () => {
  const lines = [
    failure(100, attacker),
    record(120, `XML-RPC multicall authentication failure from ${attacker}`),
  ];
  assert.deepEqual(settled(...lines), [attacker, attacker]);
});

test('a record that is no failure shows a burst, too, and so does one that names no address', () => {
  const successes = [`Accepted password for eve from ${attacker}`, `x from ${attacker}`, 'x', ''];
  for (const message of successes) {
    assert.deepEqual(settled(failure(100, victim), record(104, message)), [`${victim} burst`], message);
  }
});

test('a last record that is cut proves nothing for those before it, whatever its end says', () => {
  const cut = record(104, `Authentication failure for ${'x'.repeat(8_000)} from ${victim}`);
  assert.deepEqual(settled(failure(100, victim), cut), [`${victim} burst`]);
});

test('requests of one process that follow each other count, and so do those of several processes at once', () => {
  const other = '198.51.100.8';
  assert.deepEqual(settled(failure(0, attacker), failure(5_000, other)), [attacker, other]);
  assert.deepEqual(settled(failure(0, attacker, 1), failure(3, other, 2)), [attacker, other]);
  assert.deepEqual(settled(failure(0, attacker, 1, 'a'), failure(3, other, 1, 'b')), [attacker, other]);
});

test('a burst that goes on for long is one as a whole: no filler lets its beginning count', () => {
  const filler = Array.from({ length: 500 }, (_, index) => record(200 + index * 100, 'zzz'));
  const lines = [failure(100, victim), failure(101, victim), ...filler, failure(50_300, attacker)];
  assert.deepEqual(settled(...lines), [`${victim} burst`, `${victim} burst`, attacker]);
  const many = Array.from({ length: 200 }, (_, index) => failure(100 + index * 100, victim));
  assert.deepEqual(
    settled(...many, failure(20_200, attacker)).filter((one) => one === victim),
    [],
  );
});

test('who writes very many records in one request stays countable: the last 32 count', () => {
  const many = Array.from({ length: 200 }, (_, index) => failure(100 + index * 10, attacker));
  assert.equal(settled(...many).filter((one) => one === attacker).length, 32);
});

test('without microseconds, or without a pid, requests cannot be told apart and nothing is a burst', () => {
  const whole = [victim, attacker].map((ip) => failure(0, ip).replace('.000000', ''));
  const millis = [victim, attacker].map((ip) => failure(0, ip).replace('.000000', '.000'));
  const traditional = [victim, attacker].map((ip) => failure(0, ip).replace(/^\S+/, 'Nov 21 19:00:51'));
  for (const lines of [whole, millis, traditional]) assert.deepEqual(settled(...lines), [victim, attacker]);
  assert.deepEqual(settled(failure(0, victim, null), failure(3, attacker, null)), [victim, attacker]);
});

test('a stamp that many records share was made by no clock and tells nothing', () => {
  const addresses = Array.from({ length: 100 }, (_, index) => `198.51.100.${index}`);
  assert.deepEqual(settled(...addresses.map((ip) => failure(123_456, ip))), addresses);
});
