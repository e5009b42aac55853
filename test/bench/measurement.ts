/** One number that the bench reports, and the limit that the project promises. */
export interface Measurement {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly limit?: { readonly atLeast: number } | { readonly atMost: number };
}

export const median = (values: readonly number[]): number => percentile(values, 50);

/** The value that `percent` of the values do not exceed (nearest rank). */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)]!;
}

export const isKept = ({ value, limit }: Measurement): boolean =>
  limit === undefined || ('atLeast' in limit ? value >= limit.atLeast : value <= limit.atMost);

const number = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

export function describeMeasurement(measurement: Measurement): string {
  const { name, value, unit, limit } = measurement;
  const promised =
    limit === undefined
      ? ''
      : 'atLeast' in limit
        ? `at least ${number.format(limit.atLeast)}`
        : `at most ${number.format(limit.atMost)}`;
  const verdict = limit === undefined ? '' : isKept(measurement) ? 'kept' : 'MISSED';
  return `${name.padEnd(62)}${number.format(value).padStart(12)} ${unit.padEnd(9)} ${promised.padEnd(22)} ${verdict}`.trimEnd();
}
