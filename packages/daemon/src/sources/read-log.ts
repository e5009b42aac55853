import { closeSync, createReadStream, existsSync, fstatSync, globSync, readSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { PortcullisError } from '@portcullis/contracts';
import { gunzip, gzipFault, isGzip, readFile } from './gunzip.ts';
import { openRegular } from './log-files.ts';
import { isPattern } from './log-glob.ts';
import { comparePaths, parseRotatedName } from './rotated-names.ts';

export interface ReadLogChunk {
  /** Content, decompressed. Valid until the next chunk is asked for: the memory is used again. */
  readonly bytes: Uint8Array;
  /** Bytes read so far, compressed where the file is. */
  readonly read: number;
  /** Its size; null where nobody knows, as with standard input. */
  readonly total: number | null;
}

export interface ReadLogOptions {
  /** Bytes of one read: 1 MiB. */
  readonly chunkBytes?: number;
  /** What `-` reads; the process's own by default. */
  readonly stdin?: Readable;
}

/** Chunks after which timers and signals have their turn. */
const yieldEvery = 8;

/**
 * Reads a log from its beginning to the end it has now: a file, a `.gz` (known by its first bytes, of one member or
 * several), or `-` for standard input, which may be compressed too. Throws `unreadable_file`.
 */
export async function* readLog(path: string, options: ReadLogOptions = {}): AsyncGenerator<ReadLogChunk> {
  if (path === '-') {
    yield* readStream(options.stdin ?? process.stdin, 'standard input', null);
    return;
  }
  const fd = open(path);
  if (fd === undefined) {
    yield* readStream(createReadStream(path), path, null);
    return;
  }
  try {
    const total = fstatSync(fd).size;
    const buffer = Buffer.allocUnsafeSlow(options.chunkBytes ?? 1024 * 1024);
    if (isGzip(buffer.subarray(0, readSync(fd, buffer, 0, 2, 0)))) {
      yield* readStream(readFile(fd), path, total);
      return;
    }
    let read = 0;
    for (let chunks = 1; ; chunks++) {
      const length = readSync(fd, buffer, 0, buffer.length, read);
      if (length === 0) return;
      read += length;
      yield { bytes: buffer.subarray(0, length), read, total: Math.max(total, read) };
      if (chunks % yieldEvery === 0) await setImmediate();
    }
  } finally {
    closeSync(fd);
  }
}

/** @returns undefined for a pipe, as in `match <(journalctl)` */
function open(path: string): number | undefined {
  try {
    if (statSync(path).isFIFO()) return undefined;
    return openRegular(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

async function* readStream(
  stream: Iterable<Buffer> | AsyncIterable<Buffer>,
  name: string,
  total: number | null,
): AsyncGenerator<ReadLogChunk> {
  let read = 0;
  const counted = (async function* () {
    for await (const bytes of stream) {
      read += bytes.length;
      yield bytes;
    }
  })();
  const first = await firstBytes(counted);
  if (!isGzip(first)) {
    if (first.length > 0) yield { bytes: first, read, total };
    for await (const bytes of counted) yield { bytes, read, total };
    return;
  }
  const all = (async function* () {
    yield first;
    yield* counted;
  })();
  try {
    for await (const bytes of gunzip(all)) yield { bytes, read, total };
  } catch (error) {
    throw new PortcullisError('unreadable_file', `${name} is a broken .gz file: ${gzipFault(error)}.`, {
      hint: `Make a new copy of it, or read what is left with: zcat ${name} | portcullis match -`,
      cause: error,
    });
  }
}

/** The first two bytes at least, where there are as many: a pipe may deliver them one by one. */
async function firstBytes(chunks: AsyncGenerator<Buffer>): Promise<Buffer> {
  let first = Buffer.alloc(0);
  while (first.length < 2) {
    const { value, done } = await chunks.next();
    if (done === true) break;
    first = Buffer.concat([first, value]);
  }
  return first;
}

/**
 * The logs that paths and patterns name, each once, rotated ones before their log and oldest first. `-` stays.
 * Throws `unreadable_file` for each pattern that matches nothing; a plain path is tried when it is read.
 */
export function expandLogs(patterns: readonly string[]): string[] {
  const logs = new Set<string>();
  const problems: { path: string; message: string }[] = [];
  for (const pattern of patterns) {
    const matches = expand(pattern);
    if (matches.length === 0) problems.push({ path: pattern, message: `No file matches ${pattern}.` });
    for (const match of matches) logs.add(match);
  }
  if (problems.length > 0) {
    throw new PortcullisError('unreadable_file', problems.map(({ message }) => message).join(' '), {
      hint: 'Check the path; a pattern in quotes is expanded here, without quotes by the shell.',
      problems,
    });
  }
  return [...logs].sort(comparePaths);
}

/**
 * The same, with what was rotated away from each log.
 * @throws PortcullisError unreadable_file where a log is not there: hosts with the journal alone have none
 */
export function expandWithRotated(patterns: readonly string[]): string[] {
  const logs = expandLogs(patterns);
  const rotated = logs.flatMap((log) =>
    globSync(`${dirname(log)}/*`).filter((path) => parseRotatedName(path)?.log === log),
  );
  const all = [...new Set([...rotated, ...logs.filter((log) => existsSync(log))])].sort(comparePaths);
  if (all.length > 0) return all;
  throw new PortcullisError('unreadable_file', `${logs.join(', ')} does not exist.`, {
    hint: 'Name the logs. Where only the journal has them: journalctl -o short-iso | portcullis policy try FILE -',
  });
}

function expand(pattern: string): string[] {
  if (pattern === '-') return [pattern];
  const isThere = statSync(pattern, { throwIfNoEntry: false }) !== undefined;
  if (isThere || !isPattern(pattern)) return [pattern];
  return globSync(pattern).filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true);
}

function unreadable(path: string, error: unknown): PortcullisError {
  const { code, message } = error as NodeJS.ErrnoException;
  const [reason, hint] = (code !== undefined && reasons[code]) || [message, 'Name another file.'];
  return new PortcullisError('unreadable_file', `${path} ${reason}.`, { hint, cause: error });
}

const reasons: Readonly<Record<string, readonly [string, string]>> = {
  ENOENT: ['does not exist', 'Check the path; logs are usually in /var/log.'],
  EACCES: ['may not be read by you', 'Run it as root, or as a member of the group adm.'],
  EISDIR: ['is a directory', 'Name the files in it, as in "/var/log/auth.log*".'],
  ENXIO: ['is not a regular file', 'Use - to read from a pipe.'],
};
