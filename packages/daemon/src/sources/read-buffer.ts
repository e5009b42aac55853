/**
 * The most that is read at once, in bytes. What a chunk of log decides is in the kernel before any of it is recorded
 * (verdict-recorder.ts), so an attack by 5,000 addresses with three lines each (1.7 MB) should be one.
 */
export const maxChunkBytes = 2 * 1024 * 1024;
/** Enough for what comes while somebody is followed, in bytes. */
const usualBytes = 64 * 1024;

/** Memory to read into, valid until the next call. */
export interface ReadBuffer {
  /** @param unread as many bytes are known to be there; more may be */
  for(unread: number): Uint8Array;
}

/** @param most 4 KiB to 2 MiB. So much is allocated once, when it is needed first, because readers keep hold of what they read last. */
export function createReadBuffer(most: number): ReadBuffer {
  const limit = Math.min(Math.max(most, 4096), maxChunkBytes);
  const usual = Buffer.allocUnsafeSlow(Math.min(usualBytes, limit));
  let large: Buffer | null = null;
  return {
    for(unread) {
      if (unread < usual.length) return usual;
      large ??= Buffer.allocUnsafeSlow(limit);
      return large;
    },
  };
}
