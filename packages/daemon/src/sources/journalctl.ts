import type { Facility } from '@portcullis/contracts';
import {
  JournalExportReader,
  type JournalPosition,
  journalFields,
  type LogEntry,
  readJournalEntry,
} from '@portcullis/core';
import type { Argv, Exec, Following } from '../exec.ts';

/** What `SYSLOG_FACILITY` holds (RFC 5424 section 6.2.1). */
const facilityNumbers: Readonly<Record<Facility, number>> = {
  user: 1,
  daemon: 3,
  auth: 4,
  authpriv: 10,
  local0: 16,
  local1: 17,
  local2: 18,
  local3: 19,
  local4: 20,
  local5: 21,
  local6: 22,
  local7: 23,
};

/** Where in the journal to begin. */
export type JournalStart =
  | { readonly cursor: string }
  /** Epoch ms. */
  | { readonly since: number }
  /** At the last entry. */
  | 'newest';

export interface JournalQuery {
  /** None: entries of all facilities. */
  readonly facilities: readonly Facility[];
  readonly start: JournalStart;
  /** Ends after so many entries. */
  readonly limit?: number;
  /** Waits for more at the end. journalctl then shows this boot only. */
  readonly follow?: boolean;
}

export interface JournalRecord {
  readonly entry: LogEntry;
  readonly position: JournalPosition;
}

export interface Journalctl {
  /**
   * Begins a query; hands over what each read gave, in the order of the journal. All journals of this host are read,
   * those that journald keeps apart for users among them, and none that came from other hosts.
   */
  run(query: JournalQuery, take: (records: readonly JournalRecord[]) => void): Following;
  /** The first entry of a query; null where there is none. Rejects where journalctl fails. */
  first(query: Omit<JournalQuery, 'limit' | 'follow'>): Promise<JournalPosition | null>;
}

/** @param directory where the journal files are; left out: the host's own */
export function createJournalctl(exec: Exec, directory?: string): Journalctl {
  const run: Journalctl['run'] = (query, take) => {
    const reader = new JournalExportReader();
    return exec.follow(argvOf(query, directory), (bytes) => {
      const records: JournalRecord[] = [];
      reader.push(bytes, (fields) => {
        const record = readJournalEntry(fields);
        if (record !== null) records.push(record);
      });
      if (records.length > 0) take(records);
    });
  };

  return {
    run,
    async first(query) {
      let found: JournalPosition | null = null;
      const error = await run({ ...query, limit: 1 }, ([record]) => {
        found ??= record?.position ?? null;
      }).ended;
      if (error !== null) throw error;
      return found;
    },
  };
}

function argvOf({ facilities, start, limit, follow = false }: JournalQuery, directory?: string): Argv {
  return [
    'journalctl',
    '--quiet',
    '--no-pager',
    '--output=export',
    `--output-fields=${journalFields.join(',')}`,
    ...(directory === undefined ? [] : [`--directory=${directory}`]),
    ...startOf(start),
    ...(limit === undefined ? [] : [`--lines=${limit}`]),
    ...(follow ? ['--follow', '--no-tail'] : []),
    ...facilities.map((name) => `SYSLOG_FACILITY=${facilityNumbers[name]}`),
  ];
}

function startOf(start: JournalStart): string[] {
  if (start === 'newest') return [];
  if ('cursor' in start) return [`--cursor=${start.cursor}`];
  return [`--since=@${Math.max(0, start.since / 1000).toFixed(3)}`];
}
