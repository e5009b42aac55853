import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainText } from './foreign-text.ts';
import { bar, composeReport, type ReportCounts, wholeHours } from './periodic-report.ts';
import { sheetOf } from './sheet.ts';

const hour = 3_600_000;
const day = 24 * hour;
const until = Date.parse('2026-11-22T12:34:56Z');

const counts = (changes: Partial<ReportCounts> = {}): ReportCounts => ({
  hours: [],
  sites: [],
  siteCount: 0,
  users: [],
  countries: [],
  networks: [],
  originsOf: 0,
  ...changes,
});

/** One failure in each hour of many years. */
const everyHour = Array.from({ length: 3 * 366 * 24 }, (_, index) => ({
  at: wholeHours({ since: until, until }).since - index * hour,
  failures: 1,
  bans: 0,
}));

test('each failure is in one part of the chart, whatever the length of the span', () => {
  for (const length of [0, 1, 5, 24, 36, 48, 7 * 24, 16 * 24, 90 * 24, 366 * 24, 3 * 366 * 24]) {
    const span = wholeHours({ since: until - length * hour, until });
    const report = composeReport(span, counts({ hours: everyHour }));
    const hours = Math.min(length, 366 * 24) + 1;
    assert.equal(report.failures, hours, `${length} h`);
    assert.equal(
      report.chart.reduce((sum, { failures }) => sum + failures, 0),
      hours,
    );
    assert.ok(report.chart.length <= 17, `${length} h make ${report.chart.length} parts`);
    assert.equal(report.before.failures, hours - 1, 'whole hours of before, without the one that grows');
  }
});

test('days and weeks begin where they do in UTC', () => {
  const starts = (days: number) =>
    composeReport(wholeHours({ since: until - days * day, until }), counts())
      .chart.slice(1)
      .map(({ at }) => new Date(at));
  for (const date of starts(7)) assert.equal(date.getUTCHours(), 0);
  for (const date of starts(60)) assert.deepEqual([date.getUTCDay(), date.getUTCHours()], [1, 0]);
});

test('what was before the span counts against it, and nothing else does', () => {
  const span = wholeHours({ since: until - day, until });
  const at = (hours: number, failures: number, bans: number) => ({
    at: span.since + hours * hour,
    failures,
    bans,
  });
  const hours = [at(-25, 100, 100), at(-24, 3, 1), at(-1, 2, 0), at(0, 7, 2), at(24, 3, 0), at(25, 100, 100)];
  const { failures, bans, before } = composeReport(span, counts({ hours }));
  assert.deepEqual({ failures, bans, before }, { failures: 10, bans: 2, before: { failures: 5, bans: 1 } });
});

test('a bar is as long as its value, and every value above nothing can be seen', () => {
  assert.equal(bar(0, 0), '');
  assert.equal(bar(1, 1_000_000), '▏');
  assert.equal(bar(5, 10), '██████████');
  assert.equal(bar(10, 10), '████████████████████');
  assert.equal(bar(33, 80), '████████▎');
});

test('a report reads as one text: change, chart, names, and over how many bans origins are counted', () => {
  const span = wholeHours({ since: until - 2 * hour, until });
  const ranked = Array.from({ length: 10 }, (_, index) => ({
    name: index === 0 ? '' : `<!channel>${index}`,
    bans: 1,
    failures: 10 - index,
  }));
  const report = composeReport(
    span,
    counts({
      hours: [
        { at: span.since, failures: 1_500, bans: 2_000 },
        { at: span.since + hour, failures: 500, bans: 0 },
        { at: span.since - hour, failures: 4_000, bans: 0 },
      ],
      sites: ranked,
      siteCount: 12,
      users: [{ name: 'eve\u202e', failures: 3 }],
      countries: [{ name: 'NL', bans: 1, failures: 2 }],
      originsOf: 1_000,
    }),
  );
  const content = { kind: 'report', report, more: 0, since: span.since } as const;
  const common = { id: '', host: 'web01', at: until, severity: 'info', content } as const;
  const sheet = sheetOf({ ...common, site: null });
  assert.equal(sheet.title, 'Report of web01, 2026-11-22 10:00 UTC – 2026-11-22 12:34 UTC');
  assert.deepEqual(
    sheet.facts.map(({ value }) => plainText(value)),
    ['2,000 (-50 % against 4,000)', '2,000 (none recorded in the period before)'],
  );
  assert.deepEqual(
    sheet.lists.map(({ title, items }) => [title, ...items.map(plainText)]),
    [
      [
        'Failures (bans)',
        '11-22 10:00 ████████████████████ 1,500 (2,000)',
        '11-22 11:00 ██████▋ 500 (0)',
        '11-22 12:00 0 (0)',
      ],
      [
        'Sites',
        '(no site): 1 ban, 10 failures',
        ...[9, 8, 7, 6].map((left) => `<!channel>${10 - left}: 1 ban, ${left} failures`),
        'and 7 more',
      ],
      ['Users tried', 'eve\ufffd: 3 failures'],
      ['Countries of the newest 1,000 bans', 'NL: 1 ban, 2 failures'],
    ],
  );
  const ofSite = sheetOf({ ...common, site: 'shop' });
  assert.match(ofSite.title, /^Report of shop on web01,/);
});
