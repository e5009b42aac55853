/**
 * The names that logrotate gives: `auth.log.1`, `auth.log.2.gz`, and with dateext `auth.log-20261121`,
 * `auth.log-2026-11-21`, `auth.log-2026112119`, `auth.log-20261121-1795287600`, each also with `.gz`.
 */
export interface RotatedName {
  /** The log that it was rotated from. */
  readonly log: string;
  readonly style: 'number' | 'date';
  /** Sorts the names of one style of one log: a lower one is older. */
  readonly age: bigint;
  readonly gzip: boolean;
}

const pattern =
  /^(?<log>.+?)(?:\.(?<number>\d{1,6})|-(?<date>\d{4}-?\d\d-?\d\d(?:-?\d{1,10}){0,2}))(?<gzip>\.gz)?$/;

/** @returns what the name of a rotated log says; undefined: it is not one */
export function parseRotatedName(path: string): RotatedName | undefined {
  const groups = pattern.exec(path)?.groups;
  if (groups === undefined) return undefined;
  const { log = '', number, date = '', gzip } = groups;
  if (log.endsWith('/')) return undefined;
  return number === undefined
    ? { log, style: 'date', age: dateAge(date), gzip: gzip !== undefined }
    : { log, style: 'number', age: -BigInt(number), gzip: gzip !== undefined };
}

/** Dates with and without an hour or a number behind them stay in order: the day counts first. */
function dateAge(date: string): bigint {
  const digits = date.replaceAll('-', '');
  return BigInt(digits.slice(0, 8)) * 10n ** 20n + BigInt(digits.slice(8) || '0');
}

/** For sorting logs: by log, then oldest first, the log itself last. */
export function comparePaths(a: string, b: string): number {
  const rotatedA = parseRotatedName(a);
  const rotatedB = parseRotatedName(b);
  const logA = rotatedA?.log ?? a;
  const logB = rotatedB?.log ?? b;
  if (logA !== logB) return logA < logB ? -1 : 1;
  if (rotatedA === undefined || rotatedB === undefined)
    return Number(rotatedA === undefined) - Number(rotatedB === undefined);
  if (rotatedA.style !== rotatedB.style) return rotatedA.style === 'number' ? -1 : 1;
  if (rotatedA.age !== rotatedB.age) return rotatedA.age < rotatedB.age ? -1 : 1;
  return Number(rotatedB.gzip) - Number(rotatedA.gzip);
}
