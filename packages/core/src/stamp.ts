import { isSameText, textView } from './text-view.ts';

/** The wall clock of one time zone, for stamps that name none. */
export interface ZoneClock {
  /** Both instants that the zone's clock showed this time (the same one twice but for the hour that runs twice). */
  instants(year: number, month: number, day: number, hour: number): readonly [earlier: number, later: number];
  /** The year that the zone's clock shows at this instant. */
  year(instant: number): number;
}

/** @param zone an IANA name such as `Europe/Berlin`, or `UTC` */
export function createZoneClock(zone: string): ZoneClock {
  return {
    instants(year, month, day, hour) {
      const local = new Temporal.PlainDateTime(year, month, day, hour);
      const earlier = local.toZonedDateTime(zone, { disambiguation: 'earlier' }).epochMilliseconds;
      const later = local.toZonedDateTime(zone, { disambiguation: 'later' }).epochMilliseconds;
      // In the gap of the spring change the two stand for the hour before and after it; the clock meant the one after.
      const exists = later - earlier === 0 || local.equals(toLocal(earlier, zone));
      return exists ? [earlier, later] : [later, later];
    },
    year: (instant) => toLocal(instant, zone).year,
  };
}

const toLocal = (instant: number, zone: string): Temporal.PlainDateTime =>
  Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(zone).toPlainDateTime();

/** A stamp without year that lies further than this ahead of now is an earlier year's, in milliseconds. */
const clockTolerance = 60_000;
/** Lines of a running log are read within this time of their writing, in milliseconds. */
const liveWindow = 5 * 60_000;
const COLON = 0x3a;
/** Of `2026-11-21T19:00`, in bytes. */
const minuteLength = 16;

/**
 * Reads the three stamps that syslog daemons write. One reader serves one log from its beginning: the hour that runs
 * twice in autumn is told from the order of the lines.
 */
export class StampReader {
  readonly #zone: ZoneClock;
  /** What the time is now; set it before each chunk. Stamps without year are read against it. */
  now: number;
  /** What the last stamp has beyond milliseconds, in microseconds, 0 to 999; -1 where it has not six digits. */
  micros = -1;
  #hourKey = -1;
  #hour: readonly [earlier: number, later: number] = [0, 0];
  /** When the same hour of the next year begins: from then on the stamp means that one. */
  #nextHour = Number.POSITIVE_INFINITY;
  #previousMinute = -1;
  #secondPass = false;
  /** The last stamp's minute as its bytes spell it (`2026-11-21T19:00`), and when it begins in the stamp's own zone. */
  readonly #minuteText = textView(new Uint8Array(minuteLength));
  #minute = Number.NaN;

  constructor(zone: ZoneClock, now: number) {
    this.#zone = zone;
    this.now = now;
  }

