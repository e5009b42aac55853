import { type Config, createZoneClock, StampReader, WordPressLine } from '@portcullis/core';
import { createJournalSource, type Exec } from '@portcullis/daemon/offline';
import { ago, at } from '../phrases.ts';
import { error, type Finding, ok, warning } from './finding.ts';

/** How far back WordPress lines are looked for, in ms. */
const searchMs = 24 * 3_600_000;

/** The journal in place of a log file. */
export async function checkJournal(log: Config['log'], exec: Exec, now: number): Promise<Finding[]> {
  const line = new WordPressLine(new StampReader(createZoneClock('UTC'), now));
  let latest: number | null = null;
  let entries = 0;
  let trouble: string | null = null;
  const source = createJournalSource({
    exec,
    clock: { now: () => now },
    facilities: log.facilities,
    since: now - searchMs,
  });
  await source.start([], {
    chunk() {},
    entries(batch) {
      entries += batch.entries.length;
      for (const { line: bytes, cut } of batch.entries) {
        if (line.read(bytes, 0, bytes.length, cut)) latest = line.time;
      }
    },
    trouble({ sentence }) {
      trouble ??= sentence;
    },
  });
  await source.settled();
  await source.stop();
  if (trouble !== null) {
    return [error('log', trouble, 'Run doctor as root, or as a member of the group systemd-journal.')];
  }
  const facilities = log.facilities.join(', ');
  return [
    ok('log', `Lines come from the journal: ${entries} of ${facilities} in the last 24 h.`),
    latest === null
      ? warning(
          'wordpress',
          `No WordPress line of ${facilities} in the journal of the last 24 h.`,
          "Log in once with a wrong password, and see which facility it has: journalctl -o verbose | grep -A9 'wordpress('",
        )
      : ok('wordpress', `The last WordPress line is of ${at(iso(latest))} (${ago(iso(latest), now)}).`),
  ];
}

const iso = (instant: number): string => new Date(instant).toISOString();
