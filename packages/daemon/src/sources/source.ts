import { globSync, statSync } from 'node:fs';
import type { Clock, Config, LogPosition, LogSource } from '@portcullis/core';
import type { Exec } from '../exec.ts';
import { createFileSource } from './file.ts';
import { createJournalSource } from './journal.ts';
import { createJournalctl } from './journalctl.ts';

export type SourceKind = 'file' | 'journal';

/** Where lines may come from. */
export interface Places {
  readonly log: Config['log'];
  readonly exec: Exec;
  /** Where the journal's files are; left out: the host's own. */
  readonly directory?: string;
}

export interface SourceOptions extends Places {
  readonly clock: Clock;
  /** Epoch ms. What was written before is not read in a log without a position. */
  readonly since: number;
}

export const createSource = (kind: SourceKind, { log, since, ...host }: SourceOptions): LogSource =>
  kind === 'file'
    ? createFileSource({ globs: log.files, clock: host.clock, catchUpSince: since })
    : createJournalSource({ ...host, facilities: log.facilities, since });

export const kindOf = (position: LogPosition): SourceKind => ('cursor' in position ? 'journal' : 'file');

/** A file this much older than the newest entry of the journal is not written any more, in ms. */
const staleMs = 10 * 60_000;

/**
 * What to read: as configured. `auto` goes on with what was read before. At first it takes the files if one of them is
 * written, else the journal if that can be read.
 */
export async function chooseSource(places: Places, positions: readonly LogPosition[]): Promise<SourceKind> {
  if (places.log.source !== 'auto') return places.log.source;
  const [position] = positions;
  if (position === undefined) return (await areFilesLeft(places)) ? 'journal' : 'file';
  return kindOf(position);
}

/**
 * Whether the files are not written while the journal is: none exists, or the newest was last written more than 10 minutes
 * before the newest entry of the journal's facilities. False where the journal cannot be read.
 */
export async function areFilesLeft({ log, exec, directory }: Places): Promise<boolean> {
  const writtenAt = Math.max(0, ...log.files.flatMap((pattern) => globSync(pattern)).map(modifiedAt));
  const journalctl = createJournalctl(exec, directory);
  try {
    const newest = await journalctl.first({ facilities: log.facilities, start: 'newest' });
    if (newest !== null) return writtenAt < newest.realtime / 1000 - staleMs;
    return writtenAt === 0 && (await journalctl.first({ facilities: [], start: 'newest' })) !== null;
  } catch {
    return false;
  }
}

const modifiedAt = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
