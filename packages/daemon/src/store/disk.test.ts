import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { FailureBatch } from '@portcullis/core';
import { ban, failure, network, receipt } from '../../../../test/support/ban-store-conformance.ts';
import { createQueries } from './queries.ts';
import { createStore, type Store } from './sqlite.ts';

const clock = { now: () => Date.parse('2026-11-21T19:00:00.000Z') };
const forEver = { historyMs: null, failuresMs: null, auditMs: null };
const mounts = process.getuid?.() === 0 ? false : 'mounting needs root';

describe('a store whose disk fails', () => {
  let directory: string;
  let mounted: boolean;
  let store: Store | undefined;
  let said: (string | null)[];
  const path = () => join(directory, 'portcullis.db');
  const open = () => {
    store = createStore({ path: path(), clock, retention: forEver, onDegraded: (text) => said.push(text) });
    return store;
  };
  const mount = (...options: string[]) => {
    execFileSync('mount', [...options, directory]);
    mounted = true;
  };
  const fillWith = (to: Store, rows: number) => {
    const from = to.lastFailureId();
    to.insertFailures(
      FailureBatch.of(
        Array.from({ length: rows }, (_, row) => failure(from + 1 + row, { line: randomBytes(1000) })),
      ),
    );
  };

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'portcullis-disk-'));
    mounted = false;
    said = [];
  });
  afterEach(() => {
    store?.close();
    store = undefined;
    if (mounted) execFileSync('umount', [directory]);
    rmSync(directory, { recursive: true });
  });

  it('takes bans over from a database of an older release that cannot be written', { skip: mounts }, () => {
    mount('-t', 'tmpfs', 'tmpfs');
    const { id } = open().insertBan(ban({ byHand: true }));
    store?.close();
    const older = new DatabaseSync(path());
    const version = Number(older.prepare('PRAGMA user_version').get()!['user_version']);
    older.exec(`ALTER TABLE bans DROP COLUMN gentle; PRAGMA user_version = ${version - 1}`);
    older.close();
    mount('-o', 'remount,ro');
    const { banInForce, degraded } = open();
    assert.match(degraded ?? '', /read-only/);
    assert.deepEqual(banInForce('wordpress', network('198.51.100.7')), { ...ban({ byHand: true }), id });
  });

  it('goes on in memory when the disk is full, and brings everything back when there is room', {
    skip: mounts,
  }, () => {
    mount('-t', 'tmpfs', '-o', 'size=1500k', 'tmpfs');
    const store = open();
    const before = store.insertBan(ban({ network: network('192.0.2.1') }));
    const lifted = store.insertBan(ban({ network: network('192.0.2.2') }));
    const balloon = join(directory, 'balloon');
    writeFileSync(balloon, new Uint8Array(300_000));

    const during = store.transaction(() => {
      const inserted = store.insertBan(ban({ network: network('192.0.2.3') }), receipt());
      fillWith(store, 2_000);
      store.savePosition({ log: 'a', path: 'a', device: 1, inode: 2, head: '0:', offset: 77 });
      return inserted;
    });
    store.endBans([lifted.id], clock.now(), 'unban');
    assert.match(store.degraded ?? '', /is full: free some space/);
    assert.deepEqual(said, [store.degraded]);
    assert.equal(store.lastFailureId(), 2_000);
    assert.deepEqual([...store.countBansInForce()], [['wordpress', 2]]);
    assert.equal(store.retry(), false, 'still full');

    rmSync(balloon);
    execFileSync('mount', ['-o', 'remount,size=64m', directory]);
    assert.equal(store.retry(), true);
    assert.equal(store.degraded, null);
    assert.equal(said.at(-1), null);
    store.close();

    const again = open();
    assert.equal(again.degraded, null);
    assert.deepEqual([...again.bansInForce()].map(({ id }) => id).sort(), [before.id, during.id]);
    assert.equal(again.lastFailureId(), 2_000);
    assert.deepEqual(again.receiptOf(during.id), receipt());
    assert.partialDeepStrictEqual(again.positions(), [{ offset: 77 }]);
    const queries = createQueries(again, clock);
    assert.equal(queries.ban(lifted.id).ended_by, 'unban');
    assert.equal(queries.stats({ since: '2026-11-21T00:00:00.000Z' }).bans, 3);
  });

  it('starts on a read-only file system with the bans that are there, and says so', { skip: mounts }, () => {
    const before = open().insertBan(ban());
    store?.close();
    execFileSync('mount', ['--bind', directory, directory]);
    mounted = true;
    execFileSync('mount', ['-o', 'remount,ro,bind', directory]);
    const readOnly = open();
    assert.match(readOnly.degraded ?? '', /cannot be written/);
    assert.equal(readOnly.banInForce('wordpress', before.network)?.id, before.id);
    const during = readOnly.insertBan(ban({ network: network('192.0.2.9') }));
    assert.equal(readOnly.retry(), false);

    execFileSync('mount', ['-o', 'remount,rw,bind', directory]);
    assert.equal(readOnly.retry(), true);
    readOnly.close();
    assert.deepEqual(
      [...open().bansInForce()].map(({ id }) => id),
      [before.id, during.id],
    );
  });

  it('sets a corrupt file aside and keeps what can be read of it', { timeout: 10_000 }, async () => {
    const first = open();
    const kept = first.insertBan(ban());
    fillWith(first, 4_000);
    first.endBans([first.insertBan(ban({ network: network('192.0.2.1') })).id], clock.now(), 'unban');
    first.close();
    scribble(path(), 0.5);

    const second = open();
    second.db.read(() => second.db.all('SELECT data FROM failure_blocks'));
    assert.match(second.degraded ?? '', /is corrupt: it is set aside/);
    assert.equal(second.banInForce('wordpress', kept.network)?.id, kept.id);
    const during = second.insertBan(ban({ network: network('192.0.2.4') }));
    while (second.degraded !== null) await setImmediate();
    drain(() => second.prune(clock.now()));
    assert.deepEqual(
      [...second.bansInForce()].map(({ id }) => id),
      [kept.id, during.id],
    );
    const rows = [...second.failuresSince(0)].length;
    assert.ok(rows > 2_000, `${rows} of 4,000 failures around the broken page`);
    assert.equal(createQueries(second, clock).bans({ state: 'ended' }).total, 1);
    assert.equal(readdirSync(directory).filter((name) => /\.db\.corrupt-[^-]*-.*Z$/.test(name)).length, 1);
  });

  it('starts afresh beside a file that is no database', () => {
    writeFileSync(path(), 'This is not a database, however long it may be.'.repeat(100));
    const fresh = open();
    assert.equal(fresh.degraded, null);
    fresh.insertBan(ban());
    assert.ok(readdirSync(directory).some((name) => name.startsWith('portcullis.db.corrupt-')));
    assert.equal(statSync(path()).mode & 0o777, 0o600);
  });
});

/** Overwrites a part of the middle of the file. */
function scribble(path: string, where: number): void {
  const size = statSync(path).size;
  const file = openSync(path, 'r+');
  writeSync(file, new Uint8Array(3 * 8192).fill(0xa5), 0, 3 * 8192, Math.floor((size * where) / 8192) * 8192);
  closeSync(file);
}

/** Until nothing is left to do, within bounds. */
function drain(step: () => boolean): void {
  for (let rounds = 0; rounds < 1_000; rounds++) if (!step()) return;
  assert.fail('still not done');
}
