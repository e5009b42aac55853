import fs from 'node:fs';
import type { Network } from '@portcullis/core';
import { blockEntries, headerBytes, keyWords, magic, maxNameBytes } from './format.ts';

/**
 * What the ranges of a table file say of an address. Only an index of some 40 KB is in memory; a look-up reads one block of the
 * file, which the kernel has in its page cache: microseconds, and no more memory however many are asked for.
 */
export class RangeTable {
  /** When the data was made, epoch milliseconds. */
  readonly madeAt: number;
  readonly #fd: number;
  readonly #ipv4: Part;
  readonly #ipv6: Part;
  readonly #names: Part;
  readonly #textAt: number;
  readonly #first = new Uint32Array(4);
  readonly #last = new Uint32Array(4);

  /** @throws Error where the file cannot be read, or is not a whole table */
  constructor(path: string) {
    this.#fd = fs.openSync(path, 'r');
    try {
      const header = Buffer.alloc(headerBytes);
      const read = fs.readSync(this.#fd, header, 0, headerBytes, 0);
      if (read < headerBytes || header.toString('latin1', 0, magic.length) !== magic) {
        throw new Error('it is not a table of this version');
      }
      const [length, ipv4, ipv6, names, seconds] = [8, 12, 16, 20, 24].map((at) => header.readUInt32LE(at));
      const size = fs.fstatSync(this.#fd).size;
      if (size !== length) throw new Error(`it has ${size} bytes instead of ${length}`);
      this.madeAt = seconds! * 1000;
      const counts = [ipv4!, ipv6!, names!] as const;
      const indexBytes = counts.map((count, part) => Math.ceil(count / blockEntries) * keyWords[part]! * 4);
      let indexAt = headerBytes;
      let at = headerBytes + indexBytes.reduce((sum, bytes) => sum + bytes, 0);
      const parts = counts.map((count, number) => {
        const part = new Part(this.#fd, { at, indexAt, count, words: keyWords[number]! });
        indexAt += indexBytes[number]!;
        at += count * (keyWords[number]! + 1) * 4;
        return part;
      });
      [this.#ipv4, this.#ipv6, this.#names] = parts as [Part, Part, Part];
      this.#textAt = at;
    } catch (error) {
      fs.closeSync(this.#fd);
      throw error;
    }
  }

  /**
   * The value of the range that holds the whole network; 0 where none does.
   * @throws Error where the file can no longer be read
   */
  find({ family, a, b, c, d, prefix }: Network): number {
    if (family === 4) {
      this.#first[0] = d;
      this.#last[0] = d | hostBits(prefix);
      return this.#ipv4.find(this.#first, this.#last);
    }
    this.#first[0] = a;
    this.#first[1] = b;
    this.#first[2] = c;
    this.#first[3] = d;
    this.#last[0] = a | hostBits(prefix);
    this.#last[1] = b | hostBits(prefix - 32);
    this.#last[2] = c | hostBits(prefix - 64);
    this.#last[3] = d | hostBits(prefix - 96);
    return this.#ipv6.find(this.#first, this.#last);
  }

  /** The name of a value; null where it has none. */
  nameOf(value: number): string | null {
    this.#first[0] = value;
    const offset = this.#names.get(this.#first);
    if (offset === 0) return null;
    const text = Buffer.allocUnsafe(1 + maxNameBytes);
    const read = fs.readSync(this.#fd, text, 0, text.length, this.#textAt + offset - 1);
    return text.toString('utf8', 1, Math.min(read, 1 + text[0]!));
  }

  close(): void {
    fs.closeSync(this.#fd);
  }
}

/** The bits of a 32-bit word that belong to the host where the network has `prefix` bits of it. */
const hostBits = (prefix: number): number =>
  prefix <= 0 ? 0xffffffff : prefix >= 32 ? 0 : 0xffffffff >>> prefix;

/** The sorted entries of one kind. */
class Part {
  readonly #fd: number;
  readonly #at: number;
  readonly #count: number;
  readonly #words: number;
  readonly #index: Uint32Array;
  readonly #block: Uint32Array;
  /** Which block is in `#block`: the next address is often a neighbour. */
  #held = -1;

  constructor(
    fd: number,
    { at, indexAt, count, words }: { at: number; indexAt: number; count: number; words: number },
  ) {
    this.#fd = fd;
    this.#at = at;
    this.#count = count;
    this.#words = words;
    this.#index = new Uint32Array(Math.ceil(count / blockEntries) * words);
    this.#block = new Uint32Array(blockEntries * (words + 1));
    readWords(fd, this.#index, this.#index.length, indexAt);
  }

  /** The value of the last entry whose key is at most `first`, if the next one's is beyond `last`; else 0. */
  find(first: Uint32Array, last: Uint32Array): number {
    const entry = this.#locate(first);
    if (entry < 0) return 0;
    const stride = this.#words + 1;
    const value = this.#block[entry * stride + this.#words]!;
    if (value === 0) return 0;
    const number = this.#held * blockEntries + entry + 1;
    if (number === this.#count) return value;
    const next =
      number % blockEntries === 0
        ? this.#compare(last, this.#index, (this.#held + 1) * this.#words)
        : this.#compare(last, this.#block, (entry + 1) * stride);
    return next < 0 ? value : 0;
  }

  /** The value of exactly this key; 0 where there is none. */
  get(key: Uint32Array): number {
    const entry = this.#locate(key);
    const at = entry * (this.#words + 1);
    return entry >= 0 && this.#compare(key, this.#block, at) === 0 ? this.#block[at + this.#words]! : 0;
  }

  /** Where in `#block` the last entry stands whose key is at most this one; -1 where all are beyond it. */
  #locate(key: Uint32Array): number {
    const block = this.#lastUpTo(key, this.#index, this.#words, Math.ceil(this.#count / blockEntries));
    if (block < 0) return -1;
    const stride = this.#words + 1;
    const entries = Math.min(blockEntries, this.#count - block * blockEntries);
    if (block !== this.#held) {
      this.#held = -1;
      readWords(this.#fd, this.#block, entries * stride, this.#at + block * blockEntries * stride * 4);
      this.#held = block;
    }
    return this.#lastUpTo(key, this.#block, stride, entries);
  }

  #lastUpTo(key: Uint32Array, among: Uint32Array, stride: number, count: number): number {
    let low = 0;
    let high = count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#compare(key, among, middle * stride) < 0) high = middle;
      else low = middle + 1;
    }
    return low - 1;
  }

  #compare(key: Uint32Array, among: Uint32Array, at: number): number {
    for (let word = 0; word < this.#words; word++) {
      const difference = key[word]! - among[at + word]!;
      if (difference !== 0) return difference;
    }
    return 0;
  }
}

function readWords(fd: number, into: Uint32Array, words: number, position: number): void {
  const bytes = words * 4;
  const read = fs.readSync(fd, new Uint8Array(into.buffer, 0, bytes), 0, bytes, position);
  if (read !== bytes) throw new Error('it has become shorter');
}
