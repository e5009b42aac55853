import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import { FailureBatch } from '@portcullis/core';
import { ban, failure, network } from '../../../../test/support/ban-store-conformance.ts';
import { createQueries } from './queries.ts';
import { createStore, type Store } from './sqlite.ts';

const now = Date.parse('2026-11-21T19:00:00.000Z');
const day = 86_400_000;
const retention = { historyMs: 90 * day, failuresMs: 30 * day, auditMs: 10 * day };

const finish = (store: Store) => {
  let steps = 1;
  while (store.prune(now)) assert.ok(++steps < 1_000, 'pruning ends');
  return steps;
};

describe('retention', () => {
  let directory: string;
  const path = () => join(directory, 'portcullis.db');
  const open = () => createStore({ path: path(), clock: { now: () => now }, retention });
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'portcullis-prune-'));
  });
  after(() => rmSync(directory, { recursive: true }));

  it('deletes what is older, wherever it stands, and keeps the rest', () => {
    const store = createStore({ path: ':memory:', clock: { now: () => now }, retention });
    const old = now - 31 * day;
    const times = [now, old, now, old, old, now - 29 * day];
    store.insertFailures(FailureBatch.of(times.map((time, index) => failure(index + 1, { time }))));
    store.saveForgotten([
      { jail: 'wordpress', network: network('192.0.2.1'), failureId: 0 },
      { jail: 'wordpress', network: network('192.0.2.2'), failureId: 3 },
    ]);
    const gone = store.insertBan(ban({ since: now - 95 * day, until: now - 94 * day }));
    const permanent = store.insertBan(
      ban({ network: network('192.0.2.3'), since: now - 95 * day, until: null }),
    );
    store.endBans([gone.id], now - 91 * day, 'expired');
    const audit = (at: number) =>
      store.addAudit({
        at: new Date(at).toISOString(),
        actor: 'admin',
        action: 'ban',
        ip: null,
        jail: null,
        detail: '',
      });
    audit(now - 11 * day);
    audit(now - 9 * day);
    store.addAllowEntry({
      ip: '192.0.2.9',
      until: at(now),
      note: '',
      added_at: at(now - day),
      added_by: 'admin',
      site: null,
      sub_site: null,
    });

    finish(store);
    assert.deepEqual(failureIds(store), [1, 3, 6]);
    assert.deepEqual(
      [...store.forgotten()].map(({ failureId }) => failureId),
      [3],
    );
    assert.deepEqual(
      [...store.bansInForce()].map(({ id }) => id),
      [permanent.id],
    );
    assert.equal(store.timesBanned(gone.network, null), 0);
    for (const table of ['ban_evidence', 'ban_sites']) {
      assert.equal(count(store, `${table} WHERE ban_id = ${gone.id}`), 0, table);
    }
    assert.equal(count(store, 'audit'), 1);
    assert.deepEqual(store.allowEntries(), []);
    assert.ok(store.insertBan(ban()).id > permanent.id, 'ids are never given twice');
    store.close();
  });

  it('works in bounded steps and gives the space back to the file system', () => {
    const store = open();
    const failures = Array.from({ length: 20_000 }, (_, index) =>
      failure(index + 1, { time: now - 31 * day, line: randomBytes(1_000) }),
    );
    store.insertFailures(FailureBatch.of(failures));
    store.db.all('PRAGMA wal_checkpoint(TRUNCATE)');
    const full = statSync(path()).size;
    const steps = finish(store);
    assert.ok(steps >= 8, `${steps} steps for 20,000 failures`);
    assert.ok(statSync(path()).size < full / 2, 'the file shrank');
    assert.equal(statSync(`${path()}-wal`).size, 0);
    assert.equal(statSync(path()).mode & 0o777, 0o600);
    store.close();
  });

  it('takes only what is old out of a block, and what comes then does not bring it back', () => {
    const store = createStore({ path: ':memory:', clock: { now: () => now }, retention });
    const old = now - 31 * day;
    store.insertFailures(
      FailureBatch.of([failure(1, { time: old, user: 'ün' }), failure(2, { time: now, user: 'ün' })]),
    );
    finish(store);
    store.insertFailures(FailureBatch.of([failure(3, { time: now })]));
    assert.deepEqual(failureIds(store), [2, 3]);
    assert.partialDeepStrictEqual(store.failuresById([1, 2]), [{ id: 2, time: now, user: 'ün' }]);
    assert.equal(createQueries(store, { now: () => now }).failures({ limit: 1 }).total, 2);
    store.close();
  });

  it('keeps at most a million failures, the newest, and what shares a block with them', () => {
    const store = createStore({ path: ':memory:', clock: { now: () => now }, retention });
    const line = new Uint8Array(1_024);
    const some = (from: number) => Array.from({ length: 100 }, (_, index) => failure(from + index, { line }));
    store.insertFailures(FailureBatch.of([...some(1), ...some(900_001), ...some(1_000_101)]));
    finish(store);
    const kept = failureIds(store);
    assert.ok(kept.length < 280, `${kept.length} of 300`);
    assert.deepEqual(
      kept.slice(-200),
      [...some(900_001), ...some(1_000_101)].map(({ id }) => id),
    );
    store.close();
  });

  it('bounds the sites, whose names anybody can invent: the longest unseen go first', () => {
    const store = createStore({ path: ':memory:', clock: { now: () => now }, retention });
    store.insertFailures(
      FailureBatch.of(
        Array.from({ length: 10_050 }, (_, index) => failure(index + 1, { site: `forged${index}` })),
      ),
    );
    assert.ok(count(store, 'sites') <= 10_000);
    assert.equal(count(store, "sites WHERE name = 'forged0'"), 0);
    assert.equal(count(store, "sites WHERE name = 'forged10049'"), 1);
    assert.equal(store.failuresById([1])[0]?.site, '(forgotten)');
    store.close();
  });

  it('tallies a thousand user names an hour, and the rest as one', () => {
    const store = createStore({ path: ':memory:', clock: { now: () => now }, retention });
    store.insertFailures(
      FailureBatch.of(
        Array.from({ length: 1_500 }, (_, index) => failure(index + 1, { time: now, user: `user${index}` })),
      ),
    );
    assert.equal(count(store, 'user_hours'), 1_001);
    assert.equal(
      store.db.get<{ failures: number }>("SELECT failures FROM user_hours WHERE user = '(other)'")?.failures,
      500,
    );
    store.close();
  });

  it('refuses a database of a newer version with a sentence, and leaves it alone', () => {
    rmSync(path(), { force: true });
    const newer = new DatabaseSync(path());
    newer.exec('PRAGMA user_version = 99');
    newer.close();
    assert.throws(open, {
      code: 'invalid_config',
      message: /has version 99; this Portcullis knows versions up to/,
    });
    assert.throws(open, { code: 'invalid_config' }, 'not already_running: the lock was given back');
  });
});

const at = (ms: number) => new Date(ms).toISOString();
const failureIds = (store: Store) => [...store.failuresSince(0)].map(({ id }) => id);
const count = (store: Store, from: string) =>
  store.db.get<{ rows: number }>(`SELECT count(*) AS rows FROM ${from}`)!.rows;
