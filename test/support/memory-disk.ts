import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createExec } from '../../packages/daemon/src/exec.ts';

/** A small disk of its own. Disposing of it unmounts it. */
export interface MemoryDisk extends AsyncDisposable {
  /** Leaves not a byte free, until `free`. */
  fill(): void;
  free(): void;
  /** @param seenBy a process that sees the disk through mounts of its own, as `ip netns exec` makes them */
  remount(mode: 'ro' | 'rw', seenBy?: { readonly pid: number }): Promise<void>;
}

/** Mounts a tmpfs; daemons that start later see it. */
export async function mountMemoryDisk(path: string, bytes: number): Promise<MemoryDisk> {
  const exec = createExec();
  await exec(['mount', '-t', 'tmpfs', '-o', `size=${bytes},mode=700`, 'portcullis-test', path]);
  const ballast = join(path, 'ballast');
  return {
    fill() {
      for (let size = bytes; size >= 1; size = Math.floor(size / 2)) {
        for (;;) {
          try {
            writeFileSync(ballast, Buffer.alloc(size), { flag: 'a' });
          } catch (error) {
            if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
            break;
          }
        }
      }
    },
    free: () => rmSync(ballast),
    async remount(mode, seenBy) {
      const argv = ['mount', '-o', `remount,${mode}`, path] as const;
      await exec(argv);
      if (seenBy !== undefined) await exec(['nsenter', '--target', String(seenBy.pid), '--mount', ...argv]);
    },
    async [Symbol.asyncDispose]() {
      await exec(['umount', '--lazy', path]);
    },
  };
}
