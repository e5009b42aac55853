import type { ChartPart, PeriodicReport, Ranked } from './report.ts';

const hour = 3_600_000;
const day = 24 * hour;
/** Lengths of a chart's parts; the shortest of which a span has no more than `maxParts` is taken. */
const steps = [hour, 2 * hour, 4 * hour, day, 7 * day, 28 * day, 364 * day];
const maxParts = 16;
/** 1970-01-01 was a Thursday: weeks begin on Mondays, three days before. */
const monday = -3 * day;

export interface ReportSpan {
  readonly since: number;
  readonly until: number;
}

/** What the store and the tables of origins say of a span. */
export interface ReportCounts {
  /** What was counted in whole hours of the span and of the one before it, in any order. */
  readonly hours: readonly ChartPart[];
  readonly sites: readonly Ranked[];
  readonly siteCount: number;
  readonly users: PeriodicReport['users'];
  readonly countries: readonly Ranked[];
  readonly networks: readonly Ranked[];
  readonly originsOf: number;
}

/** A span is at most so long, in milliseconds. */
export const longestReport = 366 * day;

/** The span in whole hours, as its counts are kept: it begins with one; an `until` of now leaves the last one growing. */
export function wholeHours({ since, until }: ReportSpan): ReportSpan {
  const begin = Math.max(since, until - longestReport);
  return { since: begin - (begin % hour), until };
}

/** Where the span before this one begins. */
export const sinceBefore = ({ since, until }: ReportSpan): number =>
  since - Math.floor((until - since) / hour) * hour;

export function composeReport(span: ReportSpan, counts: ReportCounts): PeriodicReport {
  const { since, until } = span;
  const own = counts.hours.filter(({ at }) => at >= since && at < until);
  const begin = sinceBefore(span);
  const before = counts.hours.filter(({ at }) => at >= begin && at < since);
  return {
    since,
    until,
    ...sum(own),
    before: sum(before),
    sites: counts.sites,
    otherSites: counts.siteCount - counts.sites.length,
    users: counts.users,
    countries: counts.countries,
    networks: counts.networks,
    originsOf: counts.originsOf,
    chart: chartOf(span, own),
  };
}

/** Parts that begin where hours, days or weeks do in UTC; the first with the span. */
function chartOf({ since, until }: ReportSpan, hours: readonly ChartPart[]): ChartPart[] {
  const step = steps.find((length) => until - since <= length * maxParts) ?? steps.at(-1)!;
  const origin = step > day ? monday : 0;
  const parts: ChartPart[] = [];
  for (let at = since; at < until; ) {
    const next = at - ((at - origin) % step) + step;
    parts.push({ at, ...sum(hours.filter((one) => one.at >= at && one.at < next)) });
    at = next;
  }
  return parts;
}

const sum = (parts: readonly ChartPart[]) => ({
  failures: parts.reduce((total, { failures }) => total + failures, 0),
  bans: parts.reduce((total, { bans }) => total + bans, 0),
});

const widest = 20;
const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** A bar of blocks, 20 for `most`; something for every value above 0. */
export function bar(value: number, most: number): string {
  if (value <= 0) return '';
  const length = Math.max(1, Math.round((value / most) * widest * 8));
  return '█'.repeat(Math.floor(length / 8)) + eighths[length % 8];
}

/** How the parts of a chart are named: by their hour, or by their day. */
export function partName(at: number, chart: readonly ChartPart[]): string {
  const text = new Date(at).toISOString();
  const inDays = chart.every((part, index) => index === 0 || part.at % day === 0);
  return inDays && chart.length > 1 ? text.slice(0, 10) : text.slice(5, 16).replace('T', ' ');
}
