import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  realpathSync,
  type Stats,
  statSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { FilePosition } from '@portcullis/core';
import { fingerprintLength, headMatches } from './head.ts';
import { comparePaths, parseRotatedName } from './rotated-names.ts';

/** A file in which a part of a log stands: the log itself, or one that was rotated away. */
export interface FoundFile {
  readonly path: string;
  readonly device: number;
  readonly inode: number;
  readonly size: number;
  readonly modified: number;
  readonly gzip: boolean;
  /** It is the log itself, which is written now. */
  readonly current: boolean;
}

/** Listings are repeated while a rotation is under way, at most this often. */
const listAttempts = 5;

/**
 * The files of a log, oldest first, the log itself last. Rotated files are looked for beside the log, and beside the
 * file that a symbolic link points to; of a file that is being compressed, the uncompressed one counts.
 */
export function listLogFiles(log: string): FoundFile[] {
  let found = listOnce(log);
  for (let attempt = 1; attempt < listAttempts; attempt++) {
    const again = listOnce(log);
    if (sameFiles(found, again)) return again;
    found = again;
  }
  return found;
}

/**
 * The files of a log, and the index of the one that a position was in, or -1. A file that is renamed between listing
 * and looking into it would seem to be gone: so what is found counts only when the listing is still the same.
 *
 * @param truncated the log as it is now is known to hold something else
 */
export function listAndLocate(
  log: string,
  position: FilePosition | undefined,
  truncated: boolean,
): { readonly files: FoundFile[]; readonly at: number } {
  let files = listLogFiles(log);
  if (position === undefined) return { files, at: -1 };
  for (let attempt = 1; ; attempt++) {
    const at = locate(position, files, truncated);
    const again = listOnce(log);
    if (attempt === listAttempts || sameFiles(files, again)) return { files, at };
    files = again;
  }
}

function listOnce(log: string): FoundFile[] {
  const paths = new Set(rotatedNames(log));
  const target = targetOf(log);
  if (target !== log) for (const path of rotatedNames(target)) paths.add(path);
  const rotated = [...paths]
    .filter((path) => !(path.endsWith('.gz') && paths.has(path.slice(0, -3))))
    .sort(comparePaths)
    .flatMap((path) => look(path, false) ?? []);
  const current = look(target, true);
  const all = current === undefined ? rotated : [...rotated, current];
  return all.filter((file, at) => all.findLastIndex((other) => isSameFile(file, other)) === at);
}

function rotatedNames(log: string): string[] {
  const name = basename(log);
  try {
    return readdirSync(dirname(log))
      .filter((entry) => entry.startsWith(name) && parseRotatedName(entry)?.log === name)
      .map((entry) => join(dirname(log), entry));
  } catch {
    return [];
  }
}

/** Where a symbolic link leads; the path itself where it is none, or leads nowhere. */
export function targetOf(log: string): string {
  try {
    return lstatSync(log).isSymbolicLink() ? realpathSync(log) : log;
  } catch {
    return log;
  }
}

/** @returns undefined for what is not a regular file, or cannot be looked at */
export function look(path: string, current: boolean): FoundFile | undefined {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (!stats?.isFile()) return undefined;
    return describe(path, current, stats);
  } catch {
    return undefined;
  }
}

function describe(path: string, current: boolean, stats: Stats): FoundFile {
  const { dev: device, ino: inode, size, mtimeMs: modified } = stats;
  return { path, device, inode, size, modified, gzip: !current && path.endsWith('.gz'), current };
}

export function isSameFile(
  a: { readonly device: number; readonly inode: number },
  b: { readonly device: number; readonly inode: number },
): boolean {
  return a.inode === b.inode && a.device === b.device;
}

function sameFiles(a: readonly FoundFile[], b: readonly FoundFile[]): boolean {
  return (
    a.length === b.length && a.every((file, at) => file.path === b[at]!.path && isSameFile(file, b[at]!))
  );
}

/** Opens a regular file for reading. A pipe or device is refused at once, with ENXIO, never waited for. */
export function openRegular(path: string): number {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  const stats = fstatSync(fd);
  if (stats.isFile()) return fd;
  closeSync(fd);
  const code = stats.isDirectory() ? 'EISDIR' : 'ENXIO';
  throw Object.assign(new Error(`${code}: not a regular file, open '${path}'`), {
    code,
    syscall: 'open',
    path,
  });
}

/** Opens what was found, if it is still that. */
export function openFound(file: FoundFile): number | undefined {
  const fd = openRegular(file.path);
  const { dev: device, ino: inode } = fstatSync(fd);
  if (isSameFile(file, { device, inode })) return fd;
  closeSync(fd);
  return undefined;
}

/**
 * Finds the file that a position was in. It is the one with the same inode and head; or, since copying and compressing
 * keep the content, one with the same head; the newest of several. A file that is shorter than the position comes
 * last: a copy made before the last lines were written, or a file whose end was lost with the power.
 *
 * @param truncated the log as it is now is known to hold something else
 * @returns the index in `files`, or -1
 */
export function locate(position: FilePosition, files: readonly FoundFile[], truncated: boolean): number {
  const ranks = files.map((file) => rank(position, file, truncated));
  const best = Math.max(0, ...ranks);
  return best === 0 ? -1 : ranks.lastIndexOf(best);
}

function rank(position: FilePosition, file: FoundFile, truncated: boolean): number {
  const sameInode = file.inode === position.inode;
  if (truncated && file.current) return 0;
  if (fingerprintLength(position.head) === 0) return sameInode && isSameFile(file, position) ? 1 : 0;
  if (!beginsLike(file, position.head)) return 0;
  const long = file.gzip || file.size >= position.offset;
  if (long) return sameInode ? 4 : 3;
  return file.current ? 1 : 2;
}

/** Whether the file's content begins as the fingerprint says; no, where it cannot be read. */
export function beginsLike(file: FoundFile, head: string): boolean {
  try {
    const fd = openFound(file);
    if (fd === undefined) return false;
    try {
      return headMatches(fd, file.gzip, head);
    } finally {
      closeSync(fd);
    }
  } catch {
    return false;
  }
}
