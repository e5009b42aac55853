import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** Output of one step; what a broken file may hide of its readable part is at most about this. */
const stepBytes = 64 * 1024;

/** Decompresses a stream, of one gzip member or several, in bounded memory. Throws what zlib says of broken data. */
export async function* gunzip(compressed: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const content = createGunzip({ chunkSize: stepBytes });
  pipeline(compressed, content, () => {});
  yield* content;
}

/** The content of an open `.gz` from its beginning. Leaves the descriptor open. */
export function gunzipFile(fd: number): AsyncGenerator<Buffer> {
  return gunzip(createReadStream('', { fd, start: 0, autoClose: false, highWaterMark: stepBytes }));
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
