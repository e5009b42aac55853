/** How a jail's bans grow; the words are fail2ban's. Times in milliseconds, null for ever. */
export interface BantimePolicy {
  readonly bantime: number | null;
  readonly increment: boolean;
  readonly factor: number;
  /** Empty: 1, 2, 4, 8, … */
  readonly multipliers: readonly number[];
  readonly maxtime: number | null;
  readonly rndtime: number;
}

/** fail2ban's limit of its own doubling: 2^20. */
const maxDoublings = 20;
/** What would be longer is for ever: the configuration's own limit, and dates end. In milliseconds. */
const maxDuration = 100 * 365 * 86_400_000;

/**
 * How long the next ban lasts, in milliseconds; null for ever. With increments: bantime × multiplier × factor plus a
 * random part, and none of it beyond maxtime; more than 100 years is for ever. (fail2ban adds the random part behind its cap.)
 *
 * @param earlier how often the address was banned before
 * @param random from 0 to 1, 1 excluded
 */
export function banDuration(policy: BantimePolicy, earlier: number, random: number): number | null {
  const { bantime, multipliers } = policy;
  if (bantime === null) return null;
  if (!policy.increment) return bantime;
  const multiplier =
    multipliers.at(Math.min(earlier, multipliers.length - 1)) ?? 2 ** Math.min(earlier, maxDoublings);
  const duration = bantime * multiplier * policy.factor + random * policy.rndtime;
  const capped = policy.maxtime === null ? duration : Math.min(duration, policy.maxtime);
  return capped > maxDuration ? null : Math.round(capped);
}

/** The shorter of two durations in milliseconds; null is for ever. */
export const shorter = (one: number | null, other: number | null): number | null =>
  one === null ? other : other === null ? one : Math.min(one, other);
