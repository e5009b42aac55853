import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { FilePosition } from '@portcullis/core';
import { type FoundFile, listAndLocate, listLogFiles, targetOf } from './log-files.ts';
import { type LogPart, openPart } from './log-part.ts';
import type { LogTroubles } from './log-troubles.ts';

export interface LogPartsOptions {
  readonly log: string;
  /** Named in the configuration, not found by a pattern: it is missed when it is not there. */
  readonly named: boolean;
  readonly position: FilePosition | undefined;
  /** Rotated files last written before this instant are not read. */
  readonly catchUpSince: number;
  readonly troubles: LogTroubles;
  /** Called with the directories in which the log's files stand, when they may have changed. */
  readonly watch: (directories: readonly string[]) => void;
}

/**
 * Which files make up a log, and in what order they are read. One listing answers where to resume, what was missed,
 * and where the bytes of a truncated file went: it is searched for the newest content that is known, by inode or head,
 * and all that is newer is unread.
 */
export interface LogParts {
  /** Looks whether another file has the log's name, or a copy was made unseen, and opens what is new. */
  look(): void;
  /** The oldest part that is not left; it is the one to read. */
  first(): LogPart | undefined;
  /** Whether a part behind the first one has bytes. */
  isFollowed(): boolean;
  /** Drops the first part: all of it has been read. */
  leaveFirst(): void;
  /**
   * The first part's file holds other content now: goes on in the copy, where there is one.
   * @returns whether there is
   */
  moveFirstToCopy(): boolean;
  /** Opens the log as it is now, behind all others. */
  openCurrent(): void;
  unread(): number;
  /** The end of the newest content that is known: where the log would be resumed when all was read. */
  reached(): FilePosition | undefined;
  isPresent(): boolean;
  /** Where the log is: itself, or what it links to. */
  target(): string;
  close(): void;
}

/** Open files of one log: a bound on descriptors when many rotated files were missed. The rest is opened later. */
const maxOpenParts = 32;
/** How often a listing is repeated because a file was renamed before it could be opened; the next look goes on. */
const openAttempts = 5;

