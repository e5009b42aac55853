import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { createZoneClock, LineSplitter, StampReader, WordPressLine } from '@portcullis/core';

/** How much of a log's end is searched, in bytes. */
const tailBytes = 16 * 1024 * 1024;

/**
 * When the last WordPress line at a log's end was written, as epoch ms; null where there is none, or no log.
 * @param options.failuresOnly only lines that a filter counts
 */
export function latestWordPressLine(
  path: string,
  now: number,
  { failuresOnly = false }: { readonly failuresOnly?: boolean } = {},
): number | null {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return null;
  }
  try {
    const file = fstatSync(fd);
    return file.isFile() ? search(fd, file.size, now, failuresOnly) : null;
  } finally {
    closeSync(fd);
  }
}

function search(fd: number, size: number, now: number, failuresOnly: boolean): number | null {
  const buffer = Buffer.alloc(Math.min(size, 1024 * 1024));
  const splitter = new LineSplitter();
  const line = new WordPressLine(new StampReader(createZoneClock(Temporal.Now.timeZoneId()), now));
  let latest: number | null = null;
  for (let position = Math.max(0, size - tailBytes); position < size; ) {
    const length = readSync(fd, buffer, 0, buffer.length, position);
    if (length === 0) break;
    position += length;
    splitter.push(buffer.subarray(0, length), (bytes, from, to, cut) => {
      if (!line.read(bytes, from, to, cut) || Number.isNaN(line.time)) return;
      if (!failuresOnly || line.reason === null) latest = line.time;
    });
  }
  return latest;
}
