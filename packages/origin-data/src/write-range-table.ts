import { blockEntries, headerBytes, keyWords, magic, maxNameBytes } from './format.ts';

/** Addresses from `first` to `last`, both included, as whole numbers. */
export interface Range {
  readonly first: bigint;
  readonly last: bigint;
  /** 1 to 2^32 − 1. */
  readonly value: number;
}

export interface TableContents {
  /** Any order. Where two overlap, the one that begins first holds. */
  readonly ipv4: readonly Range[];
  readonly ipv6: readonly Range[];
  /** Of values. */
  readonly names: ReadonlyMap<number, string>;
  /** When the data was made, epoch milliseconds. */
  readonly madeAt: number;
}

type Entry = readonly [key: bigint, value: number];

/** The bytes of a table file. */
export function writeRangeTable({ ipv4, ipv6, names, madeAt }: TableContents): Buffer {
  const text: Buffer[] = [];
  let offset = 1;
  const nameEntries = [...names]
    .sort(([one], [other]) => one - other)
    .map(([value, name]): Entry => {
      const bytes = Buffer.from(name).subarray(0, maxNameBytes);
      text.push(Buffer.from([bytes.length]), bytes);
      const entry = [BigInt(value), offset] as const;
      offset += 1 + bytes.length;
      return entry;
    });
  const parts = [toEntries(ipv4, 1n << 32n), toEntries(ipv6, 1n << 128n), nameEntries];
  const indexes = parts.map((entries, part) =>
    bytesOf(
      entries.filter((_, at) => at % blockEntries === 0).map(([key]) => [key]),
      keyWords[part]!,
    ),
  );
  const blocks = parts.map((entries, part) => bytesOf(entries, keyWords[part]!));
  const header = Buffer.alloc(headerBytes);
  header.write(magic, 'latin1');
  const body = [...indexes, ...blocks, ...text];
  const length = body.reduce((sum, bytes) => sum + bytes.length, headerBytes);
  const numbers = [length, ...parts.map((entries) => entries.length), Math.floor(madeAt / 1000)];
  for (const [at, number] of numbers.entries()) header.writeUInt32LE(number, 8 + at * 4);
  return Buffer.concat([header, ...body]);
}

/** Sorted starts: neighbours that say the same are one, and a hole is an entry of its own. */
function toEntries(ranges: readonly Range[], end: bigint): Entry[] {
  const entries: Entry[] = [];
  let next = 0n;
  const add = (key: bigint, value: number) => {
    if (entries.at(-1)?.[1] !== value) entries.push([key, value]);
  };
  for (const { first, last, value } of ranges.toSorted((one, other) => Number(one.first - other.first))) {
    if (last < next) continue;
    if (first > next) add(next, 0);
    add(first > next ? first : next, value);
    next = last + 1n;
  }
  if (next < end) add(next, 0);
  return entries;
}

function bytesOf(entries: readonly (readonly [key: bigint, value?: number])[], words: number): Buffer {
  const stride = entries[0]?.length === 2 ? words + 1 : words;
  const bytes = Buffer.alloc(entries.length * stride * 4);
  for (const [number, [key, value]] of entries.entries()) {
    const at = number * stride * 4;
    for (let word = 0; word < words; word++) {
      bytes.writeUInt32LE(Number((key >> BigInt(32 * (words - 1 - word))) & 0xffffffffn), at + word * 4);
    }
    if (value !== undefined) bytes.writeUInt32LE(value, at + words * 4);
  }
  return bytes;
}
