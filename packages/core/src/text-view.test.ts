import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { findByte, isSameText, textHash, textView } from './text-view.ts';

/** Few different bytes, so that texts are often alike; the highest bit and neighbours of what is looked for among them. */
const text = fc.array(fc.constantFrom(0x00, 0x1f, 0x20, 0x21, 0x7f, 0x80, 0x9f, 0xa0, 0xff), {
  maxLength: 20,
});
const offset = fc.nat({ max: 5 });
/** The text among others, so that what stands beside it must not matter. */
const among = (bytes: readonly number[], before: number) => {
  const all = new Uint8Array([...new Array(before).fill(0x20), ...bytes, 0x20, 0x20]);
  return textView(all.subarray(0, all.length - 1));
};

describe('bytes four at a time', () => {
  test('a byte is found where indexOf finds it', () => {
    fc.assert(
      fc.property(text, offset, fc.constantFrom(0x20, 0x00, 0xa0, 0xff), (bytes, before, byte) => {
        const at = bytes.indexOf(byte);
        const end = before + bytes.length;
        assert.equal(findByte(among(bytes, before), byte, before, end), at < 0 ? end : before + at);
      }),
    );
  });

  test('texts are the same where each byte is, and then have one hash', () => {
    fc.assert(
      fc.property(text, text, offset, offset, (one, other, before, otherBefore) => {
        for (const second of [other, one, [...one.slice(0, -1), 0x41]].filter(
          ({ length }) => length === one.length,
        )) {
          const [view, otherView] = [among(one, before), among(second, otherBefore)];
          const same = one.every((byte, at) => byte === second[at]);
          assert.equal(isSameText(view, before, otherView, otherBefore, one.length), same);
          const hash = textHash(view, before, before + one.length);
          if (same) assert.equal(textHash(otherView, otherBefore, otherBefore + one.length), hash);
        }
      }),
    );
  });
});
