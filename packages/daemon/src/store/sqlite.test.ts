import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeBanStore } from '../../../../test/support/ban-store-conformance.ts';
import { createStore } from './sqlite.ts';

const forEver = { historyMs: null, failuresMs: null, auditMs: null };
const clock = { now: () => Date.parse('2026-11-21T19:00:00.000Z') };

describeBanStore('the store in a file', () => {
  const directory = mkdtempSync(join(tmpdir(), 'portcullis-store-'));
  const store = createStore({ path: join(directory, 'portcullis.db'), clock, retention: forEver });
  return {
    store,
    dispose() {
      store.close();
      rmSync(directory, { recursive: true });
    },
  };
});

describeBanStore('the store in memory', () => {
  const store = createStore({ path: ':memory:', clock, retention: forEver });
  return { store, dispose: () => store.close() };
});
