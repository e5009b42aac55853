/**
 * The most that is read at once, in bytes. What a chunk of log decides is in the kernel before any of it is recorded
 * (verdict-recorder.ts), so an attack by 5,000 addresses with three lines each (1.7 MB) should be one.
 */
export const maxChunkBytes = 2 * 1024 * 1024;
/** As much while a flood lasts. */
const floodBytes = 256 * 1024;
/** Enough for what comes while somebody is followed, in bytes. */
const usualBytes = 64 * 1024;
/**
 * A chunk that took longer keeps whoever asks over the API waiting, in milliseconds. Bans take so long, and who writes a site's
 * lines can make many: for a while only as much is read as is done in a quarter of a second, so that the panel's requests (900 ms)
 * are answered all the same.
 */
const longMs = 500;
const floodMs = 10_000;

/** Memory to read into, valid until the next call. */
export interface ReadBuffer {
  /** @param unread as many bytes are known to be there; more may be */
  for(unread: number): Uint8Array;
  /** How long it took until what was read was done with, in milliseconds. */
  took(ms: number): void;
}

/**
 * @param most 4 KiB to 2 MiB. So much is allocated once, when it is needed first, because readers keep hold of what they read last.
 * @param now in milliseconds, of a clock that only goes on
 */
export function createReadBuffer(most: number, now: () => number = () => performance.now()): ReadBuffer {
  const limit = Math.min(Math.max(most, 4096), maxChunkBytes);
  const usual = Buffer.allocUnsafeSlow(Math.min(usualBytes, limit));
  let large: Buffer | null = null;
  let floodUntil = Number.NEGATIVE_INFINITY;
  return {
    for(unread) {
      if (unread < usual.length) return usual;
      large ??= Buffer.allocUnsafeSlow(limit);
      return now() < floodUntil ? large.subarray(0, floodBytes) : large;
    },
    took(ms) {
      if (ms > longMs) floodUntil = now() + floodMs;
    },
  };
}
