import { dirname } from 'node:path';
import type { Clock, FilePosition, LogLag, LogSink } from '@portcullis/core';
import { gunzip, gzipFault, readFile } from './gunzip.ts';
import type { LogPart } from './log-part.ts';
import { createLogParts, type LogPartsOptions } from './log-parts.ts';
import { createLogTroubles } from './log-troubles.ts';
import type { ReadBuffer } from './read-buffer.ts';

export interface FollowerOptions extends Omit<LogPartsOptions, 'troubles'> {
  /** How long a renamed file may stay silent, once its successor has bytes, before it is left. */
  readonly drainMs: number;
  readonly clock: Clock;
  readonly sink: LogSink;
  /** Shared by all followers: delivering is synchronous. */
  readonly buffer: ReadBuffer;
}

/** Reads one log through its rotations, a chunk a turn of the event loop. */
export interface Follower {
  /** Looks and reads; called at every notice and by the safety poll. */
  wake(): void;
  /** Resolves when what is there now has been delivered. */
  settled(): Promise<void>;
  lag(): LogLag;
  /** Whether something at this path may be about this log. */
  isConcerned(path: string): boolean;
  /** It is no longer there, and all of it was delivered. */
  isGone(): boolean;
  /** Where it would be resumed. */
  reached(): FilePosition | undefined;
  stop(): Promise<void>;
}

/** A second look after bytes came, for a write whose notice was swallowed. */
const secondLookMs = 5;
/** A renamed file that was last written this long ago is left without waiting. */
const coldMs = 2_000;

export function createFollower(options: FollowerOptions): Follower {
  const { log, clock, sink, buffer } = options;
  const troubles = createLogTroubles({ log, clock, sink });
  const parts = createLogParts({ ...options, troubles });
  let stopped = false;
  let inflating: Promise<void> | undefined;
  let turn: NodeJS.Immediate | undefined;
  let timer: NodeJS.Timeout | undefined;
  let timerAt = Number.POSITIVE_INFINITY;
  let waitingSince: number | null = null;
  let waiters: (() => void)[] = [];

  function wake() {
    if (stopped || turn !== undefined || inflating !== undefined) return;
    work();
  }

  function work() {
    turn = undefined;
    try {
      parts.look();
      const outcome = readFirst();
      if (outcome === 'more') turn = setImmediate(work);
      if (outcome === 'end') atEnd();
    } catch (error) {
      if (!isReadError(error)) throw error;
      troubles.unreadable(error.message);
      atEnd();
    }
  }

  function atEnd() {
    if (parts.isFollowed()) return;
    waitingSince = null;
    const resolved = waiters;
    waiters = [];
    for (const resolve of resolved) resolve();
  }

  function readFirst(): 'more' | 'end' | 'inflating' {
    const part = parts.first();
    if (part === undefined) return 'end';
    if (part.gzip()) {
      inflating = inflate(part).finally(() => {
        inflating = undefined;
        wake();
      });
      return 'inflating';
    }
    const into = buffer.for(part.unread());
    const length = part.read(into);
    if (length === 'replaced') {
      if (!parts.moveFirstToCopy()) loseFirst(part);
      return 'more';
    }
    if (length > 0) {
      deliver(part, into.subarray(0, length));
      if (length === into.length || parts.isFollowed()) return 'more';
      wakeIn(secondLookMs);
      return 'end';
    }
    if (!mayLeave(part)) return 'end';
    leave(part);
    return 'more';
  }

  function deliver(part: LogPart, bytes: Uint8Array) {
    waitingSince ??= clock.now();
    const offset = part.offset();
    part.advance(bytes.length);
    part.delivered = true;
    const start = performance.now();
    sink.chunk({ file: part.file(), offset, bytes, last: false });
    buffer.took(performance.now() - start);
  }

  /** A part at its end is left when its successor has bytes and nobody has written to the part for a while. */
  function mayLeave(part: LogPart): boolean {
    if (part.closed()) return true;
    if (!parts.isFollowed()) return false;
    if (clock.now() - part.modified() > coldMs) return true;
    part.followedSince ??= performance.now();
    const wait = part.followedSince + options.drainMs - performance.now();
    if (wait <= 0) return true;
    waitingSince ??= clock.now();
    wakeIn(wait);
    return false;
  }

  function leave(part: LogPart) {
    parts.leaveFirst();
    if (!part.delivered) return;
    sink.chunk({ file: part.file(), offset: part.offset(), bytes: new Uint8Array(), last: true });
  }

  function loseFirst(part: LogPart) {
    troubles.gap(
      `${log} was truncated and no copy of what stood in it was found beside it. Lines written right before that may ` +
        'not have been counted. With logrotate, prefer "create" to "copytruncate".',
    );
    leave(part);
    parts.openCurrent();
  }

  /** Delivers what follows the part's offset; zlib cannot begin anywhere but at the beginning. */
  async function inflate(part: LogPart): Promise<void> {
    let place = 0;
    try {
      for await (const bytes of gunzip(readFile(part.fd()))) {
        if (stopped) return;
        const unread = bytes.subarray(Math.max(0, part.offset() - place));
        place += bytes.length;
        if (unread.length > 0) deliver(part, unread);
      }
    } catch (error) {
      if (!isReadError(error)) throw error;
      troubles.gap(
        `${part.path()} cannot be read to its end: ${gzipFault(error)}. Lines after byte ${place} of its content ` +
          'have not been counted.',
      );
    }
    if (!stopped) leave(part);
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
      if (stopped) return Promise.resolve();
      return new Promise((resolve) => {
        waiters.push(resolve);
        wake();
      });
    },
    lag() {
      const unread = parts.unread();
      const offset = parts.first()?.offset() ?? parts.reached()?.offset ?? 0;
      return { log, offset, unread, waitingSince: unread === 0 ? null : (waitingSince ?? clock.now()) };
    },
    isConcerned: (path) =>
      path.startsWith(log) || path.startsWith(parts.target()) || dirname(log).startsWith(path),
    isGone: () => !parts.isPresent() && !parts.isFollowed() && parts.unread() === 0,
    reached: parts.reached,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      clearImmediate(turn);
      await inflating;
      parts.close();
      for (const resolve of waiters) resolve();
    },
  };
}

/** What the system or zlib says about a file; anything else is a fault of ours or of the sink. */
function isReadError(error: unknown): error is NodeJS.ErrnoException {
  if (!(error instanceof Error)) return false;
  return 'syscall' in error || ('code' in error && String(error.code).startsWith('Z_'));
}
