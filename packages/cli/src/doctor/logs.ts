import { closeSync, fstatSync, openSync } from 'node:fs';
import { PortcullisError } from '@portcullis/contracts';
import { expandLogs } from '@portcullis/daemon/offline';
import { ago, at } from '../phrases.ts';
import { error, type Finding, ok, warning } from './finding.ts';
import { checkStamps } from './stamps.ts';
import { latestWordPressLine } from './tail.ts';

/** A log that was not written for so long is stale, in ms: cron alone writes to auth.log every hour. */
const staleMs = 24 * 3_600_000;

export function checkLogs(patterns: readonly string[], now: number): Finding[] {
  return patterns.flatMap((pattern) => {
    try {
      return expandLogs([pattern]).flatMap((path) => checkLog(path, now));
    } catch (cause) {
      if (!(cause instanceof PortcullisError)) throw cause;
      return [error('log', cause.message, adviceMissing)];
    }
  });
}

const adviceMissing =
  'Set log.files to where rsyslog writes facility auth. Without rsyslog: log.source = "journal".';

function checkLog(path: string, now: number): Finding[] {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    return code === 'EACCES'
      ? [
          error(
            'log',
            `${path} may not be read by you.`,
            'Run doctor as root, or as a member of the group adm.',
          ),
        ]
      : [
          error(
            'log',
            `${path} ${code === 'ENOENT' ? 'does not exist' : `cannot be opened: ${code}`}.`,
            adviceMissing,
          ),
        ];
  }
  try {
    const { mtimeMs } = fstatSync(fd);
    const written = ago(new Date(mtimeMs).toISOString(), now);
    const fresh =
      now - mtimeMs < staleMs
        ? ok('log', `${path} is readable and was written ${written}.`)
        : warning(
            'log',
            `${path} was last written ${written}.`,
            'Is rsyslog running? See: systemctl status rsyslog',
          );
    return [fresh, ...checkStamps(path, fd), checkWordPress(path, latestWordPressLine(path, now), now)];
  } finally {
    closeSync(fd);
  }
}

function checkWordPress(path: string, latest: number | null, now: number): Finding {
  const check = 'wordpress';
  if (latest === null) {
    return warning(
      check,
      `No WordPress line at the end of ${path}.`,
      `Activate WP fail2ban, log in once with a wrong password, and see: portcullis match ${path}`,
    );
  }
  const instant = new Date(latest).toISOString();
  if (latest > now + 60_000) {
    const advice = 'Compare the time zones of rsyslog and of this host: timedatectl';
    return warning(check, `The last WordPress line of ${path} lies in the future: ${at(instant)}.`, advice);
  }
  return ok(check, `The last WordPress line of ${path} is of ${at(instant)} (${ago(instant, now)}).`);
}
