import type { Clock, FilePosition, LogSink, LogSource } from '@portcullis/core';
import { createFollower, type Follower } from './follower.ts';
import { createLogGlob } from './log-glob.ts';
import { createNotices } from './notices.ts';
import { createReadBuffer, maxChunkBytes } from './read-buffer.ts';
import { parseRotatedName } from './rotated-names.ts';

export interface FileSourceOptions {
  /** Paths and patterns (`*`, `?`, `[…]`, `{…}`, `**`). */
  readonly globs: readonly string[];
  readonly clock: Clock;
  /** Epoch ms. Rotated files last written before it are not read; 0, the default: all are. */
  readonly catchUpSince?: number;
  /** The most that one read takes, and the memory for it; 4 KiB to 2 MiB, the default. */
  readonly chunkBytes?: number;
  /**
   * How long a renamed file may stay silent, once the new one has bytes, before it is left: 250 ms. The writer of
   * auth.log has then opened the new one; what another writer adds to the renamed file later is not read.
   */
  readonly drainMs?: number;
}

/** The safety net under the notices: a stat of each log, some microseconds. */
const pollMs = 1_000;
/** Without notices polling is all there is. */
const fastPollMs = 50;
/** Patterns are expanded when a directory changes, and this often in any case. */
const expandMs = 10_000;
/** A log that a pattern matched and that is gone this long is no longer followed. */
const forgetMs = 60_000;
/** Names beside the logs that are known to be none of ours; beyond that they are looked at again. */
const maxOthers = 1_000;

/** Follows log files. See `LogSource` for the laws, and `follower.ts` for how a rotation is survived. */
export function createFileSource(options: FileSourceOptions): LogSource {
  const { clock, catchUpSince = 0, chunkBytes = maxChunkBytes, drainMs = 250 } = options;
  const globs = options.globs.map(createLogGlob);
  const followers = new Map<string, Follower>();
  const goneSince = new Map<string, number>();
  const unmatched = new Set<string>();
  const others = new Set<string>();
  const positions = new Map<string, FilePosition>();
  const buffer = createReadBuffer(chunkBytes);
  let sink: LogSink | undefined;
  let timer: NodeJS.Timeout | undefined;
  let expandedAt = Number.NEGATIVE_INFINITY;

  const notices = createNotices({
    mayHold: (directory) => globs.some((glob) => glob.mayHold(directory)),
    noticed(path) {
      if (sink === undefined) return;
      const follower = followers.get(path) ?? followers.get(parseRotatedName(path)?.log ?? path);
      if (follower !== undefined) follower.wake();
      else noticedOther(path);
    },
    directoryChanged() {
      if (sink === undefined) return;
      expand();
      wakeAll();
    },
    failed: () => poll(fastPollMs),
  });

  /** A pattern's new match, what a link points to, or one of the other logs beside ours: these are remembered. */
  function noticedOther(path: string) {
    for (const follower of followers.values()) if (follower.isConcerned(path)) follower.wake();
    if (others.has(path)) return;
    if (globs.some((glob) => glob.names(path))) expand();
    if (followers.has(path)) return;
    if (others.size >= maxOthers) others.clear();
    others.add(path);
  }

  function wakeAll() {
    for (const follower of followers.values()) follower.wake();
  }

  function poll(everyMs: number) {
    clearInterval(timer);
    timer = setInterval(() => {
      if (clock.now() - expandedAt >= expandMs) expand();
      wakeAll();
    }, everyMs);
  }

  function expand() {
    expandedAt = clock.now();
    for (const glob of globs) {
      const logs = glob.matches();
      if (glob.path === null) tellUnmatched(glob.pattern, logs.length === 0);
      for (const log of logs) follow(log, glob.path !== null);
    }
    forgetGone();
  }

  function follow(log: string, named: boolean) {
    if (sink === undefined || followers.has(log)) return;
    const position = positions.get(log);
    const watch = notices.watch;
    const follower = createFollower({
      log,
      named,
      position,
      catchUpSince,
      drainMs,
      clock,
      sink,
      buffer,
      watch,
    });
    followers.set(log, follower);
    follower.wake();
  }

  function tellUnmatched(pattern: string, isUnmatched: boolean) {
    if (unmatched.has(pattern) === isUnmatched) return;
    if (isUnmatched) unmatched.add(pattern);
    else unmatched.delete(pattern);
    const sentence = `No file matches ${pattern}. A match is read as soon as it appears; if your system logs elsewhere, correct log.files.`;
    sink?.trouble({ code: 'log_missing', log: pattern, sentence: isUnmatched ? sentence : null });
  }

  const isNamed = (log: string) => globs.some((glob) => glob.path === log);

  /** Only logs that a pattern matched: a log that is named is waited for. */
  function forgetGone() {
    for (const [log, follower] of followers) {
      if (isNamed(log) || !follower.isGone()) {
        goneSince.delete(log);
        continue;
      }
      const since = goneSince.get(log) ?? clock.now();
      goneSince.set(log, since);
      if (clock.now() - since < forgetMs) continue;
      followers.delete(log);
      goneSince.delete(log);
      const reached = follower.reached();
      if (reached !== undefined) positions.set(log, reached);
      void follower.stop();
    }
  }

  return {
    async start(saved, newSink) {
      for (const position of saved) if ('offset' in position) positions.set(position.log, position);
      notices.watch(new Set(globs.map((glob) => glob.base)));
      await notices.ready();
      sink = newSink;
      expand();
      poll(pollMs);
    },
    async settled() {
      expand();
      await Promise.all([...followers.values()].map((follower) => follower.settled()));
    },
    lag: () => [...followers.values()].map((follower) => follower.lag()),
    async stop() {
      sink = undefined;
      clearInterval(timer);
      await Promise.all([notices.close(), ...[...followers.values()].map((follower) => follower.stop())]);
      followers.clear();
    },
  };
}
