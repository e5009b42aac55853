import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { PortcullisError } from '@portcullis/contracts';
import { createZoneClock, LineSplitter, StampReader, WordPressLine } from '@portcullis/core';
import { expandLogs } from '@portcullis/daemon/offline';
import { ago, at } from '../phrases.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

/** How much of a log's end is searched for WordPress lines, in bytes. */
const tailBytes = 16 * 1024 * 1024;
/** A log that was not written for so long is stale, in ms: cron alone writes to auth.log every hour. */
const staleMs = 24 * 3_600_000;

export function checkLogs(patterns: readonly string[], now: number): Finding[] {
  return patterns.flatMap((pattern) => {
    try {
      return expandLogs([pattern]).flatMap((path) => checkLog(path, now));
    } catch (error) {
      if (!(error instanceof PortcullisError)) throw error;
      return [fail('log', error.message, adviceMissing)];
    }
  });
}

const adviceMissing =
  'Set log.files to where rsyslog writes facility auth. Without rsyslog: log.source = "journal".';

function checkLog(path: string, now: number): Finding[] {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'EACCES'
      ? [
          fail(
            'log',
            `${path} may not be read by you.`,
            'Run doctor as root, or as a member of the group adm.',
          ),
        ]
      : [
          fail(
            'log',
            `${path} ${code === 'ENOENT' ? 'does not exist' : `cannot be opened: ${code}`}.`,
            adviceMissing,
          ),
        ];
  }
  try {
    const { mtimeMs, size } = fstatSync(fd);
    const written = ago(new Date(mtimeMs).toISOString(), now);
    const fresh =
      now - mtimeMs < staleMs
        ? ok('log', `${path} is readable and was written ${written}.`)
        : warn(
            'log',
            `${path} was last written ${written}.`,
            'Is rsyslog running? See: systemctl status rsyslog',
          );
    return [fresh, checkWordPress(path, lastWordPressLine(fd, size, now), now)];
  } finally {
    closeSync(fd);
  }
}

function checkWordPress(path: string, latest: number | null, now: number): Finding {
  const check = 'wordpress';
  if (latest === null) {
    return warn(
      check,
      `No WordPress line at the end of ${path}.`,
      `Activate WP fail2ban, log in once with a wrong password, and see: portcullis match ${path}`,
    );
  }
  const instant = new Date(latest).toISOString();
  if (latest > now + 60_000) {
    const advice = 'Compare the time zones of rsyslog and of this host: timedatectl';
    return warn(check, `The last WordPress line of ${path} lies in the future: ${at(instant)}.`, advice);
  }
  return ok(check, `The last WordPress line of ${path} is of ${at(instant)} (${ago(instant, now)}).`);
}

/** When the last WordPress line at the log's end was written; null where there is none. */
function lastWordPressLine(fd: number, size: number, now: number): number | null {
  const start = Math.max(0, size - tailBytes);
  const buffer = Buffer.alloc(Math.min(size, 1024 * 1024));
  const splitter = new LineSplitter();
  const line = new WordPressLine(new StampReader(createZoneClock(Temporal.Now.timeZoneId()), now));
  let latest: number | null = null;
  for (let position = start; position < size; ) {
    const length = readSync(fd, buffer, 0, buffer.length, position);
    if (length === 0) break;
    position += length;
    splitter.push(buffer.subarray(0, length), (bytes, from, to, cut) => {
      if (line.read(bytes, from, to, cut) && !Number.isNaN(line.time)) latest = line.time;
    });
  }
  return latest;
}
