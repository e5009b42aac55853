import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { Clock, LogLag, LogPosition, LogSink } from '@portcullis/core';
import { gunzip, gzipFault, readFile } from './gunzip.ts';
import { type FoundFile, listLogFiles, locate, targetOf } from './log-files.ts';
import { type LogPart, openPart } from './log-part.ts';
import { createLogTroubles } from './log-troubles.ts';

export interface FollowerOptions {
  readonly log: string;
  /** Named in the configuration, not found by a pattern: it is missed when it is not there. */
  readonly named: boolean;
  readonly position: LogPosition | undefined;
  /** Rotated files last written before this instant are not read. */
  readonly catchUpSince: number;
  /** How long a renamed file may stay silent, once its successor has bytes, before it is left. */
  readonly drainMs: number;
  readonly clock: Clock;
  readonly sink: LogSink;
  /** Shared by all followers: delivering is synchronous. */
  readonly buffer: Uint8Array;
  /** Called with the directories in which the log's files stand, when they may have changed. */
  readonly watch: (directories: readonly string[]) => void;
}

/** Follows one log through its rotations. */
export interface Follower {
  /** Looks and reads; called at every notice and by the safety poll. */
  wake(): void;
  /** Resolves when what is there now has been delivered. */
  settled(): Promise<void>;
  lag(): LogLag;
  /** Whether something at this path may be about this log. */
  isConcerned(path: string): boolean;
  /** A pattern found it, it is no longer there, and all of it was delivered. */
  isGone(): boolean;
  /** Where it would be resumed. */
  reached(): LogPosition | undefined;
  stop(): Promise<void>;
}

/** Open files of one log: a bound on descriptors when many rotated files were missed. The rest is opened later. */
const maxOpenParts = 32;
/** A second look after bytes came, for a write whose notice was swallowed. */
const secondLookMs = 5;
/** A renamed file that was last written this long ago is left without waiting. */
const coldMs = 2_000;
/** How often a listing is repeated because a file was renamed before it could be opened. */
const openAttempts = 5;

