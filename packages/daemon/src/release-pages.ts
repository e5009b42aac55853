import fs from 'node:fs';

/** `MADV_DONTNEED` of madvise(2). */
const dontNeed = 4;
/** Of elf(5), 64 bits: where the header names its table of segments, and what that says of one. */
const header = { bytes: 64, table: 32, entries: 56 } as const;
const segment = { bytes: 56, type: 0, flags: 4, offset: 8, fileSize: 32 } as const;
const loaded = 1;
const writable = 2;

/** Parts of a file, as offsets. */
type Span = readonly [from: bigint, to: bigint];

/**
 * Gives back the pages of Node's own file that only the start needed, 35 of 100 MB. The kernel keeps resident what was ever
 * touched of its 143 MB, with up to 15 pages around each that was. They come back from the page cache when they are
 * touched again; a second later the idle daemon has 25 to 30 MB of them.
 *
 * Only what nobody can have written is given back, or it would be lost: the segments that the file itself says are not writable.
 * `/proc/self/maps` does not tell, because what the dynamic linker wrote there (RELRO) is write-protected, too.
 *
 * @returns false where that is not possible: `node:ffi` is experimental in Node 26, and /proc may be missing
 */
export function releaseProgramPages(): boolean {
  const ffi = process.getBuiltinModule('node:ffi');
  if (ffi === undefined || process.platform !== 'linux') return false;
  try {
    const constant = constantSpans('/proc/self/exe');
    const path = fs.readlinkSync('/proc/self/exe');
    using library = ffi.dlopen(null, {
      madvise: { arguments: ['uint64', 'uint64', 'int32'], return: 'int32' },
    });
    for (const { start, length, span } of mappingsOf(path)) {
      if (!constant.some(([from, to]) => from <= span[0] && span[1] <= to)) continue;
      if (library.functions.madvise(start, length, dontNeed) !== 0) return false;
    }
    return true;
  } catch {
    return false;
  }
}

/** The segments of a program that are loaded and not writable, in whole pages. */
function constantSpans(program: string): Span[] {
  const file = fs.openSync(program, 'r');
  try {
    const head = Buffer.alloc(header.bytes);
    fs.readSync(file, head, 0, head.length, 0);
    // Its magic number, and that it is of 64 bits and little-endian.
    if (head.toString('latin1', 0, 6) !== '\x7fELF\x02\x01') return [];
    const table = Buffer.alloc(head.readUInt16LE(header.entries) * segment.bytes);
    fs.readSync(file, table, 0, table.length, Number(head.readBigUInt64LE(header.table)));
    const spans: Span[] = [];
    for (let at = 0; at < table.length; at += segment.bytes) {
      const isConstant = (table.readUInt32LE(at + segment.flags) & writable) === 0;
      if (table.readUInt32LE(at + segment.type) !== loaded || !isConstant) continue;
      const from = table.readBigUInt64LE(at + segment.offset);
      spans.push([from & ~page, (from + table.readBigUInt64LE(at + segment.fileSize) + page) & ~page]);
    }
    return spans;
  } finally {
    fs.closeSync(file);
  }
}

/** One less than the bytes of a page of x86-64 and most of arm64. */
const page = 0xfffn;

/** Where a file is mapped, not writable and private. */
function* mappingsOf(path: string): Generator<{ start: bigint; length: bigint; span: Span }> {
  for (const line of fs.readFileSync('/proc/self/maps', 'utf8').split('\n')) {
    const found = /^([0-9a-f]+)-([0-9a-f]+) r-[-x]p ([0-9a-f]+) \S+ [0-9]+\s+(\S.*)$/.exec(line);
    if (found === null || found[4] !== path) continue;
    const [start, end, offset] = [found[1], found[2], found[3]].map((hex) => BigInt(`0x${hex}`)) as [
      bigint,
      bigint,
      bigint,
    ];
    yield { start, length: end - start, span: [offset, offset + end - start] };
  }
}
