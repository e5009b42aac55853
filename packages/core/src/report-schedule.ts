import type { ReportSpan } from './periodic-report.ts';

export type ReportPeriod = 'daily' | 'weekly';
/** How far in the future the last report may lie, in milliseconds: further, it was another clock's. */
const tolerance = 25 * 3_600_000;

/**
 * The span of the latest report that was due by now. Daily ones are due each day at a minute, weekly ones on Mondays, by
 * the wall clock of the zone: a day on which clocks change has 23 or 25 hours. A minute that a day leaves out comes an
 * hour later, one that it has twice counts the first time.
 */
export function lastDue(period: ReportPeriod, minute: number, now: number, zone: string): ReportSpan {
  const today = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(zone).toPlainDate();
  const plainTime = new Temporal.PlainTime(Math.floor(minute / 60), minute % 60);
  const at = (date: Temporal.PlainDate) =>
    date.toZonedDateTime({ timeZone: zone, plainTime }).epochMilliseconds;
  const days = period === 'daily' ? 1 : 7;
  const latest = period === 'daily' ? today : today.subtract({ days: today.dayOfWeek - 1 });
  const due = at(latest) <= now ? latest : latest.subtract({ days });
  return { since: at(due.subtract({ days })), until: at(due) };
}

/**
 * Whether a report is due that was not made yet: after downtime one, for the last period.
 *
 * @param made up to when the last one reached; undefined: none is known, so the schedule begins now
 */
export function isDue({ until }: ReportSpan, made: number | undefined, now: number): boolean {
  return made !== undefined && until > made && made <= now + tolerance;
}

/** What to remember where nothing is due: a schedule that begins now, or whose clock was set back. Undefined: what is known. */
export function restartAt({ until }: ReportSpan, made: number | undefined, now: number): number | undefined {
  return made === undefined || made > now + tolerance ? until : undefined;
}
