import { readdirSync, readFileSync } from 'node:fs';
import { getAssetKeys, getRawAsset, isSea } from 'node:sea';

/*
 * Files that the program brings along, named by `new URL` relative to `import.meta.url`, or by `import.meta.resolve`. In a
 * checkout they lie where they are; in the single executable they are in it, under their path from the root of the
 * workspace, and packages/packaging/src/bundle.ts finds them by exactly these two spellings.
 */

/** The bytes of a file. In the executable they are its own pages, shared with every process that runs it: do not write. */
export function readShippedFile(url: URL | string): Buffer {
  const { pathname } = new URL(url);
  return isSea() ? Buffer.from(getRawAsset(pathname.slice(1))) : readFileSync(new URL(url));
}

/** The names of the files in a folder, sorted. @param folder ends in a slash */
export function listShippedFiles(folder: URL): readonly string[] {
  if (!isSea()) return readdirSync(folder).sort();
  const prefix = folder.pathname.slice(1);
  return getAssetKeys()
    .filter((key) => key.startsWith(prefix))
    .map((key) => key.slice(prefix.length))
    .sort();
}
