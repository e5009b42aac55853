import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isDue, lastDue, type ReportPeriod, restartAt } from './report-schedule.ts';

const hour = 3_600_000;
const zone = 'Europe/Berlin';
const eight = 8 * 60;
const at = (text: string) => Temporal.ZonedDateTime.from(`${text}[${zone}]`).epochMilliseconds;
const local = ({ since, until }: { since: number; until: number }) =>
  [since, until].map((instant) =>
    Temporal.Instant.fromEpochMilliseconds(instant)
      .toZonedDateTimeISO(zone)
      .toPlainDateTime()
      .toString({ smallestUnit: 'minute' }),
  );

test('the latest daily report is that of the last morning, the weekly one that of the last Monday', () => {
  for (const [now, period, since, until] of [
    ['2026-11-21T07:59', 'daily', '2026-11-19T08:00', '2026-11-20T08:00'],
    ['2026-11-21T08:00', 'daily', '2026-11-20T08:00', '2026-11-21T08:00'],
    ['2026-11-22T12:00', 'weekly', '2026-11-09T08:00', '2026-11-16T08:00'],
    ['2026-11-23T07:59', 'weekly', '2026-11-09T08:00', '2026-11-16T08:00'],
    ['2026-11-23T08:00', 'weekly', '2026-11-16T08:00', '2026-11-23T08:00'],
  ] as const) {
    assert.deepEqual(local(lastDue(period, eight, at(now), zone)), [since, until], `${period} at ${now}`);
  }
});

test('a day on which clocks change has 23 or 25 hours, and its report comes at the same time of the wall clock', () => {
  const hours = (now: string, minute = eight) => {
    const { since, until } = lastDue('daily', minute, at(now), zone);
    return (until - since) / hour;
  };
  assert.equal(hours('2026-03-29T12:00'), 23);
  assert.equal(hours('2026-10-25T12:00'), 25);
  assert.equal(hours('2026-10-26T12:00'), 24);
  const { since, until } = lastDue('weekly', eight, at('2026-03-30T09:00'), zone);
  assert.equal((until - since) / hour, 7 * 24 - 1);
});

test('a minute that a day leaves out comes an hour later, one that it has twice counts the first time', () => {
  const minute = 2 * 60 + 30;
  assert.deepEqual(local(lastDue('daily', minute, at('2026-03-29T04:00'), zone)), [
    '2026-03-28T02:30',
    '2026-03-29T03:30',
  ]);
  const first = at('2026-10-25T02:30+02:00');
  for (const now of [first, first + hour, first + 20 * hour])
    assert.equal(lastDue('daily', minute, now, zone).until, first);
});

/** What a daemon that looks at these times makes, and what it remembers. */
function makes(period: ReportPeriod, times: readonly number[], minute = eight): number[] {
  let made: number | undefined;
  const reports: number[] = [];
  for (const now of times) {
    const span = lastDue(period, minute, now, zone);
    made = restartAt(span, made, now) ?? made;
    if (!isDue(span, made, now)) continue;
    made = span.until;
    reports.push(span.until);
  }
  return reports;
}

test('however often somebody looks, a report is made once for each morning, and after downtime once', () => {
  const start = at('2026-01-01T00:00');
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 60 * hour }), { minLength: 20, maxLength: 200 }),
      fc.integer({ min: 0, max: 24 * 60 - 1 }),
      fc.constantFrom<ReportPeriod>('daily', 'weekly'),
      (pauses, minute, period) => {
        let now = start;
        const times = [start, ...pauses.map((pause) => (now += pause))];
        const expected = new Set(times.map((time) => lastDue(period, minute, time, zone).until));
        expected.delete(lastDue(period, minute, start, zone).until);
        assert.deepEqual(makes(period, times, minute), [...expected]);
      },
    ),
  );
});

test('who has just configured a report does not get that of last week', () => {
  assert.deepEqual(makes('weekly', [at('2026-11-20T12:00'), at('2026-11-22T12:00')]), []);
});

test('a clock that is set back a little repeats nothing; one that was a year ahead does not silence the next year', () => {
  const morning = at('2026-11-21T08:00');
  assert.deepEqual(makes('daily', [morning - hour, morning + 1, morning - 1, morning + 1]), [morning]);
  const ahead = at('2027-11-21T08:00');
  const after = makes('daily', [morning - hour, ahead, morning + 1, morning + 24 * hour]);
  assert.deepEqual(after, [ahead, morning + 24 * hour]);
});
