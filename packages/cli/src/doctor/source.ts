import type { Config } from '@portcullis/core';
import { chooseSource, type Exec } from '@portcullis/daemon/offline';
import type { Finding } from './finding.ts';
import { checkJournal } from './journal.ts';
import { checkLogs } from './logs.ts';

/** What a daemon that has read nothing yet would read. */
export async function checkSource(log: Config['log'], exec: Exec, now: number): Promise<Finding[]> {
  return (await chooseSource({ log, exec }, [])) === 'journal'
    ? await checkJournal(log, exec, now)
    : checkLogs(log.files, now);
}
