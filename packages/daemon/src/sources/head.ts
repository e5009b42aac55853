import { hash } from 'node:crypto';
import { readSync } from 'node:fs';
import { constants, gunzipSync } from 'node:zlib';

/** Bytes of a log's beginning that its fingerprint covers: two or three lines with their stamps. */
export const headBytes = 256;
/** Compressed bytes that always hold `headBytes` of content: a gzip header with a name, a deflate table, and some. */
const gzipHeadBytes = 4096;

const gzipScratch = Buffer.allocUnsafeSlow(gzipHeadBytes);

/** `<length>:<hex SHA-256>`, as `LogFile.head` has it. */
export function fingerprint(head: Uint8Array): string {
  return `${head.length}:${hash('sha256', head)}`;
}

export function fingerprintLength(head: string): number {
  return Number.parseInt(head, 10);
}

/** Reads the first bytes of the content into `head`. @returns how many; 0 where a `.gz` is broken from its start on */
export function readHead(fd: number, gzip: boolean, head: Uint8Array): number {
  if (!gzip) return readSync(fd, head, 0, headBytes, 0);
  const length = readSync(fd, gzipScratch, 0, gzipHeadBytes, 0);
  try {
    const content = gunzipSync(gzipScratch.subarray(0, length), { finishFlush: constants.Z_SYNC_FLUSH });
    return content.copy(head, 0, 0, headBytes);
  } catch {
    return 0;
  }
}

const candidate = Buffer.allocUnsafeSlow(headBytes);

/** Whether the file's content begins as the fingerprint says. A fingerprint of nothing matches nothing. */
export function headMatches(fd: number, gzip: boolean, head: string): boolean {
  const length = fingerprintLength(head);
  if (length === 0 || readHead(fd, gzip, candidate) < length) return false;
  return fingerprint(candidate.subarray(0, length)) === head;
}
