import { createHash } from 'node:crypto';
import type { LogChunk, LogFile, LogPosition, LogSink, LogSource } from '@portcullis/core';

interface MemoryFile {
  path: string;
  readonly inode: number;
  bytes: Buffer;
}

/** Logs in memory, for tests of what reads a log source. */
export interface MemoryLogs {
  append(log: string, text: string | Uint8Array): void;
  /** Renames the log and begins a new one. */
  rotate(log: string): void;
  /** Copies the log and empties it. */
  copyTruncate(log: string): void;
  /** Shows a trouble to the running sources, as a source that finds one does. */
  trouble(trouble: Parameters<LogSink['trouble']>[0]): void;
  /** A source over the logs that there are; logs that begin later are found too. */
  source(): LogSource;
}

const headBytes = 256;

export function createMemoryLogs(): MemoryLogs {
  /** Oldest first; the last one is written. */
  const logs = new Map<string, MemoryFile[]>();
  const sources = new Set<{ wake(): void; sink: LogSink }>();
  let inode = 0;

  function filesOf(log: string): MemoryFile[] {
    let files = logs.get(log);
    if (files === undefined) {
      files = [{ path: log, inode: ++inode, bytes: Buffer.alloc(0) }];
      logs.set(log, files);
    }
    return files;
  }

  function wakeAll() {
    for (const source of sources) setImmediate(source.wake);
  }

  function rotate(log: string) {
    const files = filesOf(log);
    files.forEach((file, at) => {
      file.path = `${log}.${files.length - at}`;
    });
    files.push({ path: log, inode: ++inode, bytes: Buffer.alloc(0) });
    wakeAll();
  }

  return {
    append(log, text) {
      const file = filesOf(log).at(-1)!;
      file.bytes = Buffer.concat([file.bytes, typeof text === 'string' ? Buffer.from(text) : text]);
      wakeAll();
    },
    rotate,
    // In memory the copy is the old content itself: only a real file system can tell the two apart.
    copyTruncate: rotate,
    trouble(trouble) {
      for (const { sink } of sources) sink.trouble(trouble);
    },
    source: () => createMemorySource(logs, sources),
  };
}

function createMemorySource(
  logs: Map<string, MemoryFile[]>,
  sources: Set<{ wake(): void; sink: LogSink }>,
): LogSource {
  const places = new Map<string, { inode: number; offset: number }>();
  let running: { wake(): void; sink: LogSink } | undefined;

  function describe(log: string, file: MemoryFile): LogFile {
    const head = file.bytes.subarray(0, headBytes);
    const digest = createHash('sha256').update(head).digest('hex');
    return { log, path: file.path, device: 0, inode: file.inode, head: `${head.length}:${digest}` };
  }

  function wake() {
    if (running === undefined) return;
    for (const [log, files] of logs) {
      const place = places.get(log) ?? { inode: files[0]!.inode, offset: 0 };
      places.set(log, place);
      for (const file of files.slice(files.findIndex(({ inode }) => inode === place.inode))) {
        if (file.inode !== place.inode) Object.assign(place, { inode: file.inode, offset: 0 });
        const last = file !== files.at(-1);
        const chunk: LogChunk = {
          file: describe(log, file),
          offset: place.offset,
          bytes: file.bytes.subarray(place.offset),
          last,
        };
        place.offset = file.bytes.length;
        if (chunk.bytes.length > 0 || last) running.sink.chunk(chunk);
      }
    }
  }

  return {
    async start(positions: readonly LogPosition[], sink) {
      for (const position of positions) if ('offset' in position) places.set(position.log, position);
      running = { wake, sink };
      sources.add(running);
      wake();
    },
    async settled() {
      wake();
    },
    lag: () =>
      [...logs].map(([log, files]) => {
        const offset = places.get(log)?.offset ?? 0;
        return { log, offset, unread: files.at(-1)!.bytes.length - offset, waitingSince: null };
      }),
    async stop() {
      if (running !== undefined) sources.delete(running);
      running = undefined;
    },
  };
}
