import { type Check, error, ok, warning } from './finding.ts';
import { ask, outputOf } from './programs.ts';

export interface ClockFacts {
  /** The zone in which lines without one are read. */
  readonly zone: string;
  /** What timedatectl says; null where it does not run. */
  readonly hostZone: string | null;
  readonly synchronized: boolean | null;
}

/** When this was written, as epoch ms: a clock that shows less has never been set. */
const written = Date.UTC(2026, 0, 1);

/** Is the clock right, and the zone of log lines the host's. */
export const clockCheck: Check<ClockFacts> = {
  name: 'clock',
  async gather({ exec }) {
    const shown = outputOf(
      await ask(exec, ['timedatectl', 'show', '-p', 'Timezone', '-p', 'NTPSynchronized']),
    );
    const value = (key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(shown)?.[1] ?? null;
    const synchronized = value('NTPSynchronized');
    return {
      zone: Temporal.Now.timeZoneId(),
      hostZone: value('Timezone'),
      synchronized: synchronized === null ? null : synchronized === 'yes',
    };
  },
  judge({ zone, hostZone, synchronized }, now) {
    const time = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(zone).toPlainDateTime();
    const sentence = `It is ${time.toString({ smallestUnit: 'second' })} in ${zone}.`;
    if (now < written) {
      return [error('clock', `${sentence} That cannot be.`, 'Set the clock: timedatectl set-ntp true')];
    }
    const found = [
      synchronized === false
        ? warning('clock', `${sentence} It is not synchronised.`, 'Have it set: timedatectl set-ntp true')
        : ok('clock', `${sentence}${synchronized ? ' It is synchronised.' : ''}`),
    ];
    if (hostZone !== null && !sameZone(hostZone, zone, now)) {
      found.push(
        warning(
          'zone',
          `Lines without a zone are read in ${zone}, but the host is in ${hostZone}.`,
          'Remove TZ from the environment of this shell, and of the service: systemctl show portcullis -p Environment',
        ),
      );
    }
    return found;
  },
};

/** Whether both show the same time now: `Etc/UTC` is `UTC`. */
function sameZone(one: string, other: string, now: number): boolean {
  const instant = Temporal.Instant.fromEpochMilliseconds(now);
  try {
    return instant.toZonedDateTimeISO(one).offset === instant.toZonedDateTimeISO(other).offset;
  } catch {
    return false;
  }
}
