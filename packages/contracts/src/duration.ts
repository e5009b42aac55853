const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
type Unit = keyof typeof unitMs;

/** The spelling of a duration in the configuration and on the command line; `-1` stands for ever. */
export const durationPattern = '^(-1|[0-9]{1,10}|([0-9]{1,10}[smhdw])+)$';

/**
 * Milliseconds of `30s`, `1h30m`, `1d`, `4w` or plain seconds; null for `-1` (for ever);
 * undefined where it is none of these or longer than 100 years.
 */
export function parseDuration(text: string | number): number | null | undefined {
  const spelled = String(text).trim();
  if (!new RegExp(durationPattern).test(spelled)) return undefined;
  if (spelled === '-1') return null;
  const parts = [...spelled.matchAll(/([0-9]+)([smhdw]?)/g)];
  const ms = parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * unitMs[(unit || 's') as Unit], 0);
  return ms > 100 * 365 * unitMs.d ? undefined : ms;
}

/** The shortest spelling that `parseDuration` reads back to the same value, in whole seconds. */
export function formatDuration(ms: number | null): string {
  if (ms === null) return '-1';
  const seconds = Math.round(ms / 1000);
  for (const unit of ['w', 'd', 'h', 'm'] as const) {
    const size = unitMs[unit] / 1000;
    if (seconds >= size && seconds % size === 0) return `${seconds / size}${unit}`;
  }
  return `${seconds}s`;
}
