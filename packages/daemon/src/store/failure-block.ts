import { Buffer } from 'node:buffer';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { FailureBatch, FailureRecord } from '@portcullis/core';
import type { AddressColumn } from './address-column.ts';

/** In bytes. About 350 failures; compressed they fill a page of the database, or two. */
const maxBlockBytes = 64_000;
/** A block up to here is not compressed: it is added to line by line, and to compress it each time takes milliseconds. */
const maxPlainBytes = 8_000;
/** No honest line is longer: 511 bytes of tag, 255 of host name, 100 of user name. What lies behind is not kept. */
export const maxStoredLine = 1_024;
/** More than a line of 16 KiB can name, in UTF-16 units, and few enough for 2 bytes of length. */
const maxStoredUser = 20_000;

/**
 * One failure in a block, big-endian. At 0 the length of the whole (4 bytes), at 4 its id less the block's (4), at 8 the
 * time (8), at 16 the site's number (4), at 20 the kind (4; codes.ts), at 24 the count (4), at 28 the length of the
 * address (1), at 29 that of the user's name plus one (2; 0: there is none). Address, name and line follow. Never change
 * it: old blocks look so.
 */
const headBytes = 31;
const wordRange = 0x1_0000_0000;

/** What stands in the database of the failures from `id` to `last`. `oldest` and `newest` are times. */
export interface BlockRow {
  readonly id: number;
  readonly last: number;
  readonly oldest: number;
  readonly newest: number;
  readonly records: number;
  readonly data: Uint8Array;
}

/** A block that is being filled. */
export class FailureBlock {
  readonly id: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #length = 0;
  #last = 0;
  #oldest = Number.POSITIVE_INFINITY;
  #newest = Number.NEGATIVE_INFINITY;
  #records = 0;

