import { closeSync, fstatSync, readSync } from 'node:fs';
import type { FilePosition, LogFile } from '@portcullis/core';
import { fingerprint, headBytes, readHead } from './head.ts';
import { beginsLike, type FoundFile, isSameFile, openFound } from './log-files.ts';

/**
 * A part of a log: the content of one file, open, and how far it has been read. The descriptor may change, as when
 * the content was copied away and the file truncated: the part stays what it was, and is read on from the copy.
 */
export interface LogPart {
  readonly file: () => LogFile;
  readonly offset: () => number;
  /** Its content can be known again: it has at least a byte. */
  hasHead(): boolean;
  gzip(): boolean;
  /** It is a copy: nothing is written to it any more. */
  closed(): boolean;
  fd(): number;
  /** Of what is read now, which may be a copy. */
  path(): string;
  size(): number;
  /** Bytes that are known to be unread; 0 for a `.gz`, which does not say. */
  unread(): number;
  modified(): number;
  isOpenAs(file: { readonly device: number; readonly inode: number }): boolean;
  /** Whether the file holds this part: it is the one that is open and was not rewritten, or a copy of it. */
  isContentOf(file: FoundFile): boolean;
  position(): FilePosition;
  /** Reads into `buffer` from the offset. @returns how many bytes, or `replaced`: the file holds other content now */
  read(buffer: Uint8Array): number | 'replaced';
  advance(bytes: number): void;
  /** Reads on from a copy of the content. @returns whether the copy could be opened */
  moveTo(copy: FoundFile): boolean;
  /** When bytes in the part behind this one were first seen; for the wait before this one is left. */
  followedSince: number | null;
  /** The rotated files were listed after its first bytes came. */
  listed: boolean;
  /** Some of it has been delivered. */
  delivered: boolean;
  close(): void;
}

const scratch = Buffer.allocUnsafeSlow(headBytes);

/**
 * @param resume where it was read before: its identity is kept, as far as the head is known there
 * @returns undefined where the file is no longer there
 */
export function openPart(log: string, found: FoundFile, resume?: FilePosition): LogPart | undefined {
  const opened = openFound(found);
  if (opened === undefined) return undefined;
  let fd = opened;
  let source = found;
  let open = true;
  let closed = found.gzip;
  const head = Buffer.alloc(headBytes);
  let headLength = readHead(fd, found.gzip, head);
  let file: LogFile;
  identify();
  const wanted = resume?.offset ?? 0;
  let offset = found.gzip ? wanted : Math.min(wanted, found.size);

  function identify() {
    // What it was when it was found: a copy that it is read from later changes nothing.
    const { path, device, inode } = found;
    file = { log, path, device, inode, head: fingerprint(head.subarray(0, headLength)) };
  }

  /** Whether the file still begins as it did, learning more of the head while it is short. */
  function headHolds(): boolean {
    const length = readSync(fd, scratch, 0, headBytes, 0);
    if (length < headLength || scratch.compare(head, 0, headLength, 0, headLength) !== 0) return false;
    if (length > headLength) {
      headLength = scratch.copy(head, 0, 0, length);
      identify();
    }
    return true;
  }

  return {
    followedSince: null,
    listed: false,
    delivered: false,
    file: () => file,
    offset: () => offset,
    hasHead: () => headLength > 0,
    gzip: () => source.gzip,
    closed: () => closed,
    fd: () => fd,
    path: () => source.path,
    size: () => fstatSync(fd).size,
    unread: () => (source.gzip ? 0 : Math.max(0, fstatSync(fd).size - offset)),
    modified: () => fstatSync(fd).mtimeMs,
    isOpenAs: (other) => isSameFile(source, other),
    isContentOf(other) {
      const holds = source.gzip || (fstatSync(fd).size >= offset && headHolds());
      if (isSameFile(source, other)) return holds;
      return holds && headLength > 0 && !other.current && beginsLike(other, file.head);
    },
    position: () => ({ ...file, offset }),
    read(buffer) {
      const { size } = fstatSync(fd);
      // A copy may be shorter than what was read: it was made before the last lines were written.
      if (size < offset) return closed ? 0 : 'replaced';
      const length = size === offset ? 0 : readSync(fd, buffer, 0, buffer.length, offset);
      // After the read, so that bytes of other content are never taken for the continuation.
      return headHolds() ? length : 'replaced';
    },
    advance(bytes) {
      offset += bytes;
    },
    moveTo(copy) {
      const next = openFound(copy);
      if (next === undefined) return false;
      closeSync(fd);
      fd = next;
      source = copy;
      closed = true;
      return true;
    },
    close() {
      if (open) closeSync(fd);
      open = false;
    },
  };
}
