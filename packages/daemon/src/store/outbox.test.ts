import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseNetwork, tallyBans } from '@portcullis/core';
import { addEvidence, noEvidence } from '../evidence.ts';
import { createStore } from './sqlite.ts';

const clock = { now: () => Date.parse('2026-11-21T12:00:00Z') };
const retention = { historyMs: null, failuresMs: null, auditMs: null };
const open = (path = ':memory:') => createStore({ path, clock, retention });
type Store = ReturnType<typeof open>;

const insertBan = (store: Store, ip: string) =>
  store.insertBan({
    network: parseNetwork(ip)!,
    jail: 'wordpress',
    since: 1,
    until: null,
    failures: 3,
    timesBanned: 1,
    state: 'active',
    endedAt: null,
    endedBy: null,
    reason: 'why',
    byHand: false,
    gentle: false,
    liftedBy: null,
    evidence: addEvidence(noEvidence, []),
  } as Parameters<Store['insertBan']>[0]);

test('a ban and its report are there both or neither', () => {
  const store = open();
  assert.throws(() =>
    store.transaction(() => {
      store.outbox.addBan(['slack'], insertBan(store, '192.0.2.1').id, 1);
      throw new Error('undone');
    }),
  );
  assert.deepEqual(store.outbox.waiting('slack'), []);
  store.transaction(() => store.outbox.addBan(['slack', 'webhook'], insertBan(store, '192.0.2.1').id, 5));
  for (const name of ['slack', 'webhook']) {
    const [{ count, firstAt, lastId } = assert.fail()] = store.outbox.waiting(name);
    assert.deepEqual({ count, firstAt }, { count: 1, firstAt: 5 });
    assert.equal(store.outbox.bans(name, 0, lastId, 10)[0]!.ban.ip, '192.0.2.1');
  }
  store.close();
});

test('what is delivered goes, what came meanwhile stays, and when is remembered', () => {
  const store = open();
  const { outbox } = store;
  for (const at of [1, 2, 3]) outbox.add(['slack'], { kind: 'drift', faults: [String(at)] }, at);
  const [{ lastId } = assert.fail()] = outbox.waiting('slack');
  outbox.add(['slack'], { kind: 'drift', faults: ['4'] }, 4);
  outbox.settle('slack', 'drift', lastId, 100);
  assert.deepEqual(
    outbox.waiting('slack').map(({ count, firstAt }) => [count, firstAt]),
    [[1, 4]],
  );
  assert.deepEqual([...outbox.sent('slack')], [['drift', 100]]);
  store.close();
});

test('bans that were digested wait as one, and go with the others', () => {
  const store = open();
  const { outbox } = store;
  for (let last = 1; last <= 9; last++)
    outbox.addBan(['slack'], insertBan(store, `192.0.2.${last}`).id, last);
  const [{ lastId } = assert.fail()] = outbox.waiting('slack');
  const origin = { country: null, asn: null, as_name: null };
  const rows = outbox.bans('slack', 0, lastId, 6);
  const tally = tallyBans(
    rows.map(({ at, ban }) => ({ at, ban: { ...ban, otherSites: 0, origin, campaign: null } })),
  );
  outbox.digest('slack', rows.at(-1)!.id, tally);
  assert.deepEqual(outbox.digested('slack'), tally);
  assert.deepEqual(outbox.waiting('slack'), [{ kind: 'ban', count: 4, firstAt: 1, lastId }]);
  outbox.settle('slack', 'ban', lastId, 10);
  assert.equal(outbox.digested('slack'), null);
  assert.deepEqual(outbox.waiting('slack'), []);
  store.close();
});

test('what waits for a place that is no longer configured is dropped', () => {
  const store = open();
  store.outbox.add(['slack', 'webhook'], { kind: 'drift', faults: [] }, 1);
  store.outbox.keep(['webhook']);
  assert.deepEqual(store.outbox.waiting('slack'), []);
  assert.equal(store.outbox.waiting('webhook').length, 1);
  store.close();
});

test('events of one kind are bounded: the oldest go', () => {
  const store = open();
  for (let at = 1; at <= 150; at++) store.outbox.add(['slack'], { kind: 'drift', faults: [] }, at);
  const [{ count, firstAt } = assert.fail()] = store.outbox.waiting('slack');
  assert.deepEqual([count, firstAt], [100, 51]);
  store.close();
});

test('what waits is in the file of the next run', () => {
  const directory = mkdtempSync(join(tmpdir(), 'pc-outbox-'));
  const path = join(directory, 'portcullis.db');
  const before = open(path);
  before.outbox.add(['slack'], { kind: 'drift', faults: ['x'] }, 1);
  before.close();
  const after = open(path);
  assert.deepEqual(after.outbox.events('slack', 'drift', 99, 9), [
    { at: 1, event: { kind: 'drift', faults: ['x'] } },
  ]);
  after.close();
  rmSync(directory, { recursive: true });
});
