import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseNetwork } from './address.ts';
import { FailureBatch } from './failure-batch.ts';
import type { FailureRecord } from './ports.ts';

const failure = (id: number): FailureRecord => ({
  id,
  time: 1_700_000_000_000 + id,
  address: parseNetwork(id % 2 === 0 ? `198.51.100.${id % 256}` : `2001:db8::${(id % 65_536).toString(16)}`)!,
  site: `blog${id % 7}.example.com`,
  event: id % 3 === 0 ? 'unknown_user' : 'login_failure',
  channel: id % 5 === 0 ? null : 'xmlrpc',
  user: id % 4 === 0 ? null : `user${id}`,
  count: 1 + (id % 3),
  reason: id % 6 === 0 ? 'exempt' : null,
  doubts: id % 8,
  line: new TextEncoder().encode(`the line of ${id}`),
  sender: id % 9 === 0 ? { uid: id, pid: 2 * id } : null,
});

describe('a batch of failures', () => {
  test('gives back all of each failure, however many there are', () => {
    const failures = Array.from({ length: 1_000 }, (_, i) => failure(i + 2 ** 33));
    const batch = FailureBatch.of(failures);
    assert.deepEqual(
      Array.from({ length: batch.length }, (_, nth) => batch.at(nth)),
      failures,
    );
  });

  test('has nothing of the failures before it was cleared', () => {
    const batch = FailureBatch.of([failure(1), failure(2)]);
    batch.clear();
    const { user: name, line, ...read } = failure(3);
    batch.add(
      { ...read, name, bytes: new TextEncoder().encode('> the line of 3'), start: 2, end: 15 },
      3,
      null,
      0,
    );
    assert.equal(batch.length, 1);
    assert.deepEqual(batch.at(0), { ...failure(3), line, reason: null, doubts: 0 });
  });
});
