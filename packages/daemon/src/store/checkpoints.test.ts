import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { waitFor } from '../../../../test/support/wait-for.ts';
import { createStore } from './sqlite.ts';

test('what was committed is in the database itself soon, without its log, and again after the next commit', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-checkpoints-'));
  const path = join(folder, 'portcullis.db');
  const retention = { historyMs: null, failuresMs: null, auditMs: null };
  const store = createStore({ path, clock: { now: () => Date.now() }, retention });
  /** Reads the file alone, as if its log were lost. */
  const positions = () => {
    const file = pathToFileURL(path);
    file.searchParams.set('immutable', '1');
    const connection = new DatabaseSync(file, { readOnly: true });
    try {
      return connection
        .prepare('SELECT offset FROM positions')
        .all()
        .map(({ offset }) => offset);
    } finally {
      connection.close();
    }
  };
  const save = (offset: number) =>
    store.savePosition({ log: '/l', path: '/l', device: 1, inode: 2, head: '', offset });
  save(7);
  assert.throws(positions, /no such table/);
  await waitFor('the first position is there', async () => String(positions()) === '7');
  save(8);
  assert.deepEqual(positions(), [7]);
  await waitFor('the second position is there', async () => String(positions()) === '8');
  store.close();
  rmSync(folder, { recursive: true });
});
