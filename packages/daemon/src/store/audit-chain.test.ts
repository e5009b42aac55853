import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { AuditHead } from './audit-chain.ts';
import { createStore, type Store } from './sqlite.ts';

const now = Date.parse('2026-11-21T19:00:00.000Z');
const day = 86_400_000;
const createMemory = (auditMs: number | null = null) =>
  createStore({
    path: ':memory:',
    clock: { now: () => now },
    retention: { historyMs: null, failuresMs: null, auditMs },
  });

function add(store: Store, count: number, at = now): void {
  store.transaction(() => {
    for (let entry = 0; entry < count; entry++) {
      store.addAudit({
        at: new Date(at).toISOString(),
        actor: 'admin',
        action: 'unban',
        ip: entry % 2 === 0 ? '192.0.2.1' : null,
        jail: 'wordpress',
        detail: `“ü” ${entry}`,
      });
    }
  });
}

const verify = (store: Store, copy: AuditHead | null = null) =>
  store.auditChain.verify(copy, () => setImmediate());
const sql = (store: Store, text: string) => store.db.connection.exec(text);

describe('the audit log as a chain', () => {
  it('is whole as it is written, over more entries than one look takes', async () => {
    using store = disposable(createMemory());
    assert.deepEqual(await verify(store), {
      whole: true,
      entries: 0,
      first_id: null,
      pruned_through: null,
      head: null,
      broken: null,
      copy: null,
    });
    add(store, 4_500);
    const found = await verify(store);
    assert.deepEqual([found.whole, found.entries, found.first_id, found.head?.id], [true, 4_500, 1, 4_500]);
    assert.match(found.head!.hash, /^[0-9a-f]{64}$/);
  });

  for (const [what, change] of [
    ['a changed word', "UPDATE audit SET detail = 'x' WHERE id = 30"],
    ['another actor', "UPDATE audit SET actor = 'site:x' WHERE id = 30"],
    ['another time', 'UPDATE audit SET at = at + 1 WHERE id = 30'],
    ['a hash that was made anew', 'UPDATE audit SET hash = zeroblob(32) WHERE id = 30'],
    ['an entry without hash', 'UPDATE audit SET hash = NULL WHERE id = 30'],
    ['an entry taken out before it', 'DELETE FROM audit WHERE id = 29'],
    ['entries taken out at the beginning', 'DELETE FROM audit WHERE id < 30'],
  ]) {
    it(`names the first entry that does not fit: ${what}`, async () => {
      using store = disposable(createMemory());
      add(store, 50);
      sql(store, change!);
      const { whole, broken } = await verify(store);
      assert.equal(whole, false);
      assert.equal(broken?.id, 30);
    });
  }

  it('tells by a copy of its end that its end was cut off, or that all of it was made anew', async () => {
    using store = disposable(createMemory());
    add(store, 20);
    const copy = store.auditChain.head()!;
    add(store, 5);
    assert.deepEqual([(await verify(store, copy)).whole, (await verify(store, copy)).copy], [true, 'same']);
    sql(store, 'DELETE FROM audit WHERE id >= 20');
    assert.equal((await verify(store)).whole, true, 'the chain alone cannot know');
    const cut = await verify(store, copy);
    assert.deepEqual([cut.whole, cut.copy, cut.broken], [false, 'different', null]);

    using forged = disposable(createMemory());
    add(forged, 21, now + 1);
    assert.deepEqual((await verify(forged, copy)).copy, 'different');
  });

  it('goes on from an anchor behind what retention deleted', async () => {
    using store = disposable(createMemory(10 * day));
    add(store, 12, now - 11 * day);
    const old = store.auditChain.head()!;
    add(store, 3, now - 9 * day);
    // Written by a clock that was set back: kept until what stands before it is kept no longer.
    add(store, 1, now - 20 * day);
    while (store.prune(now));
    const found = await verify(store);
    assert.deepEqual([found.whole, found.entries, found.first_id, found.pruned_through], [true, 4, 13, 12]);
    assert.equal((await verify(store, old)).copy, 'same');
    assert.equal((await verify(store, { ...old, id: 11 })).copy, 'pruned');
    sql(store, 'UPDATE audit_anchors SET hash = zeroblob(32)');
    assert.equal((await verify(store)).broken?.id, 13);
  });

  it('goes on from the anchor when all entries were deleted', async () => {
    using store = disposable(createMemory(10 * day));
    add(store, 5, now - 11 * day);
    while (store.prune(now));
    add(store, 2);
    const found = await verify(store);
    assert.deepEqual([found.whole, found.entries, found.first_id], [true, 2, 6]);
    sql(store, 'DELETE FROM audit_anchors');
    assert.equal((await verify(store)).whole, false);
  });

  it('takes in what an earlier version wrote without a chain', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'portcullis-audit-'));
    try {
      const path = join(directory, 'portcullis.db');
      const before = new DatabaseSync(path);
      const names = [
        '001-initial',
        '002-sites',
        '003-lifted-by',
        '004-sub-sites',
        '005-failure-blocks',
        '006-journal',
        '007-outbox',
      ];
      for (const name of names) {
        before.exec(readFileSync(new URL(`migrations/${name}.sql`, import.meta.url), 'utf8'));
      }
      before.exec(`PRAGMA user_version = ${names.length}`);
      const insert = before.prepare("INSERT INTO audit VALUES (?, ?, 'admin', 'ban', ?, NULL, 'x')");
      for (const id of [3, 4, 5, 9, 10]) insert.run(id, now + id, id === 4 ? null : '192.0.2.1');
      before.close();
      using store = disposable(
        createStore({
          path,
          clock: { now: () => now },
          retention: { historyMs: null, failuresMs: null, auditMs: null },
        }),
      );
      add(store, 1);
      const found = await verify(store);
      assert.deepEqual([found.whole, found.entries, found.head?.id], [true, 6, 11]);
      sql(store, "UPDATE audit SET detail = 'y' WHERE id = 9");
      assert.equal((await verify(store)).broken?.id, 9);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

const disposable = (store: Store): Store & Disposable =>
  Object.assign(Object.create(store) as Store, { [Symbol.dispose]: () => store.close() });
