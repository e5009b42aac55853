import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createReadBuffer, maxChunkBytes } from './read-buffer.ts';

test('as much is read at once as is unread, and less for a while after a chunk that took long', () => {
  let time = 0;
  const buffer = createReadBuffer(maxChunkBytes, () => time);
  const sizes = () => [0, 65_535, 65_536, 10_000_000].map((unread) => buffer.for(unread).length / 1024);
  assert.deepEqual(sizes(), [64, 64, 2048, 2048]);
  buffer.took(500);
  assert.deepEqual(sizes(), [64, 64, 2048, 2048]);
  buffer.took(501);
  assert.deepEqual(sizes(), [64, 64, 256, 256]);
  time = 9_999;
  assert.deepEqual(sizes(), [64, 64, 256, 256]);
  time = 10_000;
  assert.deepEqual(sizes(), [64, 64, 2048, 2048]);
});

test('no more is read at once than was asked for', () => {
  const buffer = createReadBuffer(4096, () => 0);
  buffer.took(1_000);
  assert.deepEqual([buffer.for(0).length, buffer.for(1_000_000).length], [4096, 4096]);
});

test('what was read into once is read into again, because readers keep hold of it', () => {
  const buffer = createReadBuffer(maxChunkBytes, () => 0);
  const first = buffer.for(1_000_000).buffer;
  buffer.for(0);
  assert.equal(buffer.for(1_000_000).buffer, first);
});