  /**
   * RFC 3339 (`2026-11-21T19:00:51.287404+00:00`) in `bytes[start, end)`, and `journalctl -o short-iso`, whose zone has no
   * colon before systemd 255; NaN where it is none. Fractions are cut to milliseconds.
   *
   * @param view of the same bytes
   */
  rfc3339(bytes: Uint8Array, view: DataView, start: number, end: number): number {
    this.micros = -1;
    if (end - start < 20) return Number.NaN;
    // Most lines are of the same minute as the one before.
    if (!isSameText(view, start, this.#minuteText, 0, minuteLength)) this.#readMinute(bytes, start);
    const second = digits2(bytes, start + 17);
    if (bytes[start + minuteLength] !== COLON || second > 60) return Number.NaN;
    let within = second * 1000;
    let at = start + 19;
    if (bytes[at] === 0x2e) {
      const first = at + 1;
      at = first;
      while (at < end && isDigit(bytes[at]!)) at++;
      if (at === first) return Number.NaN;
      within += digit(bytes, first) * 100;
      if (at > first + 1) within += digit(bytes, first + 1) * 10;
      if (at > first + 2) within += digit(bytes, first + 2);
      if (at >= first + 6) this.micros = digits2(bytes, first + 3) * 10 + digit(bytes, first + 5);
    }
    const time = this.#minute + within;
    const sign = bytes[at]!;
    if ((sign === 0x5a || sign === 0x7a) && at + 1 === end) return time;
    if (sign !== 0x2b && sign !== 0x2d) return Number.NaN;
    const colon = bytes[at + 3] === COLON ? 1 : 0;
    if (at + 5 + colon !== end) return Number.NaN;
    const hours = digits2(bytes, at + 1);
    const minutes = digits2(bytes, at + 3 + colon);
    if (!(hours < 24 && minutes < 60)) return Number.NaN;
    const offset = (hours * 60 + minutes) * 60_000;
    return sign === 0x2b ? time - offset : time + offset;
  }

  #readMinute(bytes: Uint8Array, start: number): void {
    for (let i = 0; i < minuteLength; i++) this.#minuteText.setUint8(i, bytes[start + i]!);
    this.#minute = Number.NaN;
    if (!isDateMinute(bytes, start)) return;
    const year = digits2(bytes, start) * 100 + digits2(bytes, start + 2);
    const month = digits2(bytes, start + 5);
    const day = digits2(bytes, start + 8);
    const hour = digits2(bytes, start + 11);
    const minute = digits2(bytes, start + 14);
    if (!(year >= 1970 && year <= 9999 && month >= 1 && month <= 12 && day >= 1)) return;
    if (!(day <= daysIn(year, month) && hour < 24 && minute < 60)) return;
    this.#minute = Date.UTC(year, month - 1, day, hour, minute);
  }

  /**
   * RFC 3164 (`Nov  1 01:59:56`, 15 bytes from `start`), in the zone's time and in the latest year that does not put
   * it into the future; NaN where it is none.
   */
  rfc3164(bytes: Uint8Array, start: number): number {
    this.micros = -1;
    const month = monthOf(bytes, start);
    const day = bytes[start + 4]! === 0x20 ? digit(bytes, start + 5) : digits2(bytes, start + 4);
    const hour = digits2(bytes, start + 7);
    const minute = digits2(bytes, start + 10);
    const second = digits2(bytes, start + 13);
    if (month === 0 || !isMonthDayTime(bytes, start)) return Number.NaN;
    if (!(day >= 1 && day <= 31 && hour < 24 && minute < 60 && second <= 60)) return Number.NaN;
    const within = minute * 60_000 + second * 1000;
    const key = (month * 32 + day) * 24 + hour;
    if (key !== this.#hourKey) {
      this.#hourKey = key;
      this.#hour = this.#latest(month, day, hour, 0);
      this.#previousMinute = -1;
      this.#secondPass = false;
    } else if (this.#nextHour <= this.now + clockTolerance) {
      this.#hour = this.#latest(month, day, hour, 0);
    }
    const ahead = this.#hour[0] + within > this.now + clockTolerance;
    const [earlier, later] = ahead ? this.#latest(month, day, hour, within) : this.#hour;
    return earlier === later
      ? earlier + within
      : this.#inDoubleHour(minute, earlier + within, later + within);
  }

  /** The hour's instants in the latest year in which it does not lie ahead. */
  #latest(month: number, day: number, hour: number, within: number): readonly [number, number] {
    const thisYear = this.#zone.year(this.now);
    let hourInstants: readonly [number, number] = [Number.NaN, Number.NaN];
    this.#nextHour = Number.POSITIVE_INFINITY;
    // Eight years back there is a February 29, even across 2100.
    for (let year = thisYear + 1; year >= thisYear - 8; year--) {
      if (day > daysIn(year, month)) continue;
      hourInstants = this.#zone.instants(year, month, day, hour);
      if (hourInstants[0] + within <= this.now + clockTolerance) break;
      this.#nextHour = hourInstants[0] + within;
    }
    return hourInstants;
  }

  /** The hour runs twice: its second pass shows in a minute hand that jumped back, or in a line that is just written. */
  #inDoubleHour(minute: number, earlier: number, later: number): number {
    if (minute < this.#previousMinute - 30) this.#secondPass = true;
    this.#previousMinute = minute;
    const age = this.now - later;
    const justWritten = age > -clockTolerance && age < liveWindow;
    const possible = later <= this.now + clockTolerance;
    return possible && (this.#secondPass || justWritten) ? later : earlier;
  }
}

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;

/** More than any field of a stamp may be: what stands for no number. Not NaN, because whole numbers are reckoned faster. */
const noNumber = 10_000;

const digit = (bytes: Uint8Array, at: number): number => (isDigit(bytes[at]!) ? bytes[at]! - 0x30 : noNumber);

const digits2 = (bytes: Uint8Array, at: number): number =>
  isDigit(bytes[at]!) && isDigit(bytes[at + 1]!) ? bytes[at]! * 10 + bytes[at + 1]! - 0x30 * 11 : noNumber;

/** Whether the separators of `2026-11-21T19:00` stand in their places. */
const isDateMinute = (bytes: Uint8Array, at: number): boolean =>
  bytes[at + 4] === 0x2d &&
  bytes[at + 7] === 0x2d &&
  (bytes[at + 10]! | 0x20) === 0x74 &&
  bytes[at + 13] === COLON;

/** Whether the separators of `Nov  1 01:59:56` stand in their places. */
const isMonthDayTime = (bytes: Uint8Array, at: number): boolean =>
  bytes[at + 3] === 0x20 && bytes[at + 6] === 0x20 && bytes[at + 9] === 0x3a && bytes[at + 12] === 0x3a;

const monthNames = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const monthCodes = monthNames.map((name) =>
  packed(name.charCodeAt(0), name.charCodeAt(1), name.charCodeAt(2)),
);

function packed(first: number, second: number, third: number): number {
  return (first << 16) | (second << 8) | third;
}

const monthOf = (bytes: Uint8Array, at: number): number =>
  monthCodes.indexOf(packed(bytes[at]!, bytes[at + 1]!, bytes[at + 2]!)) + 1;

const daysIn = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate();
