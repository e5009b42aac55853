import { join } from 'node:path';
import { FSWatcher } from 'chokidar';

export interface Notices {
  /** Notices what happens in these directories from now on. One that does not exist yet is awaited. */
  watch(directories: Iterable<string>): void;
  /** Resolves when the directories that exist are watched, at the latest after two seconds. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

export interface NoticesOptions {
  /** Directories below a pattern's base that must be watched when they appear. */
  readonly mayHold: (directory: string) => boolean;
  /** A watched directory appeared or went. */
  readonly directoryChanged: () => void;
  /** Something happened to this path: written, created, renamed or removed. More often than needed, never the truth. */
  readonly noticed: (path: string) => void;
  /** The kernel gives no notices (no inotify watches left): only polling remains. */
  readonly failed: (error: Error) => void;
}

const readyWithinMs = 2_000;

/**
 * Change notices by chokidar. Its own events come after a stat, and at most every 5 ms for one file; its `raw` event
 * comes with the kernel's notice, at once and for each. All files are ignored, so that chokidar keeps no state and
 * makes no system call for them, and `raw` says which one was touched.
 */
export function createNotices(options: NoticesOptions): Notices {
  const watched = new Set<string>();
  const watcher = new FSWatcher({
    ignoreInitial: true,
    ignorePermissionErrors: true,
    atomic: false,
    ignored: (path, stats) => {
      if (watched.has(path)) return false;
      return stats?.isFile() === true || !options.mayHold(path);
    },
  });
  const ready = Promise.withResolvers<void>();
  watcher.on('ready', () => ready.resolve());
  watcher.on('raw', (_event, name, details) => {
    const directory = (details as { watchedPath?: string }).watchedPath;
    if (directory === undefined) return;
    options.noticed(typeof name === 'string' ? join(directory, name) : directory);
  });
  watcher.on('all', options.directoryChanged);
  watcher.on('error', (error) => options.failed(error as Error));

  return {
    watch(directories) {
      for (const directory of directories) {
        if (watched.has(directory)) continue;
        watched.add(directory);
        watcher.add(directory);
      }
    },
    async ready() {
      const late = setTimeout(ready.resolve, readyWithinMs);
      await ready.promise;
      clearTimeout(late);
    },
    async close() {
      ready.resolve();
      await watcher.close();
    },
  };
}
