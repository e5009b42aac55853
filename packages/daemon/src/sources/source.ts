import { globSync, statSync } from 'node:fs';
import type { Clock, Config, LogPosition, LogSource } from '@portcullis/core';
import type { Exec } from '../exec.ts';
import { createFileSource } from './file.ts';
import { createJournalSource } from './journal.ts';
import { createJournalctl } from './journalctl.ts';

export type SourceKind = 'file' | 'journal';

export interface SourceOptions {
  readonly log: Config['log'];
  readonly exec: Exec;
  readonly clock: Clock;
  /** Epoch ms. What was written before is not read in a log without a position. */
  readonly since: number;
}

export const createSource = (kind: SourceKind, { log, exec, clock, since }: SourceOptions): LogSource =>
  kind === 'file'
    ? createFileSource({ globs: log.files, clock, catchUpSince: since })
    : createJournalSource({ exec, clock, facilities: log.facilities, since });

export const kindOf = (position: LogPosition): SourceKind => ('cursor' in position ? 'journal' : 'file');

/** A file this much older than the newest entry of the journal is not written any more, in ms. */
const staleMs = 10 * 60_000;

/**
 * What to read: as configured. `auto` goes on with what was read before. At first it takes the files if one of them is
 * written, else the journal if that can be read.
 */
export async function chooseSource(
  { log, exec }: Pick<SourceOptions, 'log' | 'exec'>,
  positions: readonly LogPosition[],
): Promise<SourceKind> {
  if (log.source !== 'auto') return log.source;
  const [position] = positions;
  if (position === undefined) return (await isLeft({ log, exec })) ? 'journal' : 'file';
  return kindOf(position);
}

/**
 * Whether the files are not written while the journal is: none exists, or none was written in the 10 minutes before the
 * newest entry of the journal or later. False where the journal cannot be read.
 *
 * @param directory where the journal files are; left out: the host's own
 */
export async function isLeft(
  { log, exec }: Pick<SourceOptions, 'log' | 'exec'>,
  directory?: string,
): Promise<boolean> {
  const writtenAt = Math.max(...log.files.flatMap((pattern) => globSync(pattern)).map(modifiedAt), 0);
  try {
    const journalctl = createJournalctl(exec, directory);
    const newest = await journalctl.first({ facilities: log.facilities, start: 'newest' });
    if (newest !== null) return writtenAt < newest.realtime / 1000 - staleMs;
    return writtenAt === 0 && (await journalctl.first({ facilities: [], start: 'newest' })) !== null;
  } catch {
    return false;
  }
}

const modifiedAt = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
