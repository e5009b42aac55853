import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { Network } from '@portcullis/core';
import fc from 'fast-check';
import { RangeTable } from './range-table.ts';
import { type Range, type TableContents, writeRangeTable } from './write-range-table.ts';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'range-table-'));
after(() => fs.rmSync(folder, { recursive: true }));

let files = 0;
function write(contents: Partial<TableContents>): string {
  const file = path.join(folder, `${files++}.bin`);
  fs.writeFileSync(
    file,
    writeRangeTable({ ipv4: [], ipv6: [], names: new Map(), madeAt: 1_781_000_000_000, ...contents }),
  );
  return file;
}

function networkOf(family: 4 | 6, address: bigint, prefix?: number): Network {
  const word = (shift: bigint) => Number((address >> shift) & 0xffffffffn);
  return new Network(family, word(96n), word(64n), word(32n), word(0n), prefix);
}

/** What the table promises, slowly: the range that holds all of it, where ranges that touch and say the same are one. */
function scan(ranges: readonly Range[], first: bigint, last: bigint): number {
  const holding = (address: bigint) =>
    ranges.find((range) => range.first <= address && address <= range.last)?.value ?? 0;
  const value = holding(first);
  const edges = ranges
    .flatMap((range) => [range.first, range.last + 1n])
    .filter((at) => first < at && at <= last);
  return edges.every((edge) => holding(edge) === value) ? value : 0;
}

const bits = { 4: 32n, 6: 128n } as const;
const families = fc.constantFrom<4 | 6>(4, 6);
/** Ranges without overlaps, many of them touching, at both ends of the space and over several blocks of the table. */
const rangesOf = (family: 4 | 6) =>
  fc
    .uniqueArray(
      fc.oneof(
        fc.bigInt(0n, 2_000n),
        fc.bigInt(0n, (1n << bits[family]) - 1n),
        fc.bigInt((1n << bits[family]) - 300n, (1n << bits[family]) - 1n),
      ),
      { maxLength: 700, size: 'max' },
    )
    .chain((cuts) =>
      fc.infiniteStream(fc.nat({ max: 3 })).map((values) => {
        const sorted = cuts.toSorted((one, other) => (one < other ? -1 : 1));
        return sorted
          .map((first, at): Range => {
            const last = sorted[at + 1] === undefined ? (1n << bits[family]) - 1n : sorted[at + 1]! - 1n;
            return { first, last, value: values.next().value };
          })
          .filter(({ value }) => value !== 0);
      }),
    );

test('at every boundary a look-up says what a scan of all ranges says', () => {
  fc.assert(
    fc.property(
      families.chain((family) => fc.tuple(fc.constant(family), rangesOf(family))),
      fc.nat({ max: 6 }),
      ([family, ranges], width) => {
        const key = family === 4 ? 'ipv4' : 'ipv6';
        const table = new RangeTable(write({ [key]: ranges }));
        const top = (1n << bits[family]) - 1n;
        const probes = new Set([0n, top]);
        for (const { first, last } of ranges)
          for (const at of [first - 1n, first, last, last + 1n]) probes.add(at);
        for (const at of probes) {
          if (at < 0n || at > top) continue;
          const prefix = Number(bits[family]) - width;
          const begin = (at >> BigInt(width)) << BigInt(width);
          const end = begin + (1n << BigInt(width)) - 1n;
          assert.equal(table.find(networkOf(family, at)), scan(ranges, at, at), `${family}: ${at}`);
          assert.equal(
            table.find(networkOf(family, begin, prefix)),
            scan(ranges, begin, end),
            `${family}: ${begin} to ${end}`,
          );
        }
        table.close();
      },
    ),
    { numRuns: 25 },
  );
});

test('of two ranges that overlap the one that begins first holds', () => {
  const ranges = [
    { first: 10n, last: 20n, value: 1 },
    { first: 15n, last: 30n, value: 2 },
  ];
  const table = new RangeTable(write({ ipv4: ranges }));
  assert.deepEqual(
    [9n, 10n, 20n, 21n, 30n, 31n].map((at) => table.find(networkOf(4, at))),
    [0, 1, 1, 2, 2, 0],
  );
  table.close();
});

test('a value has its own name or none', () => {
  const names = new Map<number, string>(Array.from({ length: 1000 }, (_, at) => [at * 2 + 2, `Näme ${at}`]));
  names.set(4_294_967_295, 'x'.repeat(300));
  const table = new RangeTable(write({ names }));
  for (const [value, name] of names) {
    assert.equal(table.nameOf(value), name.slice(0, 255));
    if (value < 3000) assert.equal(table.nameOf(value + 1), null);
  }
  assert.equal(table.nameOf(0), null);
  assert.equal(table.madeAt, 1_781_000_000_000);
  table.close();
});

test('a table that is empty, cut short, longer, or something else is refused or says nothing', () => {
  const whole = write({ ipv4: [{ first: 5n, last: 9n, value: 7 }] });
  const bytes = fs.readFileSync(whole);
  const broken = [
    Buffer.alloc(0),
    Buffer.from('PCRANGE'),
    bytes.subarray(0, -1),
    Buffer.concat([bytes, Buffer.alloc(1)]),
    Buffer.from('PCRANGE0'.padEnd(60)),
    Buffer.alloc(4096, 0xff),
  ];
  for (const [number, content] of broken.entries()) {
    const file = path.join(folder, `broken-${number}`);
    fs.writeFileSync(file, content);
    assert.throws(
      () => new RangeTable(file),
      /it is not a table of this version|it has \d+ bytes instead of \d+/,
    );
  }
  const empty = new RangeTable(write({}));
  assert.equal(empty.find(networkOf(4, 0n)), 0);
  empty.close();
});
