/** Lines as WP fail2ban and syslog daemons write them. */

export interface LineOptions {
  /** Epoch ms; now, if left out. */
  readonly time?: number;
  readonly site?: string;
  readonly user?: string;
}

/** `2026-11-21T19:00:51.287+00:00 web01 wordpress(…)[123]: Authentication failure for … from …` */
export function failureLine(
  ip: string,
  { time = Date.now(), site = 'blog.example.com', user = 'admin' }: LineOptions = {},
): string {
  const stamp = new Date(time).toISOString().replace('Z', '+00:00');
  return `${stamp} web01 wordpress(${site})[123]: Authentication failure for ${user} from ${ip}`;
}

/** The same of a login that succeeded. */
export const loginLine = (ip: string, options?: LineOptions): string =>
  failureLine(ip, options).replace('Authentication failure', 'Accepted password');

/** As many failures of one address, one after the other. */
export const failureLines = (ip: string, number: number, options?: LineOptions): string[] =>
  Array.from({ length: number }, () => failureLine(ip, options));
