import type { Severity } from '@portcullis/contracts';
import type { Waiting } from './ports.ts';
import { isAtLeast, type OutboxKind, severityOf } from './report.ts';

/** How long the first ban waits for others of the same attack, in milliseconds: it must be told within 2 s. */
const gathering = 500;
/** Every message that is not of bans is sent at most once so often, in milliseconds. */
const repetition = 3_600_000;
/** A ban that is held waits for an answer: each is told, those of one minute together. */
const heldRepetition = 60_000;
const day = 24 * 60;

/** Minutes of the day, by the host's clock; `from` may lie behind `to`. */
export interface QuietHours {
  readonly from: number;
  readonly to: number;
}

export interface DeliverySettings {
  /** In milliseconds. */
  readonly window: number;
  readonly quietHours: QuietHours | null;
}

/** What goes out now, up to and including an id; or when to look again. */
export type DeliveryStep = { readonly kind: OutboxKind; readonly upTo: number } | { readonly at: number };

/**
 * What of the waiting is sent next. The first ban after a quiet time is due at once, what follows when the window that
 * the last message opened is over, everything else once an hour; in quiet hours only what is critical.
 *
 * @param sent when each kind was last delivered
 * @param minute the minute of the day at `now`, by the host's clock
 * @returns null where nothing waits
 */
export function planDelivery(
  waiting: readonly Waiting[],
  sent: ReadonlyMap<OutboxKind, number>,
  now: number,
  minute: number,
  { window, quietHours }: DeliverySettings,
): DeliveryStep | null {
  const quietUntil = quietHours === null ? now : now + minutesLeft(quietHours, minute) * 60_000;
  const due = waiting
    .map(({ kind, firstAt, lastId }) => {
      const isBan = kind === 'ban';
      // A clock that was set back must not hold a message for as long as it was ahead.
      const first = firstAt > now ? now : firstAt + (isBan ? gathering : 0);
      const last = sent.get(kind);
      const next =
        last === undefined || last > now
          ? first
          : Math.max(first, last + (isBan ? window : kind === 'held' ? heldRepetition : repetition));
      return { kind, upTo: lastId, at: isUrgent(severityOf[kind]) ? next : Math.max(next, quietUntil) };
    })
    .sort((a, b) => a.at - b.at || a.upTo - b.upTo)[0];
  if (due === undefined) return null;
  return due.at <= now ? { kind: due.kind, upTo: due.upTo } : { at: due.at };
}

const isUrgent = (severity: Severity): boolean => isAtLeast(severity, 'critical');

/** Minutes until the quiet hours are over; 0 outside of them. */
function minutesLeft({ from, to }: QuietHours, minute: number): number {
  const length = (to - from + day) % day;
  const passed = (minute - from + day) % day;
  return passed < length ? length - passed : 0;
}
