import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseNetwork } from '@portcullis/core';
import { createSmallDaemon, smallDaemonStart } from '../../../test/support/small-daemon.ts';

const attacker = parseNetwork('198.51.100.7')!;
const line = (micros: number) =>
  `${new Date(smallDaemonStart).toISOString().replace('Z', `${micros}+00:00`)} web01 wordpress(blog.example.com)[4711]: Authentication failure for alice from ${attacker}`;

test('what waits for the end of its instant keeps its line, though the source uses its memory again', async () => {
  using daemon = await createSmallDaemon('', { hold: true });
  const lines = [line(100), line(110), line(120)];
  await daemon.read(...lines);
  assert.equal(daemon.store.banInForce('wordpress', attacker), undefined, 'their instant is not over');
  daemon.passInstant();
  assert.deepEqual(daemon.store.banInForce('wordpress', attacker)!.evidence.lines, lines);
});
