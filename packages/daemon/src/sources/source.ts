import type { Clock, LogSource } from '@portcullis/core';
import type { Places, SourceKind } from './choose-source.ts';
import { createFileSource } from './file.ts';
import { createJournalSource } from './journal.ts';

export interface SourceOptions extends Omit<Places, 'usualFiles'> {
  readonly clock: Clock;
  /** Epoch ms. What was written before is not read in a log without a position. */
  readonly since: number;
}

export const createSource = (kind: SourceKind, { log, since, ...host }: SourceOptions): LogSource =>
  kind === 'file'
    ? createFileSource({ globs: log.files, clock: host.clock, catchUpSince: since })
    : createJournalSource({ ...host, facilities: log.facilities, since });
