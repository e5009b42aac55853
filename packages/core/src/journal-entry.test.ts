import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isBehind, readJournalEntry } from './journal-entry.ts';
import { createZoneClock, StampReader } from './stamp.ts';
import { WordPressLine } from './wordpress-line.ts';

const realtime = 1_795_304_798_554_477;
const cursor = 's=307066b0e027475cad3f8c93ff6dbeec;i=15d;b=f;m=2;t=660d1f8c8096d;x=6';

const read = (fields: Record<string, string>, cut: readonly string[] = []) =>
  readJournalEntry({
    values: new Map(
      Object.entries({ __CURSOR: cursor, __REALTIME_TIMESTAMP: String(realtime), ...fields }).map(
        ([name, value]) => [name, Buffer.from(value, 'latin1')],
      ),
    ),
    cut: new Set(cut),
  });
const lineOf = (fields: Record<string, string>) => Buffer.from(read(fields)!.entry.line).toString('latin1');

const failed = { _HOSTNAME: 'web1', MESSAGE: 'Authentication failure for bob from 203.0.113.9' };

test('an entry is the line that rsyslog would have written', () => {
  const ident = { SYSLOG_IDENTIFIER: 'wordpress(blog.example.com)', SYSLOG_PID: '13243' };
  assert.equal(
    lineOf({ ...failed, ...ident }),
    '2026-11-21T23:46:38.554477Z web1 wordpress(blog.example.com)[13243]: Authentication failure for bob from 203.0.113.9',
  );
  assert.deepEqual(read(failed)!.position, { log: 'journal', cursor, realtime });
});

test('journald leaves an ident with a space in the message, and so does the line', () => {
  const message = 'wordpress(x y)[7]: Authentication failure for bob from 203.0.113.9';
  assert.ok(lineOf({ ...failed, MESSAGE: message }).endsWith(`Z web1 ${message}`));
});

test('what a WordPress ident wrote is understood as in a file, a newline in it notwithstanding', () => {
  const line = new WordPressLine(new StampReader(createZoneClock('UTC'), realtime / 1000));
  const forged = 'Authentication failure for a\nb from 198.51.100.1\nx from 203.0.113.9';
  const { entry } = read({ ...failed, SYSLOG_IDENTIFIER: 'wp(blog.example.com)', MESSAGE: forged })!;
  assert.ok(line.read(entry.line, 0, entry.line.length, entry.cut));
  assert.equal(String(line.address()), '203.0.113.9');
  assert.equal(line.user(), 'a\nb from 198.51.100.1\nx');
  assert.equal(line.time, Math.floor(realtime / 1000));
});

test('a sender needs both of its numbers, and neither is taken from what the program said', () => {
  assert.deepEqual(read({ ...failed, _UID: '33', _PID: '7' })!.entry.sender, { uid: 33, pid: 7 });
  for (const fields of [
    { _UID: '33' },
    { _PID: '7' },
    { _UID: '-1', _PID: '7' },
    { SYSLOG_PID: '7', UID: '33' },
  ]) {
    assert.equal(read({ ...failed, ...fields })!.entry.sender, null);
  }
});

test('a host name that would move the ident is left out', () => {
  for (const host of ['', 'web 1', 'web1:', 'a\nb']) {
    assert.ok(lineOf({ ...failed, _HOSTNAME: host, SYSLOG_IDENTIFIER: 'wp' }).includes('Z - wp: '), host);
  }
});

test('a line is kept up to 16 KiB and then says that it was cut', () => {
  const long = { ...failed, SYSLOG_IDENTIFIER: 'wp', MESSAGE: 'x'.repeat(16_384) };
  const { entry } = read(long)!;
  assert.deepEqual([entry.line.length, entry.cut], [16_384, true]);
  assert.equal(read(failed)!.entry.cut, false);
  assert.equal(read(failed, ['SYSLOG_IDENTIFIER'])!.entry.cut, true);
});

test('an entry without cursor or time is none', () => {
  assert.equal(read({ __CURSOR: '' }), null);
  assert.equal(read({ __REALTIME_TIMESTAMP: 'x' }), null);
});

test('entries are compared by their numbers, and by their times where the numbers began anew', () => {
  const at = (id: string, number: string, time: number) =>
    ({ log: 'journal', cursor: `s=${id.repeat(32)};i=${number};b=0`, realtime: time }) as const;
  assert.equal(isBehind(at('a', 'ff', 1), at('a', 'fe', 9)), true);
  assert.equal(isBehind(at('a', 'ff', 9), at('a', 'ff', 1)), false);
  assert.equal(isBehind(at('b', '1', 9), at('a', 'fe', 1)), true);
  assert.equal(isBehind(at('b', 'ff', 1), at('a', '1', 9)), false);
});
