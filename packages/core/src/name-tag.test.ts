import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { nameTag, tagOf } from './name-tag.ts';

test('a name has one tag, as bytes of a line and as text, in either case of its ASCII letters', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: 'grapheme' })), (name) => {
      const bytes = new TextEncoder().encode(name);
      assert.equal(tagOf(name), nameTag(bytes, 0, bytes.length));
      const other = name.replaceAll(/[a-z]/g, (letter) => letter.toUpperCase());
      assert.equal(tagOf(other), tagOf(name));
      assert.notEqual(tagOf(name), 0);
    }),
  );
});

test('other names have other tags, and no name has none', () => {
  const tags = ['admin', 'admim', 'bdmin', 'editor', 'ädmin', 'Ädmin', ' admin', ''].map(tagOf);
  assert.equal(new Set(tags).size, tags.length);
  assert.equal(tagOf(null), 0);
});
