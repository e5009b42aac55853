/** A line is kept up to here, in bytes; what is longer is delivered cut and marked. */
export const maxLineLength = 16 * 1024;

const NEWLINE = 0x0a;

/**
 * Called for each line, without its newline: it stands in `bytes[start, end)`, valid during the call only.
 * `cut` says that the line was longer than `maxLineLength` and that its end is missing.
 */
export type OnLine = (bytes: Uint8Array, start: number, end: number, cut: boolean) => void;

/**
 * Turns chunks of bytes, however they were cut, into whole lines. A line ends at byte 0x0A and nowhere else. What
 * follows the last newline waits for the next chunk; `pending` is its length in bytes, whatever is kept of it.
 */
export class LineSplitter {
  pending = 0;
  readonly #kept = new Uint8Array(maxLineLength);

  push(bytes: Uint8Array, onLine: OnLine): void {
    const length = bytes.length;
    let start = 0;
    if (this.pending > 0) {
      const newline = bytes.indexOf(NEWLINE);
      const end = newline < 0 ? length : newline;
      this.#keep(bytes, 0, end);
      if (newline < 0) return;
      this.end(onLine);
      start = newline + 1;
    }
    while (start < length) {
      const newline = bytes.indexOf(NEWLINE, start);
      if (newline < 0) break;
      const cut = newline - start > maxLineLength;
      onLine(bytes, start, cut ? start + maxLineLength : newline, cut);
      start = newline + 1;
    }
    this.#keep(bytes, start, length);
  }

  /** Delivers what waits for its newline: no more bytes will come. */
  end(onLine: OnLine): void {
    if (this.pending === 0) return;
    const length = this.pending;
    this.pending = 0;
    onLine(this.#kept, 0, Math.min(length, maxLineLength), length > maxLineLength);
  }

  #keep(bytes: Uint8Array, start: number, end: number): void {
    const room = maxLineLength - this.pending;
    if (room > 0) this.#kept.set(bytes.subarray(start, Math.min(end, start + room)), this.pending);
    this.pending += end - start;
  }
}
