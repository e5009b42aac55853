import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Downloads and what is made of them once; git ignores it. Everybody may read it, since sites run as other users. */
export const cacheDirectory = join(import.meta.dirname, '../.cache/wordpress');

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
