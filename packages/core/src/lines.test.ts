import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LineSplitter, maxLineLength, type OnLine } from './lines.ts';

interface Line {
  readonly text: string;
  readonly cut: boolean;
}

function collect(): { lines: Line[]; onLine: OnLine } {
  const lines: Line[] = [];
  return {
    lines,
    onLine: (bytes, start, end, cut) => {
      lines.push({ text: Buffer.from(bytes.subarray(start, end)).toString('latin1'), cut });
    },
  };
}

function split(chunks: readonly Uint8Array[], end = false): { lines: Line[]; pending: number } {
  const splitter = new LineSplitter();
  const { lines, onLine } = collect();
  for (const chunk of chunks) splitter.push(chunk, onLine);
  const { pending } = splitter;
  if (end) splitter.end(onLine);
  return { lines, pending };
}

/** Bytes in which newlines, and what other programs take for one, are frequent. */
const bytes = fc
  .array(
    fc.oneof(fc.constantFrom(0x0a, 0x0d, 0x00, 0x85, 0xe2, 0x80, 0xa8), fc.integer({ min: 0, max: 255 })),
    {
      maxLength: 200,
      size: 'max',
    },
  )
  .map((values) => Uint8Array.from(values));
const cuts = fc.array(fc.nat({ max: 220 }), { maxLength: 12, size: 'max' });

function cutAt(whole: Uint8Array, places: readonly number[]): Uint8Array[] {
  const sorted = [0, ...[...places].sort((one, other) => one - other), whole.length];
  return sorted.slice(1).map((end, index) => whole.subarray(sorted[index], Math.max(end, sorted[index]!)));
}

test('however bytes are cut, the lines are those between bytes 0x0A', () => {
  fc.assert(
    fc.property(bytes, cuts, (whole, places) => {
      const parts = Buffer.from(whole).toString('latin1').split('\n');
      const rest = parts.pop()!;
      const { lines, pending } = split(cutAt(whole, places));
      assert.deepEqual(
        lines,
        parts.map((text) => ({ text, cut: false })),
      );
      assert.equal(pending, rest.length);
    }),
  );
});

test('what waits for its newline is a line when no more bytes come', () => {
  fc.assert(
    fc.property(bytes, cuts, (whole, places) => {
      const parts = Buffer.from(whole).toString('latin1').split('\n');
      if (parts.at(-1) === '') parts.pop();
      const { lines } = split(cutAt(whole, places), true);
      assert.deepEqual(
        lines.map(({ text }) => text),
        parts,
      );
    }),
  );
});

test('a line of the greatest length is whole, and one byte more is cut and says so', () => {
  for (const length of [maxLineLength - 1, maxLineLength, maxLineLength + 1, 3 * maxLineLength]) {
    const whole = Buffer.alloc(length + 3, 'x');
    whole[length] = 0x0a;
    whole.write('y\n', length + 1, 'latin1');
    const expected = [
      { text: 'x'.repeat(Math.min(length, maxLineLength)), cut: length > maxLineLength },
      { text: 'y', cut: false },
    ];
    for (const size of [whole.length, 1000, maxLineLength, maxLineLength + 1]) {
      const places = Array.from(
        { length: Math.floor(whole.length / size) },
        (_, index) => (index + 1) * size,
      );
      assert.deepEqual(split(cutAt(whole, places)).lines, expected, `${length} bytes in chunks of ${size}`);
    }
  }
});

test('pending counts all bytes that wait, kept or not, because offsets are reckoned from it', () => {
  const splitter = new LineSplitter();
  const { lines, onLine } = collect();
  splitter.push(Buffer.alloc(maxLineLength, 'x'), onLine);
  splitter.push(Buffer.alloc(maxLineLength, 'x'), onLine);
  assert.equal(splitter.pending, 2 * maxLineLength);
  splitter.push(Buffer.from('\nz'), onLine);
  assert.equal(splitter.pending, 1);
  assert.deepEqual(lines, [{ text: 'x'.repeat(maxLineLength), cut: true }]);
});
