/** What is wrong with the disk under a database; not with the statement. */
export type TroubleCause = 'full' | 'readonly' | 'corrupt' | 'busy' | 'io';

/** SQLite's primary result codes (sqlite.org/rescode.html); the extended ones have them in the low byte. */
const causes: Readonly<Record<number, TroubleCause>> = {
  5: 'busy',
  6: 'busy',
  8: 'readonly',
  10: 'io',
  11: 'corrupt',
  13: 'full',
  14: 'io',
  26: 'corrupt',
};
const systemCauses: Readonly<Record<string, TroubleCause>> = {
  ENOSPC: 'full',
  EDQUOT: 'full',
  EROFS: 'readonly',
  EACCES: 'readonly',
  EPERM: 'readonly',
  EIO: 'io',
  ENOENT: 'io',
  ENOTDIR: 'io',
  EISDIR: 'io',
  EEXIST: 'io',
};

/** The cause, where `error` is SQLite's or the system's word about the disk; undefined for every other error. */
export function troubleOf(error: unknown): TroubleCause | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('errcode' in error && typeof error.errcode === 'number') return causes[error.errcode & 0xff];
  if ('code' in error && typeof error.code === 'string') return systemCauses[error.code];
  return undefined;
}

const sentences: Readonly<Record<TroubleCause, (path: string) => string>> = {
  full: (path) => `The disk that holds ${path} is full: free some space.`,
  readonly: (path) =>
    `${path} cannot be written: mount its file system read-write, and check its owner and mode.`,
  corrupt: (path) =>
    `The database ${path} is corrupt: it is set aside, and a new one takes what is readable.`,
  busy: (path) => `Another program keeps ${path} locked: end it.`,
  io: (path) => `Reading or writing ${path} fails: check the disk, and that the directory is there.`,
};

/** What is wrong and what to do about it, and what happens meanwhile. */
export const troubleSentence = (cause: TroubleCause, path: string, detail: string): string =>
  `${sentences[cause](path)} Until then bans are kept in memory only, and would not survive a restart (${detail}).`;
