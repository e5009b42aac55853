import { globSync, statSync } from 'node:fs';
import { defaultConfig } from '@portcullis/contracts';
import type { Config, LogPosition } from '@portcullis/core';
import type { Exec } from '../exec.ts';
import { createJournalctl } from './journalctl.ts';

export type SourceKind = 'file' | 'journal';

/** Where lines may come from. */
export interface Places {
  readonly log: Config['log'];
  readonly exec: Exec;
  /** Where the journal's files are; left out: the host's own. */
  readonly directory?: string;
  /** The files of a configuration that names none; left out: the default ones. */
  readonly usualFiles?: readonly string[];
}

export const kindOf = (position: LogPosition): SourceKind => ('cursor' in position ? 'journal' : 'file');

/** A file this much older than the newest entry of the journal is not written any more, in ms. */
const staleMs = 10 * 60_000;

/**
 * What to read: as configured. `auto` takes files that the administrator chose, and goes on with what was read before. At
 * first it takes the usual files if one of them is written, else the journal if that can be read.
 */
export async function chooseSource(places: Places, positions: readonly LogPosition[]): Promise<SourceKind> {
  if (places.log.source !== 'auto') return places.log.source;
  if (!areUsual(places)) return 'file';
  const [position] = positions;
  if (position === undefined) return (await areFilesLeft(places)) ? 'journal' : 'file';
  return kindOf(position);
}

const areUsual = ({ log, usualFiles = defaultConfig.log.files }: Places): boolean =>
  log.files.join('\n') === usualFiles.join('\n');

/**
 * Whether the usual files are not written while the journal is: none exists, or the newest was last written more than 10
 * minutes before the newest entry of the journal's facilities. False where the journal cannot be read, and for files that
 * the administrator chose: they are waited for.
 */
export async function areFilesLeft(places: Places): Promise<boolean> {
  const { log, exec, directory } = places;
  if (!areUsual(places)) return false;
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
