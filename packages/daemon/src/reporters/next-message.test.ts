import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig, parseNetwork } from '@portcullis/core';
import { noEvidence } from '../evidence.ts';
import { createStore } from '../store/sqlite.ts';
import { createMessages, maxWaitingBans } from './next-message.ts';
import { webhookBody } from './webhook.ts';

const clock = { now: () => Date.parse('2026-11-21T12:00:00Z') };
const retention = { historyMs: null, failuresMs: null, auditMs: null };
const [destination] = parseConfig('[slack]\nwebhook_url = "http://127.0.0.1/x"').config!.destinations;
const origin = { country: null, asn: null, as_name: null };

/** A store with so many bans that wait for `slack`, and the messages made of them. */
function createBench(bans: number) {
  const store = createStore({ path: ':memory:', clock, retention });
  const ban = (index: number) =>
    store.insertBan({
      network: parseNetwork(`198.18.${index >> 8}.${index & 255}`)!,
      jail: 'wordpress',
      since: clock.now(),
      until: null,
      failures: 3,
      timesBanned: 1,
      state: 'active',
      endedAt: null,
      endedBy: null,
      liftedBy: null,
      reason: '',
      byHand: false,
      gentle: false,
      evidence: { ...noEvidence, users: ['bob'], sites: { 'blog.example.com': 3 } },
    });
  store.transaction(() => {
    for (let index = 0; index < bans; index++) store.outbox.addBan(['slack'], ban(index).id, index);
  });
  const messages = createMessages({
    outbox: store.outbox,
    host: 'web01',
    view: ({ ban }) => ({ ...ban, otherSites: 0, origin, campaign: null }),
  });
  const waiting = () => store.outbox.waiting('slack')[0];
  return { store, messages, waiting, next: () => messages.next(destination!, 'ban', waiting()!.lastId) };
}

test('one ban is told as a ban, two as a digest', async () => {
  for (const [bans, kind] of [
    [1, 'ban'],
    [2, 'digest'],
  ] as const) {
    const { next, store } = createBench(bans);
    assert.equal((await next())!.content.kind, kind);
    store.close();
  }
});

test('of too many bans the older half is digested, and the message counts them all', async () => {
  const { messages, waiting, next, store } = createBench(maxWaitingBans + 100);
  await messages.bound(destination!);
  assert.ok(waiting()!.count <= maxWaitingBans / 2 + 50, `${waiting()!.count} wait`);
  assert.equal(waiting()!.firstAt, 0);
  const { content } = (await next())!;
  assert.ok(content.kind === 'digest');
  assert.equal(content.digest.bans, maxWaitingBans + 100);
  assert.deepEqual(content.digest.users, [{ name: 'bob', bans: maxWaitingBans + 100, failures: 0 }]);
  await messages.bound(destination!);
  assert.equal((await next())!.id, (await next())!.id);
  store.close();
});

test('banning goes on while many bans are read', async () => {
  const { next, store } = createBench(1_000);
  let turns = 0;
  const beat = () => {
    turns++;
    timer = setImmediate(beat);
  };
  let timer = setImmediate(beat);
  await next();
  clearImmediate(timer);
  assert.ok(turns >= 20, `${turns} turns`);
  store.close();
});

test('bans that nobody remembers are no message', async () => {
  const { next, store } = createBench(2);
  store.db.run('DELETE FROM bans');
  assert.equal(await next(), null);
  store.close();
});

test('sites that fell silent within an hour are one message, that names each with its last line', async () => {
  const { messages, store } = createBench(0);
  for (const [index, site] of ['shop.example', 'blog.example/fr'].entries())
    store.outbox.add(
      ['slack'],
      { kind: 'silent_site', site, lastEventAt: clock.now() - index * 86_400_000 },
      index,
    );
  const upTo = store.outbox.waiting('slack')[0]!.lastId;
  const message = await messages.next(destination!, 'silent_site', upTo);
  assert.equal(
    webhookBody(message!)['text'],
    `2 sites on web01 fell silent
No line in the log since:
- blog.example/fr – 2026-11-20 12:00 UTC
- shop.example – 2026-11-21 12:00 UTC
On the host: portcullis doctor`,
  );
  store.close();
});
