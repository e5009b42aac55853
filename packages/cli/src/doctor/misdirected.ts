import { globSync } from 'node:fs';
import { chooseSource } from '@portcullis/daemon/offline';
import { ago } from '../phrases.ts';
import { type Check, ok, warning } from './finding.ts';
import { latestWordPressLine } from './tail.ts';

export interface OtherLog {
  readonly path: string;
  /** When its last WordPress line that a filter counts was written, as epoch ms. */
  readonly latest: number;
}

/** Where syslog daemons put what is not of facility auth. */
const elsewhere = ['syslog', 'messages', 'user.log', 'daemon.log', 'secure', 'auth.log', 'wordpress.log'];
const recentMs = 7 * 86_400_000;

/** WordPress lines that the daemon never sees: WP fail2ban writes pingbacks and comments to LOG_USER. */
export const misdirectedCheck: Check<readonly OtherLog[] | null> = {
  name: 'other logs',
  async gather({ root, config, now, exec }) {
    if ((await chooseSource({ log: config.log, exec }, [])) === 'journal') return null;
    const read = new Set(config.log.files.flatMap((pattern) => globSync(root + pattern)));
    return elsewhere
      .map((name) => `${root}/var/log/${name}`)
      .filter((path) => !read.has(path))
      .flatMap((path) => {
        const latest = latestWordPressLine(path, now, { failuresOnly: true });
        return latest === null ? [] : [{ path: path.slice(root.length), latest }];
      });
  },
  judge(logs, now) {
    if (logs === null) return [];
    const lost = logs.filter(({ latest }) => now - latest < recentMs);
    if (lost.length === 0) return [ok('other logs', 'No WordPress line goes to a log that is not read.')];
    return lost.map(({ path, latest }) =>
      warning(
        'other logs',
        `${path} has WordPress lines that count, the last ${ago(new Date(latest).toISOString(), now)}, and is not read.`,
        'If these lines are not in a log that is read as well, add this one to log.files.',
      ),
    );
  },
};
