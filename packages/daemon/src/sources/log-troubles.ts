import type { Stats } from 'node:fs';
import type { Clock, LogSink, LogTrouble } from '@portcullis/core';

/** A rotation renames the log before it creates the new one: a log that was there may be away this long. */
const missingGraceMs = 3_000;
/** How long health shows that lines were lost; it cannot be mended. */
export const gapShownMs = 3_600_000;

/** Says once what is wrong with a log, and once that it is over. */
export interface LogTroubles {
  missing(wasThere: boolean): void;
  notAFile(stats: Stats): void;
  unreadable(reason: string): void;
  readable(): void;
  gap(sentence: string): void;
}

export function createLogTroubles(deps: { log: string; clock: Clock; sink: LogSink }): LogTroubles {
  const { log, clock, sink } = deps;
  const told: Record<LogTrouble['code'], string | null> = {
    log_missing: null,
    log_unreadable: null,
    log_gap: null,
  };
  let missingSince: number | undefined;
  let gapAt = 0;

  function tell(code: LogTrouble['code'], sentence: string | null) {
    if (told[code] === sentence) return;
    told[code] = sentence;
    sink.trouble({ code, log, sentence });
  }

  function unreadable(sentence: string) {
    missingSince = undefined;
    tell('log_missing', null);
    tell('log_unreadable', sentence);
  }

  return {
    missing(wasThere) {
      missingSince ??= clock.now();
      if (wasThere && clock.now() - missingSince < missingGraceMs) return;
      tell('log_unreadable', null);
      tell(
        'log_missing',
        `${log} does not exist. It is read as soon as it appears; if your system logs elsewhere, correct log.files.`,
      );
    },
    notAFile(stats) {
      const kind = stats.isDirectory()
        ? 'a directory'
        : stats.isFIFO()
          ? 'a named pipe'
          : stats.isSocket()
            ? 'a socket'
            : 'a device';
      unreadable(`${log} is ${kind}, not a log file. Name the file itself in log.files.`);
    },
    unreadable(reason) {
      unreadable(
        `${log} cannot be read: ${reason}. Give the daemon permission to read it (group adm on Debian); ` +
          'it is tried again every second.',
      );
    },
    readable() {
      missingSince = undefined;
      tell('log_missing', null);
      tell('log_unreadable', null);
      if (told.log_gap !== null && clock.now() - gapAt >= gapShownMs) tell('log_gap', null);
    },
    gap(sentence) {
      gapAt = clock.now();
      tell('log_gap', sentence);
    },
  };
}
