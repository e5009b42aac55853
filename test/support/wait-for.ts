import { setTimeout as pause } from 'node:timers/promises';

/** How long a condition may take unless a test says otherwise, in milliseconds. */
const defaultTimeout = 10_000;

/**
 * Asks again and again until the answer is neither undefined nor false, and gives it. What the question throws counts
 * as "not yet"; it stands in the error when time is up.
 */
export async function waitFor<T>(
  what: string,
  ask: () => T | Promise<T>,
  { timeout = defaultTimeout, every = 20 } = {},
): Promise<Exclude<T, undefined | false>> {
  const end = Date.now() + timeout;
  let latest: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer as Exclude<T, undefined | false>;
      latest = answer;
    } catch (error) {
      latest = error;
    }
    if (Date.now() > end) throw new Error(`Not within ${timeout / 1000} s: ${what}`, { cause: latest });
    await pause(every);
  }
}
