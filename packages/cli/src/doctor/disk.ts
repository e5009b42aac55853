import { existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { bytes } from '../phrases.ts';
import { type Check, error, ok, warning } from './finding.ts';

/** Below this much free space the database may soon not be written, in bytes: full at 10 MB, tight at 200 MB. */
const fullBytes = 10_000_000;
const tightBytes = 200_000_000;

/** Whether there is room for the database. */
export const diskCheck: Check<{ readonly stateDir: string; readonly free: number }> = {
  name: 'disk',
  gather({ config: { stateDir } }) {
    let path = stateDir;
    while (!existsSync(path)) path = dirname(path);
    const { bavail, bsize } = statfsSync(path);
    return { stateDir, free: bavail * bsize };
  },
  judge({ stateDir, free }) {
    const sentence = `${bytes(free)} are free for ${stateDir}.`;
    if (free < fullBytes) {
      return [error('disk', sentence, 'Make room: bans are kept in memory only on a full disk.')];
    }
    if (free < tightBytes) return [warning('disk', sentence, 'Make room before the disk is full.')];
    return [ok('disk', sentence)];
  },
};
