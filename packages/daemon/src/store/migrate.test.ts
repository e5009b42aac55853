import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { it } from 'node:test';
import { network } from '../../../../test/support/ban-store-conformance.ts';
import { createStore } from './sqlite.ts';

const migration = (name: string) => readFileSync(new URL(`migrations/${name}`, import.meta.url), 'utf8');

it('carries failures of a row each over into blocks, whatever they are', () => {
  const directory = mkdtempSync(join(tmpdir(), 'portcullis-migrate-'));
  try {
    const path = join(directory, 'portcullis.db');
    const before = new DatabaseSync(path);
    for (const name of ['001-initial.sql', '002-sites.sql', '003-lifted-by.sql', '004-sub-sites.sql'])
      before.exec(migration(name));
    before.exec('PRAGMA user_version = 4');
    before.exec("INSERT INTO sites VALUES (7, 'shop.example', 1, 1, 0, 0)");
    const insert = before.prepare('INSERT INTO failures VALUES (?, ?, ?, 7, 258, ?, ?, ?)');
    const v6 = new Uint8Array(16).fill(0xfe);
    for (let id = 1; id <= 100; id++)
      insert.run(id, id * 1e10, id % 2 === 0 ? v6 : 0xc6336407, id, 'alice', new Uint8Array([id]));
    insert.run(5_000, -1, 1, 1_000_000, null, new Uint8Array());
    insert.run(5_001, 1, 0xffffffff, 1, 'ü\0\u{1f600}', new Uint8Array(1_024).fill(255));
    insert.run(5_002, 1, 1, 1, '', new Uint8Array(1));
    before.close();

    const store = createStore({
      path,
      clock: { now: () => 0 },
      retention: { historyMs: null, failuresMs: null, auditMs: null },
    });
    assert.equal(store.lastFailureId(), 5_002);
    const all = store.failuresById([...Array(5_100).keys()]);
    assert.equal(all.length, 103);
    const common = {
      site: 'shop.example',
      event: 'login_failure',
      channel: 'login',
      reason: null,
      doubts: 0,
      sender: null,
    };
    assert.deepEqual(
      all.slice(30, 34).map(({ id, time, count, line }) => [id, time, count, ...line]),
      [31, 32, 33, 34].map((id) => [id, id * 1e10, id, id]),
    );
    assert.deepEqual(
      { ...all[0] },
      {
        ...common,
        id: 1,
        time: 1e10,
        address: network('198.51.100.7'),
        user: 'alice',
        count: 1,
        line: new Uint8Array([1]),
      },
    );
    assert.equal(String(all[1]?.address), 'fefe:fefe:fefe:fefe:fefe:fefe:fefe:fefe');
    assert.partialDeepStrictEqual(all.slice(100), [
      { id: 5_000, time: -1, count: 1_000_000, user: null, line: new Uint8Array() },
      {
        id: 5_001,
        address: network('255.255.255.255'),
        user: 'ü\0\u{1f600}',
        line: new Uint8Array(1_024).fill(255),
      },
      { id: 5_002, user: '' },
    ]);
    store.close();
  } finally {
    rmSync(directory, { recursive: true });
  }
});
