import { readSync } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** Output of one step; what a broken file may hide of its readable part is at most about this. */
const stepBytes = 64 * 1024;

/** Decompresses a stream, of one gzip member or several, in bounded memory. Throws what zlib says of broken data. */
export async function* gunzip(
  compressed: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): AsyncGenerator<Buffer> {
  const content = createGunzip({ chunkSize: stepBytes });
  pipeline(compressed, content, () => {});
  yield* content;
}

/** The bytes of an open file from its beginning. A stream would close the descriptor when it is destroyed. */
export function* readFile(fd: number): Generator<Buffer> {
  for (let place = 0; ; ) {
    const buffer = Buffer.allocUnsafe(stepBytes);
    const length = readSync(fd, buffer, 0, stepBytes, place);
    if (length === 0) return;
    place += length;
    yield buffer.subarray(0, length);
  }
}

export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** What is wrong with a `.gz`, for a sentence. */
export function gzipFault(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (code === 'Z_BUF_ERROR') return 'it ends in the middle';
  return code.startsWith('Z_') ? 'its compressed data is damaged' : (error as Error).message;
}