export function createFollower(options: FollowerOptions): Follower {
  const { log, clock, sink, buffer } = options;
  const troubles = createLogTroubles({ log, clock, sink });
  /** Oldest first. The first is read; the last is the log itself, unless it is missing or not yet opened. */
  let parts: LogPart[] = [];
  /** The end of what has been read of a part that is left, or where an earlier run stopped. */
  let reached = options.position;
  let begun = false;
  let stopped = false;
  let inflating: Promise<void> | undefined;
  let turn: NodeJS.Immediate | undefined;
  let timer: NodeJS.Timeout | undefined;
  let timerAt = Number.POSITIVE_INFINITY;
  let waitingSince: number | null = null;
  let target = log;
  let targetModified = 0;
  let present = false;
  let waiters: (() => void)[] = [];

  function wake() {
    if (stopped || turn !== undefined || inflating !== undefined) return;
    work();
  }

  function work() {
    turn = undefined;
    if (stopped) return;
    try {
      look();
      const outcome = readFirst();
      if (outcome === 'more') turn = setImmediate(work);
      if (outcome === 'quiet') quiet();
    } catch (error) {
      if (!isReadError(error)) throw error;
      troubles.unreadable(error.message);
      quiet();
    }
  }

  function quiet() {
    if (parts.length > 1 && parts.some((part, at) => at > 0 && part.size() > 0)) return;
    waitingSince = null;
    const resolved = waiters;
    waiters = [];
    for (const resolve of resolved) resolve();
  }

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
    wakeIn(secondLookMs);
  }

  function findPartsOnce(): boolean {
    const files = listLogFiles(log);
    const known = parts.findLast((part) => part.hasHead())?.position() ?? reached;
    const at = known === undefined ? -1 : locate(known, files, false);
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
      const part = openPart(log, file, position);
      if (part === undefined) return false;
      parts.push(part);
    }
    begun = true;
    return insert(newer);
  }

  /** The file of the position is not among the log's: a link that points elsewhere now, or it is gone. */
  function beginElsewhere(position: LogPosition, files: FoundFile[], newer: FoundFile[]): boolean {
    const current = files.find((file) => file.current);
    if (current === undefined) return true;
    const elsewhere = elsewhereOf(position);
    const part = elsewhere === undefined ? undefined : openPart(log, elsewhere, position);
    begun = true;
    if (part !== undefined) {
      parts.push(part);
      return insert([current]);
    }
    troubles.gap(
      `${log}: what was read last, up to byte ${position.offset} of ${position.path}, is gone. Lines written to it ` +
        'while Portcullis was not running have not been counted. Keep at least one rotated file.',
    );
    if (current.inode !== position.inode) {
      reached = undefined;
      return insert(newer);
    }
    // Truncated where it stood: all that was rotated is older than what was read.
    reached = endOf(files.findLast((file) => !file.current && file.size > 0));
    return insert([current]);
  }

  function endOf(file: FoundFile | undefined): LogPosition | undefined {
    const part = (file && tryOpen(file)) ?? undefined;
    part?.close();
    return part === undefined ? undefined : { ...part.position(), offset: file!.size };
  }

  function elsewhereOf(position: LogPosition): FoundFile | undefined {
    if (position.path === log) return undefined;
    const files = listLogFiles(position.path);
    const at = locate(position, files, false);
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
  function tryOpen(file: FoundFile): LogPart | undefined | null {
    try {
      const part = openPart(log, file);
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

  function readFirst(): 'more' | 'quiet' | 'wait' {
    const part = parts[0];
    if (part === undefined) return 'quiet';
    if (part.gzip()) {
      inflating = inflate(part).finally(() => {
        inflating = undefined;
        wake();
      });
      return 'wait';
    }
    const length = part.read(buffer);
    if (length === 'replaced') {
      replaced(part);
      return 'more';
    }
    if (length > 0) {
      deliver(part, buffer.subarray(0, length));
      if (length === buffer.length) return 'more';
      wakeIn(secondLookMs);
      return parts.length > 1 ? 'more' : 'quiet';
    }
    if (!isLeft(part)) return 'quiet';
    leave(part);
    return 'more';
  }

  function deliver(part: LogPart, bytes: Uint8Array) {
    waitingSince ??= clock.now();
    const offset = part.offset();
    part.advance(bytes.length);
    part.delivered = true;
    sink.chunk({ file: part.file(), offset, bytes, last: false });
  }

  /** A part at its end is left when its successor has bytes and nobody has written to the part since. */
  function isLeft(part: LogPart): boolean {
    if (part.closed()) return true;
    if (!parts.some((later, at) => at > 0 && later.size() > 0)) return false;
    if (clock.now() - part.modified() > coldMs) return true;
    part.followedSince ??= performance.now();
    const left = part.followedSince + options.drainMs - performance.now();
    if (left <= 0) return true;
    waitingSince ??= clock.now();
    wakeIn(left);
    return false;
  }

  function leave(part: LogPart) {
    if (part.hasHead()) reached = part.position();
    parts.shift();
    part.close();
    if (part.delivered)
      sink.chunk({ file: part.file(), offset: part.offset(), bytes: buffer.subarray(0, 0), last: true });
  }

  /** The file holds other content than what was read: what is missing of the old one stands in a copy, or is gone. */
  function replaced(part: LogPart) {
    const files = listLogFiles(log);
    const at = locate(part.position(), files, true);
    const copy = files[at];
    if (copy !== undefined) {
      // Where it cannot be opened any more, the next turn looks again.
      if (part.moveTo(copy)) insert(files.slice(at + 1));
      return;
    }
    troubles.gap(
      `${log} was truncated and no copy of what stood in it was found beside it. Lines written right before that may ` +
        'not have been counted. With logrotate, prefer "create" to "copytruncate".',
    );
    leave(part);
    insert(files.filter((file) => file.current));
  }

  async function inflate(part: LogPart): Promise<void> {
    let place = 0;
    try {
      for await (const bytes of gunzip(readFile(part.fd()))) {
        const unread = bytes.subarray(Math.max(0, part.offset() - place));
        place += bytes.length;
        if (stopped) return;
        if (unread.length > 0) deliver(part, unread);
      }
    } catch (error) {
      if (!isReadError(error)) throw error;
      troubles.gap(
        `${part.file().path} cannot be read to its end (${gzipFault(error)}): lines after byte ${place} of its ` +
          'content are not counted.',
      );
    }
    if (stopped) return;
    leave(part);
  }

  function wakeIn(delay: number) {
    const at = performance.now() + delay;
    if (at >= timerAt) return;
    clearTimeout(timer);
    timerAt = at;
    timer = setTimeout(() => {
      timerAt = Number.POSITIVE_INFINITY;
      wake();
    }, delay);
  }

  return {
    wake,
    settled() {
      return new Promise((resolve) => {
        waiters.push(resolve);
        wake();
      });
    },
    lag() {
      const unread = parts.reduce((sum, part) => sum + part.unread(), 0);
      const offset = parts[0]?.offset() ?? reached?.offset ?? 0;
      return { log, offset, unread, waitingSince: unread === 0 ? null : (waitingSince ?? clock.now()) };
    },
    isConcerned: (path) => path.startsWith(log) || path.startsWith(target) || dirname(log).startsWith(path),
    isGone: () => !options.named && !present && parts.length <= 1 && (parts[0]?.unread() ?? 0) === 0,
    reached: () => parts.findLast((part) => part.hasHead())?.position() ?? reached,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      clearImmediate(turn);
      await inflating;
      for (const part of parts) part.close();
      parts = [];
      for (const resolve of waiters) resolve();
    },
  };
}

/** What the system or zlib says about a file; anything else is a fault of ours or of the sink. */
function isReadError(error: unknown): error is NodeJS.ErrnoException {
  if (!(error instanceof Error)) return false;
  return 'syscall' in error || ('code' in error && String(error.code).startsWith('Z_'));
}
