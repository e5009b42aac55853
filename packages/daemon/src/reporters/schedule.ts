import {
  type Clock,
  type DestinationConfig,
  isDue,
  lastDue,
  type Outbox,
  type PeriodicReport,
  type ReportPeriod,
  type ReportSpan,
  restartAt,
} from '@portcullis/core';
import type { Reports } from './reports.ts';

/** How long unread lines may hold a report back, in milliseconds: it would not count them. */
const patience = 3_600_000;

export interface ScheduleOptions {
  readonly reports: Reports;
  readonly outbox: Outbox;
  readonly clock: Clock;
  /** The host's, as `Europe/Berlin`. */
  readonly zone: () => string;
  readonly settings: () => { readonly at: number };
  /** Whether lines are known to be unread. */
  readonly isBehind: () => boolean;
  /** What a destination may see of a span. */
  readonly compose: (span: ReportSpan, destination: DestinationConfig) => Promise<PeriodicReport>;
  readonly transaction: (work: () => void) => void;
}

/**
 * Periodic reports, made when they are due. What was made is marked in the transaction that puts it into the outbox, so a
 * restart neither repeats nor misses it.
 */
export class ReportSchedule {
  readonly #options: ScheduleOptions;
  #behindSince: number | null = null;
  #checking: Promise<void> | null = null;

  constructor(options: ScheduleOptions) {
    this.#options = options;
  }

  /** To be called every minute or so. Never rejects for what the store does not take: it is tried again next time. */
  check(): Promise<void> {
    this.#checking ??= this.#check().finally(() => {
      this.#checking = null;
    });
    return this.#checking;
  }

  /** Waits for what is under way. */
  async stop(): Promise<void> {
    await this.#checking;
  }

  async #check(): Promise<void> {
    const { reports, isBehind, clock } = this.#options;
    const now = clock.now();
    if (isBehind()) this.#behindSince ??= now;
    else this.#behindSince = null;
    const isPatient = this.#behindSince !== null && now - this.#behindSince < patience;
    for (const destination of reports.destinations) {
      if (destination.reports.length > 0) await this.#report(destination, now, isPatient);
    }
  }

  /** Makes the report that is due; where a daily and a weekly one are due at once, the weekly one alone. */
  async #report(destination: DestinationConfig, now: number, isPatient: boolean): Promise<void> {
    const { outbox, zone, settings, compose, reports, transaction } = this.#options;
    const { name } = destination;
    const marks = outbox.marks(name);
    const spans = new Map<ReportPeriod, ReportSpan>();
    for (const period of destination.reports) {
      const span = lastDue(period, settings().at, now, zone());
      const restart = restartAt(span, marks.get(period), now);
      if (restart !== undefined) outbox.mark(name, period, restart);
      else if (isDue(span, marks.get(period), now)) spans.set(period, span);
    }
    const span = spans.get('weekly') ?? spans.get('daily');
    if (span === undefined || isPatient) return;
    const report = await compose(span, destination);
    transaction(() => {
      for (const [period, { until }] of spans) outbox.mark(name, period, until);
      reports.tellOne(destination, { kind: 'report', report });
    });
  }
}
