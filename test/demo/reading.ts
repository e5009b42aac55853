import { readFileSync } from 'node:fs';
import type { Screen } from './screen.ts';
import type { Stage } from './stage.ts';

/** The daemon starts on a log that holds lines already. */
export async function playReading(stage: Stage, screen: Screen): Promise<void> {
  const lines = readFileSync(stage.logPath, 'latin1').trimEnd().split('\n');
  screen.chapter(`The log holds ${lines.length} lines that WP fail2ban has really written`);
  screen.show(lines.slice(0, 3).join('\n'));
  screen.tell(`… and ${lines.length - 3} more, honest and hostile; their stamps are moved to the last hour.`);
  const { bans, jails } = await stage.client.call('status');
  screen.promise(
    bans.wanted > 0 && bans.enforced === bans.wanted,
    `${(stage.startTook / 1000).toFixed(1)} s after its start the daemon has read them, counted ${jails[0]?.failures} ` +
      `failures and enforces ${bans.wanted} bans`,
    JSON.stringify(bans),
  );
}
