import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { createZoneClock, StampReader, type ZoneClock } from './stamp.ts';
import { textView } from './text-view.ts';

const utc = createZoneClock('UTC');
const newYork = createZoneClock('America/New_York');
const minute = 60_000;
const day = 86_400_000;

/** Reads a stamp that stands between other bytes. */
function readerAt(now: string | number, zone: ZoneClock = utc): (stamp: string) => string | number {
  const reader = new StampReader(zone, typeof now === 'string' ? Date.parse(now) : now);
  return (stamp) => {
    const bytes = Buffer.from(`7:${stamp}Z+01:00 7`);
    const isDated = /^[0-9]/.test(stamp);
    const time = isDated
      ? reader.rfc3339(bytes, textView(bytes), 2, 2 + stamp.length)
      : reader.rfc3164(bytes, 2);
    return Number.isNaN(time) ? Number.NaN : new Date(time).toISOString();
  };
}

const monthDayTime = (instant: number, zone: string): string => {
  const local = Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(zone);
  const month = local.toLocaleString('en-US', { month: 'short' });
  return `${month} ${String(local.day).padStart(2)} ${local.toPlainTime().toString({ smallestUnit: 'second' })}`;
};

describe('a stamp with date and zone', () => {
  test('is the instant that it names, cut to milliseconds', () => {
    const instants = fc.integer({ min: Date.UTC(1971, 0), max: Date.UTC(2200, 0) });
    const zones = fc.constantFrom(
      'UTC',
      'America/New_York',
      'Asia/Kolkata',
      'Australia/Lord_Howe',
      'Pacific/Apia',
    );
    const digits = fc.constantFrom(0, 3, 6, 9) as fc.Arbitrary<0 | 3 | 6 | 9>;
    const read = new StampReader(utc, 0);
    fc.assert(
      fc.property(instants, zones, digits, (instant, zone, fractionalSecondDigits) => {
        const stamp = Temporal.Instant.fromEpochMilliseconds(instant)
          .toZonedDateTimeISO(zone)
          .toString({ timeZoneName: 'never', fractionalSecondDigits });
        const bytes = Buffer.from(stamp);
        const expected = fractionalSecondDigits === 0 ? Math.floor(instant / 1000) * 1000 : instant;
        assert.equal(read.rfc3339(bytes, textView(bytes), 0, bytes.length), expected, stamp);
      }),
    );
  });

  test('may have a zone without a colon, as journalctl -o short-iso writes it', () => {
    assert.equal(readerAt('2026-11-21T20:00:00Z')('2026-11-21T19:00:51+0130'), '2026-11-21T17:30:51.000Z');
  });

  test('is trusted whatever the clock says', () => {
    assert.equal(readerAt('2020-01-01T00:00:00Z')('2031-11-21T19:00:51+00:00'), '2031-11-21T19:00:51.000Z');
  });

  test('never throws and never invents a time for odd bytes', () => {
    const odd = fc.string({ unit: fc.constantFrom(...'0123456789-:.+TZtz '), minLength: 15, maxLength: 40 });
    const read = readerAt('2026-11-21T20:00:00Z');
    fc.assert(
      fc.property(odd, (stamp) => {
        const time = read(`2${stamp}`);
        if (typeof time === 'string')
          assert.equal(time.slice(0, 16), new Date(`2${stamp}`.toUpperCase()).toISOString().slice(0, 16));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a stamp without year', () => {
  const table: [now: string, stamp: string, time: string | number][] = [
    ['2026-11-21T20:00:00Z', 'Nov 21 19:00:51', '2026-11-21T19:00:51.000Z'],
    ['2026-11-21T20:00:00Z', 'Nov 21 20:00:59', '2026-11-21T20:00:59.000Z'],
    ['2026-11-21T20:00:00Z', 'Nov 21 20:01:00', '2026-11-21T20:01:00.000Z'],
    ['2026-11-21T20:00:00Z', 'Nov 21 20:01:01', '2025-11-21T20:01:01.000Z'],
    ['2026-11-21T20:00:00Z', 'Nov 22 00:00:00', '2025-11-22T00:00:00.000Z'],
    ['2026-11-21T20:00:00Z', 'Dec 31 23:59:59', '2025-12-31T23:59:59.000Z'],
    ['2027-01-01T00:00:05Z', 'Dec 31 23:59:59', '2026-12-31T23:59:59.000Z'],
    ['2027-01-01T00:00:05Z', 'Jan  1 00:00:02', '2027-01-01T00:00:02.000Z'],
    // Written just before midnight by a clock that runs ahead.
    ['2026-12-31T23:59:30Z', 'Jan  1 00:00:05', '2027-01-01T00:00:05.000Z'],
    ['2026-12-31T23:58:30Z', 'Jan  1 00:00:05', '2026-01-01T00:00:05.000Z'],
    ['2028-02-29T12:00:00Z', 'Feb 29 11:00:00', '2028-02-29T11:00:00.000Z'],
    ['2027-03-01T00:00:00Z', 'Feb 29 11:00:00', '2024-02-29T11:00:00.000Z'],
    ['2103-06-01T00:00:00Z', 'Feb 29 11:00:00', '2096-02-29T11:00:00.000Z'],
    ['2026-11-21T20:00:00Z', 'Nov  1 00:00:00', '2026-11-01T00:00:00.000Z'],
    ['2026-11-21T20:00:00Z', 'Nov 01 00:00:00', '2026-11-01T00:00:00.000Z'],
    ['2026-11-21T20:00:00Z', 'Jun 30 23:59:60', '2026-07-01T00:00:00.000Z'],
    ['2026-11-21T20:00:00Z', 'Apr 31 00:00:00', Number.NaN],
    ['2026-11-21T20:00:00Z', 'Nov  0 00:00:00', Number.NaN],
    ['2026-11-21T20:00:00Z', 'Nov 2: 00:00:00', Number.NaN],
    ['2026-11-21T20:00:00Z', 'Nov 21 24:00:00', Number.NaN],
    ['2026-11-21T20:00:00Z', 'Nov-21 19:00:51', Number.NaN],
  ];
  for (const [now, stamp, time] of table) {
    test(`${stamp} read at ${now} is ${time}`, () => {
      assert.deepEqual(readerAt(now)(stamp), time);
      const read = readerAt(now);
      read('Nov 21 18:00:00');
      read('Feb  1 18:00:00');
      assert.deepEqual(read(stamp), time, 'whatever was read before');
    });
  }

  test('written within the last year is read back to its second, in any zone', () => {
    const zones = [
      'UTC',
      'America/New_York',
      'Asia/Kolkata',
      'Europe/Berlin',
      'Pacific/Auckland',
      'Asia/Kathmandu',
    ];
    const clocks = new Map(zones.map((zone) => [zone, createZoneClock(zone)]));
    const instants = fc.integer({ min: Date.UTC(2020, 0) / 1000, max: Date.UTC(2040, 0) / 1000 });
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        instants,
        fc.integer({ min: 0, max: 360 * 86_400 }),
        (zone, second, age) => {
          const instant = second * 1000;
          const reader = new StampReader(clocks.get(zone)!, instant + age * 1000);
          const stamp = monthDayTime(instant, zone);
          const time = reader.rfc3164(Buffer.from(stamp), 0);
          // The hour that runs twice can be told only from the lines around it.
          const shift = Math.abs(time - instant);
          const twice = shift === 3_600_000 && monthDayTime(time, zone) === stamp;
          assert.ok(shift === 0 || twice, `${stamp} in ${zone}: ${new Date(time).toISOString()}`);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('never lies more than a minute ahead of the clock, in whatever order stamps come', () => {
    const seconds = fc.integer({ min: 0, max: 3 * 86_400 });
    const start = Date.parse('2026-10-31T00:00:00Z');
    fc.assert(
      fc.property(fc.array(seconds, { minLength: 1, maxLength: 30 }), seconds, (offsets, age) => {
        const reader = new StampReader(newYork, start);
        for (const offset of offsets) {
          reader.now = start + offset * 1000 + age;
          const stamp = monthDayTime(start + ((offset * 7919) % (3 * 86_400)) * 1000, 'America/New_York');
          assert.ok(reader.rfc3164(Buffer.from(stamp), 0) <= reader.now + minute, stamp);
        }
      }),
    );
  });

  test('takes this year as soon as the clock has reached it, though the same hour was last year’s before', () => {
    const reader = new StampReader(utc, Date.parse('2026-11-21T19:50:00Z'));
    const stamp = Buffer.from('Nov 21 20:00:05');
    assert.equal(reader.rfc3164(stamp, 0), Date.parse('2025-11-21T20:00:05Z'));
    reader.now = Date.parse('2026-11-21T20:00:06Z');
    assert.equal(reader.rfc3164(stamp, 0), Date.parse('2026-11-21T20:00:05Z'));
  });
});

describe('where the clock changes', () => {
  test('a log read the day after tells the hour that runs twice by the minute hand that jumped back', () => {
    const read = readerAt('2026-11-02T12:00:00Z', newYork);
    assert.equal(read('Nov  1 00:59:59'), '2026-11-01T04:59:59.000Z');
    assert.equal(read('Nov  1 01:00:00'), '2026-11-01T05:00:00.000Z');
    assert.equal(read('Nov  1 01:59:58'), '2026-11-01T05:59:58.000Z');
    assert.equal(read('Nov  1 01:00:00'), '2026-11-01T06:00:00.000Z');
    assert.equal(read('Nov  1 01:59:59'), '2026-11-01T06:59:59.000Z');
    assert.equal(read('Nov  1 02:00:00'), '2026-11-01T07:00:00.000Z');
  });

  test('a line that is just written is in the pass that the clock is in', () => {
    const reader = new StampReader(newYork, Date.parse('2026-11-01T05:30:00Z'));
    const stamp = Buffer.from('Nov  1 01:30:00');
    assert.equal(reader.rfc3164(stamp, 0), Date.parse('2026-11-01T05:30:00Z'));
    reader.now = Date.parse('2026-11-01T06:30:01Z');
    assert.equal(reader.rfc3164(stamp, 0), Date.parse('2026-11-01T06:30:00Z'));
  });

  test('a line out of order in the first pass is not taken for one of a second pass that has not come', () => {
    const read = readerAt('2026-11-01T05:59:59Z', newYork);
    assert.equal(read('Nov  1 01:50:00'), '2026-11-01T05:50:00.000Z');
    assert.equal(read('Nov  1 01:10:00'), '2026-11-01T05:10:00.000Z');
  });

  test('a line of the hour that spring leaves out is taken as written by a clock that had not changed yet', () => {
    const read = readerAt('2027-03-15T00:00:00Z', newYork);
    assert.equal(read('Mar 14 01:59:59'), '2027-03-14T06:59:59.000Z');
    assert.equal(read('Mar 14 02:30:00'), '2027-03-14T07:30:00.000Z');
    assert.equal(read('Mar 14 03:00:00'), '2027-03-14T07:00:00.000Z');
  });

  test('a stamp of the day that a zone left out has a time all the same', () => {
    // Samoa had no December 30 in 2011.
    const read = readerAt('2012-01-02T00:00:00Z', createZoneClock('Pacific/Apia'));
    assert.equal(typeof read('Dec 30 12:00:00'), 'string');
    assert.equal(Math.abs(Date.parse(String(read('Dec 31 12:00:00'))) - Date.UTC(2011, 11, 31)) < day, true);
  });
});