export function createLogParts(options: LogPartsOptions): LogParts {
  const { log, troubles } = options;
  /** Oldest first; the last is the log itself, unless it is missing or not yet opened. */
  let parts: LogPart[] = [];
  /** The end of a part that is left, or where an earlier run stopped. */
  let left = options.position;
  let begun = false;
  let present = false;
  let target = log;
  let targetModified = 0;

  /** Notices that another file has the log's name, or that a copy was made while the log was empty. */
  function look() {
    let stats: ReturnType<typeof statSync>;
    try {
      stats = statSync(log, { throwIfNoEntry: false });
    } catch (error) {
      troubles.unreadable((error as Error).message);
      return;
    }
    const tail = parts.at(-1);
    present = stats !== undefined;
    if (stats === undefined && options.named) troubles.missing(tail !== undefined);
    if (stats !== undefined && !stats.isFile()) troubles.notAFile(stats);
    const isFile = stats?.isFile() === true;
    const isOther = isFile && !tail?.isOpenAs({ device: stats!.dev, inode: stats!.ino });
    if (!begun || (isOther && parts.length < maxOpenParts)) findParts();
    else if (tail !== undefined && mayHideCopy(tail)) findParts();
    else if (isFile) troubles.readable();
  }

  /**
   * A file without a head cannot show that it was copied and truncated: so the listing is asked before its first
   * bytes are read, and when its directory has changed.
   */
  function mayHideCopy(part: LogPart): boolean {
    if (part.hasHead() || part.listed) return false;
    if (part.size() > 0) part.listed = true;
    return part.listed || directoryChanged();
  }

  function directoryChanged(): boolean {
    const modified = statSync(dirname(target), { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (modified === targetModified) return false;
    targetModified = modified;
    return true;
  }

  /** Opens what is newer than the newest part that is known; again while a rotation moves it away under our hands. */
  function findParts() {
    target = targetOf(log);
    options.watch([dirname(log), dirname(target)]);
    for (let attempt = 0; attempt < openAttempts; attempt++) {
      directoryChanged();
      if (findPartsOnce()) return;
    }
  }

  function findPartsOnce(): boolean {
    const known = parts.findLast((part) => part.hasHead())?.position() ?? left;
    const { files, at } = listAndLocate(log, known, false);
    if (!begun) return begin(files, at);
    const newer = files
      .slice(at + 1)
      .filter((file) => file.current || (isWanted(file) && (at !== -1 || !known)));
    return insert(newer);
  }

  /** The first listing: where an earlier run stopped, and what it missed. */
  function begin(files: FoundFile[], at: number): boolean {
    const { position } = options;
    const newer = files.slice(at + 1).filter((file) => file.current || isWanted(file));
    if (position !== undefined && at === -1) return beginElsewhere(position, files, newer);
    // Nothing yet, not even the log: it is begun when something appears.
    if (files.length === 0) return true;
    const file = files[at];
    if (file !== undefined && (file.current || isWanted(file))) {
      const part = tryOpen(file, position);
      if (part === undefined) return false;
      if (part === null && file.current) return true;
      if (part !== null) parts.push(part);
    }
    begun = true;
    return insert(newer);
  }

  /** The file of the position is not among the log's: a link that points elsewhere now, or it is gone. */
  function beginElsewhere(position: FilePosition, files: FoundFile[], newer: FoundFile[]): boolean {
    const current = files.find((file) => file.current);
    if (current === undefined) return true;
    const elsewhere = elsewhereOf(position);
    const part = elsewhere && tryOpen(elsewhere, position);
    begun = true;
    if (part) {
      parts.push(part);
      return insert([current]);
    }
    troubles.gap(
      `${log}: what was read last, up to byte ${position.offset} of ${position.path}, is gone. Lines written to it ` +
        'while Portcullis was not running have not been counted. Keep at least one rotated file.',
    );
    if (current.inode !== position.inode) {
      left = undefined;
      return insert(newer);
    }
    // Truncated where it stood: all that was rotated is older than what was read.
    left = endOf(files.findLast((file) => !file.current && file.size > 0));
    return insert([current]);
  }

  function endOf(file: FoundFile | undefined): FilePosition | undefined {
    const part = (file && tryOpen(file)) ?? undefined;
    part?.close();
    return part === undefined ? undefined : { ...part.position(), offset: file!.size };
  }

  function elsewhereOf(position: FilePosition): FoundFile | undefined {
    if (position.path === log) return undefined;
    const { files, at } = listAndLocate(position.path, position, false);
    return files[at];
  }

  function isWanted(file: FoundFile): boolean {
    return file.size > 0 && file.modified >= options.catchUpSince;
  }

  /**
   * Puts files behind the parts that are open; one that is open already takes its place among them.
   * @returns whether each was still there
   */
  function insert(files: readonly FoundFile[]): boolean {
    const open = files.map((file) => parts.find((part) => part.isContentOf(file)));
    const next = parts.filter((part) => !open.includes(part));
    let complete = true;
    for (const [at, file] of files.entries()) {
      const part = open[at] ?? (complete ? tryOpen(file) : undefined);
      if (part !== undefined && part !== null && !next.includes(part)) next.push(part);
      if (part === undefined || next.length >= maxOpenParts) complete = false;
    }
    parts = next;
    return complete || parts.length >= maxOpenParts;
  }

  /** @returns undefined: it was moved away in this moment; null: it cannot be read */
  function tryOpen(file: FoundFile, resume?: FilePosition): LogPart | undefined | null {
    try {
      const part = openPart(log, file, resume);
      if (file.current && part !== undefined) troubles.readable();
      return part;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      const reason = (error as Error).message;
      if (file.current) troubles.unreadable(reason);
      else troubles.gap(`${file.path} cannot be read: ${reason}. Its lines have not been counted.`);
      return null;
    }
  }

  return {
    look,
    first: () => parts[0],
    isFollowed: () => parts.some((part, at) => at > 0 && part.size() > 0),
    leaveFirst() {
      const part = parts.shift();
      if (part?.hasHead()) left = part.position();
      part?.close();
    },
    moveFirstToCopy() {
      const part = parts[0]!;
      const { files, at } = listAndLocate(log, part.position(), true);
      const copy = files[at];
      // Where the copy was moved away in this moment, the next read finds it elsewhere.
      if (copy !== undefined && part.moveTo(copy)) insert(files.slice(at + 1));
      return copy !== undefined;
    },
    openCurrent() {
      insert(listLogFiles(log).filter((file) => file.current));
    },
    unread: () => parts.reduce((sum, part) => sum + part.unread(), 0),
    reached: () => parts.findLast((part) => part.hasHead())?.position() ?? left,
    isPresent: () => present,
    target: () => target,
    close() {
      for (const part of parts) part.close();
      parts = [];
    },
  };
}