  /**
   * @param nth of the batch is to be added first, however long it is
   * @param before a block that is filled no more: its memory is used again, because new memory costs half as much as what fills it
   */
  constructor(batch: FailureBatch, nth: number, before: FailureBlock | null = null) {
    this.id = batch.ids[nth]!;
    const size = Math.max(maxBlockBytes, roomFor(batch, nth));
    this.#bytes = before !== null && before.#bytes.length === size ? before.#bytes : new Uint8Array(size);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** @returns whether there was room for it */
  add(batch: FailureBatch, nth: number, site: number, kind: number): boolean {
    const at = this.#length;
    if (at + roomFor(batch, nth) > this.#bytes.length) return false;
    const view = this.#view;
    const id = batch.ids[nth]!;
    const time = batch.times[nth]!;
    const user = batch.users[nth]!;
    const start = batch.starts[nth]!;
    const length = Math.min(batch.ends[nth]! - start, maxStoredLine);
    view.setUint32(at + 4, id - this.id);
    view.setInt32(at + 8, Math.floor(time / wordRange));
    view.setUint32(at + 12, time % wordRange);
    view.setUint32(at + 16, site);
    view.setUint32(at + 20, kind);
    view.setUint32(at + 24, batch.counts[nth]!);
    const addressAt = at + headBytes;
    const userAt = addressAt + this.#writeAddress(batch, nth, addressAt);
    const lineAt = userAt + (user === null ? 0 : this.#writeText(user, userAt));
    view.setUint8(at + 28, userAt - addressAt);
    view.setUint16(at + 29, user === null ? 0 : lineAt - userAt + 1);
    copy.call(batch.bytes[nth]!, this.#bytes, lineAt, start, start + length);
    this.#length = lineAt + length;
    view.setUint32(at, this.#length - at);
    this.#last = id;
    this.#oldest = Math.min(this.#oldest, time);
    this.#newest = Math.max(this.#newest, time);
    this.#records++;
    return true;
  }

  /** The failures so far, to be read and not kept. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Whether `row` compresses it. */
  get isPacked(): boolean {
    return this.#length > maxPlainBytes;
  }

  /** What it holds so far. */
  row(): BlockRow {
    return {
      id: this.id,
      last: this.#last,
      oldest: this.#oldest,
      newest: this.#newest,
      records: this.#records,
      data: pack(this.bytes),
    };
  }

  /** IPv4 takes 4 bytes, IPv6 16. */
  #writeAddress({ families, words }: FailureBatch, nth: number, at: number): number {
    if (families[nth] === 4) {
      this.#view.setUint32(at, words[4 * nth + 3]!);
      return 4;
    }
    for (let word = 0; word < 4; word++) this.#view.setUint32(at + 4 * word, words[4 * nth + word]!);
    return 16;
  }

  #writeText(text: string, at: number): number {
    const length = Math.min(text.length, maxStoredUser);
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      // Most names are ASCII, and calling the encoder costs more than a short loop.
      if (code > 0x7f) return encoder.encodeInto(text.slice(0, length), this.#bytes.subarray(at)).written;
      this.#bytes[at + i] = code;
    }
    return length;
  }
}

/** Whether nothing is cut off it. */
export const isKeptWhole = ({ user, line }: FailureRecord): boolean =>
  line.length <= maxStoredLine && (user?.length ?? 0) <= maxStoredUser;

/** What a failure takes at most: UTF-8 has up to 3 bytes for a UTF-16 unit. */
const roomFor = ({ users, starts, ends }: FailureBatch, nth: number): number =>
  headBytes +
  16 +
  3 * Math.min(users[nth]?.length ?? 0, maxStoredUser) +
  Math.min(ends[nth]! - starts[nth]!, maxStoredLine);

/** Of bytes that need not be a Buffer: a view of a part, which `set` would take, costs as much again. */
const { copy } = Buffer.prototype;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The first byte of a zstd frame (RFC 8878); that of a block as it is, a part of a length, is always 0. */
const zstdMagic = 0x28;
const packing = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/** How the failures of a block stand in the database: compressed where that is more than a page. */
export const pack = (data: Uint8Array): Uint8Array =>
  data.length <= maxPlainBytes ? data : zstdCompressSync(data, packing);

/** The inverse of `pack`; nothing where the disk has damaged it. */
export function unpack(data: Uint8Array): Uint8Array {
  if (data[0] !== zstdMagic) return data;
  try {
    return zstdDecompressSync(data);
  } catch {
    return new Uint8Array();
  }
}

/** Reads the failures of a block one after the other, in place: the fields hold the one that `next` came to. */
export class BlockReader {
  /** -1 before the first. */
  id = -1;
  time = 0;
  site = 0;
  kind = 0;
  count = 0;
  readonly #first: number;
  readonly #data: Uint8Array;
  readonly #view: DataView;
  #at = 0;
  #end = 0;

  /**
   * @param id the block's
   * @param data unpacked
   */
  constructor(id: number, data: Uint8Array) {
    this.#first = id;
    this.#data = data;
    this.#view = new DataView(data.buffer, data.byteOffset, data.length);
  }

  /** Where the failure stands, for `moveTo`. */
  get position(): number {
    return this.#at;
  }

  /** @returns false behind the last one, or where the disk has damaged what follows */
  next(): boolean {
    const rest = this.#data.length - this.#end;
    if (rest < headBytes) return false;
    const size = this.#view.getUint32(this.#end);
    if (size < headBytes || size > rest) return false;
    this.moveTo(this.#end);
    return true;
  }

  moveTo(at: number): void {
    const view = this.#view;
    this.#at = at;
    this.#end = at + view.getUint32(at);
    this.id = this.#first + view.getUint32(at + 4);
    this.time = view.getInt32(at + 8) * wordRange + view.getUint32(at + 12);
    this.site = view.getUint32(at + 16);
    this.kind = view.getUint32(at + 20);
    this.count = view.getUint32(at + 24);
  }

  address(): AddressColumn {
    const start = this.#at + headBytes;
    return this.#data[this.#at + 28] === 4
      ? this.#view.getUint32(start)
      : this.#data.slice(start, start + 16);
  }

  user(): string | null {
    if (this.#view.getUint16(this.#at + 29) === 0) return null;
    return decoder.decode(this.#data.subarray(this.#userStart(), this.#lineStart()));
  }

  line(): Uint8Array {
    return this.#data.slice(this.#lineStart(), this.#end);
  }

  /** All that is kept of it, as it stands in the block. */
  bytes(): Uint8Array {
    return this.#data.subarray(this.#at, this.#end);
  }

  #userStart(): number {
    return this.#at + headBytes + this.#data[this.#at + 28]!;
  }

  #lineStart(): number {
    return this.#userStart() + Math.max(0, this.#view.getUint16(this.#at + 29) - 1);
  }
}
