import { maxLineLength } from './lines.ts';

/** The fields of one journal entry. Of a field that stands there more than once the first one counts. */
export interface JournalFields {
  readonly values: ReadonlyMap<string, Uint8Array>;
  /** Fields that were longer than `maxLineLength`; their ends are missing. */
  readonly cut: ReadonlySet<string>;
}

/** journald refuses names of more than 64 characters. */
const maxNameLength = 64;
const NEWLINE = 0x0a;
const EQUALS = 0x3d;
const sizeBytes = 8;

/**
 * Reads systemd's Journal Export Format, however its bytes were cut into chunks: `NAME=text` lines, or `NAME`, a length in
 * 8 bytes (little endian) and that many bytes; an empty line ends an entry. Chosen before JSON because JSON gives binary
 * values as arrays of numbers and leaves out what is longer than 4,096 bytes. Memory is bounded by `maxLineLength` a field.
 */
export class JournalExportReader {
  #state: 'name' | 'text' | 'size' | 'binary' | 'newline' = 'name';
  #name = '';
  /** What is still to come of a size or a binary value, in bytes. */
  #left = 0;
  #size = 0;
  /** The length of the value so far, whatever is kept of it. */
  #length = 0;
  readonly #kept = new Uint8Array(maxLineLength);
  #values = new Map<string, Uint8Array>();
  #cut = new Set<string>();

  /** @throws Error where the bytes are not of this format */
  push(bytes: Uint8Array, onEntry: (fields: JournalFields) => void): void {
    for (let at = 0; at < bytes.length; ) {
      switch (this.#state) {
        case 'name':
          at = this.#readName(bytes, at, onEntry);
          break;
        case 'text': {
          const newline = bytes.indexOf(NEWLINE, at);
          const end = newline < 0 ? bytes.length : newline;
          this.#keep(bytes, at, end);
          if (newline >= 0) this.#endField();
          at = end + 1;
          break;
        }
        case 'size':
          this.#size += bytes[at++]! * 256 ** (sizeBytes - this.#left);
          if (--this.#left === 0) {
            this.#left = this.#size;
            this.#state = this.#size === 0 ? 'newline' : 'binary';
          }
          break;
        case 'binary': {
          const end = Math.min(bytes.length, at + this.#left);
          this.#keep(bytes, at, end);
          this.#left -= end - at;
          if (this.#left === 0) this.#state = 'newline';
          at = end;
          break;
        }
        case 'newline':
          if (bytes[at++] !== NEWLINE) throw broken();
          this.#endField();
      }
    }
  }

  #readName(bytes: Uint8Array, from: number, onEntry: (fields: JournalFields) => void): number {
    for (let at = from; at < bytes.length; at++) {
      const byte = bytes[at]!;
      if (byte === EQUALS) {
        this.#state = 'text';
        return at + 1;
      }
      if (byte === NEWLINE) {
        if (this.#name === '') this.#endEntry(onEntry);
        else {
          this.#state = 'size';
          this.#left = sizeBytes;
          this.#size = 0;
        }
        return at + 1;
      }
      this.#name += String.fromCharCode(byte);
      if (this.#name.length > maxNameLength) throw broken();
    }
    return bytes.length;
  }

  #keep(bytes: Uint8Array, start: number, end: number): void {
    const room = maxLineLength - this.#length;
    if (room > 0) this.#kept.set(bytes.subarray(start, Math.min(end, start + room)), this.#length);
    this.#length += end - start;
  }

  #endField(): void {
    if (!this.#values.has(this.#name)) {
      this.#values.set(this.#name, this.#kept.slice(0, Math.min(this.#length, maxLineLength)));
      if (this.#length > maxLineLength) this.#cut.add(this.#name);
    }
    this.#name = '';
    this.#length = 0;
    this.#state = 'name';
  }

  #endEntry(onEntry: (fields: JournalFields) => void): void {
    if (this.#values.size === 0) return;
    const fields = { values: this.#values, cut: this.#cut };
    this.#values = new Map();
    this.#cut = new Set();
    onEntry(fields);
  }
}

const broken = () => new Error('This is not the Journal Export Format.');
