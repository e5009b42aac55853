import { readLog } from '../support/fixtures.ts';

/** How long ago the last captured line shall have been written, in milliseconds. */
const age = 60_000;
const stamp = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3})(\d{3})\+00:00/gm;

/**
 * A log as WP fail2ban and rsyslog really wrote it, with honest and hostile lines (test/fixtures/README.md). Only the
 * stamps are moved, so that the last line is a minute old; the clients' loopback addresses are in 198.18.0.0/15.
 */
export function capturedLog(now: number): Uint8Array {
  const text = Buffer.from(readLog('auth.rfc3339.log')).toString('latin1');
  const last = [...text.matchAll(stamp)].at(-1)!;
  const shift = now - age - Date.parse(`${last[1]}Z`);
  const moved = text.replace(stamp, (_whole, time: string, micros: string) => {
    const instant = new Date(Date.parse(`${time}Z`) + shift).toISOString();
    return `${instant.slice(0, -1)}${micros}+00:00`;
  });
  return Buffer.from(moved, 'latin1');
}
