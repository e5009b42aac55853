import { formatDuration } from '@portcullis/contracts';
import { type FailureRecord, foreign, type JailConfig, type Verdict } from '@portcullis/core';

/**
 * The rule that a verdict's ban rests on, as a sentence. It may hold a name that was tried: text of attackers, without what cannot
 * be seen, and cut.
 *
 * @param failures those of the verdict, at least one
 */
export function banReason(config: JailConfig, verdict: Verdict, failures: readonly FailureRecord[]): string {
  const { together, campaign } = verdict;
  const within = ` in ${formatDuration(config.findtime)}`;
  if (config.key !== 'address') {
    const what = config.key === 'user' ? `that try "${nameOf(failures)}"` : 'from its network';
    // A ban that was held is made later, and without the others.
    if (together === undefined)
      return `its part in failures of several addresses ${what}; ${config.name} allows ${config.maxretry - 1}${within}`;
    const by = config.key === 'user' ? what : `from AS${together.key}`;
    return (
      `${together.failures} failures ${span(together.since, verdict.time)} ${by}, by ${together.clients} addresses; ` +
      `${config.name} allows ${config.maxretry - 1}${within}`
    );
  }
  const times = failures.map(({ time }) => time);
  const allowed = campaign === undefined ? config.maxretry - 1 : `fewer in the campaign ${campaign}`;
  // Who is left out counted, and has no part in the ban.
  const others = verdict.leftOut === undefined ? '' : ` with ${verdict.leftOut} of others in its network`;
  return `${verdict.failures} failures${others} ${span(Math.min(...times), Math.max(...times))}; ${config.name} allows ${allowed}${within}`;
}

const nameOf = (failures: readonly FailureRecord[]): string => foreign(failures.at(-1)?.user ?? '').foreign;

/** `within 42 s`, or `at one instant`. */
function span(first: number, last: number): string {
  const seconds = Math.round((last - first) / 1000);
  if (seconds <= 0 || !Number.isFinite(seconds)) return 'at one instant';
  if (seconds < 120) return `within ${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `within ${minutes} min` : `within ${Math.round(minutes / 60)} h`;
}
