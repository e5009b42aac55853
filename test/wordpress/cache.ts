import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

const besideTheTests = join(import.meta.dirname, '../.cache/wordpress');

/**
 * Downloads and what is made of them once; git ignores it. Sites run as other users, so where those may not enter the
 * checkout (below /root, say) it lies elsewhere.
 */
export const cacheDirectory = isOpenToOthers(besideTheTests)
  ? besideTheTests
  : `/var/tmp/portcullis-${process.getuid?.()}/wordpress`;

/** Whether other users may pass through the folder, and through those above it. */
export function isOpenToOthers(path: string): boolean {
  const parent = dirname(path);
  if (existsSync(path) && (statSync(path).mode & 0o001) === 0) return false;
  return parent === path || isOpenToOthers(parent);
}

/** Whether the cache has a folder of this name. */
export const isCached = (name: string): boolean => existsSync(join(cacheDirectory, name));

/**
 * A folder of the cache, made at most once: `make` fills an empty folder, which then takes its place. Of two processes that
 * make it at the same time, the first wins.
 */
export async function cached(name: string, make: (folder: string) => void | Promise<void>): Promise<string> {
  const folder = join(cacheDirectory, name);
  if (existsSync(folder)) return folder;
  mkdirSync(cacheDirectory, { recursive: true, mode: 0o755 });
  const draft = mkdtempSync(join(cacheDirectory, '.draft-'));
  try {
    const content = join(draft, 'content');
    mkdirSync(content, { mode: 0o755 });
    await make(content);
    renameSync(content, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return folder;
}
