import { appendFileSync } from 'node:fs';

/** A line on its way into auth.log, and when it was written. */
export interface WrittenLine {
  readonly text: string;
  /** On the clock of `performance.now()`, in milliseconds. */
  readonly writtenAt: number;
}

/** Writes to auth.log what WP fail2ban and rsyslog would write, one line at a time. */
export const createWordPressLog = (path: string) => ({
  write(message: string, address: string): WrittenLine {
    const stamp = new Date().toISOString().replace('Z', '000+00:00');
    const text = `${stamp} demo wordpress(blog.example.com)[4242]: ${message} from ${address}`;
    const writtenAt = performance.now();
    appendFileSync(path, `${text}\n`);
    return { text, writtenAt };
  },
});
