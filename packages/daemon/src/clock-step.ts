import os from 'node:os';
import type { Clock } from '@portcullis/core';

/** What differs by less is drift and slewing, and the time between two readings, in milliseconds. */
const smallestStep = 5_000;
/** Two readings of the uptime around one of the clock lie this near, unless the process was stopped between them. */
const readingTime = 1_000;
const maxReadings = 5;

/**
 * Notices when somebody sets the clock. Time that really went by, sleep of the machine included, is no step: Linux
 * counts it in the uptime (CLOCK_BOOTTIME), which nobody can set.
 *
 * @param uptime seconds
 * @returns asks how far the clock was set since the last question, in milliseconds: negative for back, 0 for not at all
 */
export function createClockStep(clock: Clock, uptime: () => number = os.uptime): () => number {
  const bootedAt = (): number => {
    let best = { spread: Number.POSITIVE_INFINITY, instant: 0 };
    for (let reading = 0; reading < maxReadings && best.spread > readingTime; reading++) {
      const before = uptime() * 1000;
      const now = clock.now();
      const spread = uptime() * 1000 - before;
      if (spread < best.spread) best = { spread, instant: now - before };
    }
    return best.instant;
  };
  let known = bootedAt();
  return () => {
    const found = bootedAt();
    const step = Math.round(found - known);
    if (Math.abs(step) < smallestStep) return 0;
    known = found;
    return step;
  };
}
