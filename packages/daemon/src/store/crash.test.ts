import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { PortcullisError } from '@portcullis/contracts';
import { waitFor } from '../../../../test/support/wait-for.ts';
import { createStore } from './sqlite.ts';

const child = new URL('./crash-child.ts', import.meta.url).pathname;

describe('a store whose daemon is killed', () => {
  let directory: string;
  let daemon: ChildProcess | undefined;
  const path = () => join(directory, 'portcullis.db');
  const open = () =>
    createStore({
      path: path(),
      clock: { now: () => 0 },
      retention: { historyMs: null, failuresMs: null, auditMs: null },
    });
  const begin = async () => {
    daemon = spawn(process.execPath, [child, path()], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(daemon.stdout!, 'data');
  };
  const kill = async () => {
    if (daemon === undefined || daemon.exitCode !== null || daemon.signalCode !== null) return;
    const gone = once(daemon, 'exit');
    daemon.kill('SIGKILL');
    await gone;
  };
  const written = () => {
    try {
      return statSync(`${path()}-wal`).size;
    } catch {
      return 0;
    }
  };

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'portcullis-crash-'));
  });
  afterEach(async () => {
    await kill();
    rmSync(directory, { recursive: true });
  });

  it('has position, failures, bans and tallies of whole transactions only', async () => {
    let before = 0;
    for (let round = 0; round < 4; round++) {
      await begin();
      const size = written();
      await waitFor('it has written', () => written() >= size + 200_000 * (round + 1), {
        timeout: 60_000,
        every: 5,
      });
      await kill();
      const store = open();
      const failures = store.lastFailureId();
      assert.ok(failures > before, 'it wrote something');
      assert.equal(failures % 40, 0);
      assert.partialDeepStrictEqual(store.positions(), [{ offset: failures * 100 }]);
      assert.equal(store.countBansInForce().get('wordpress'), failures / 40);
      assert.equal([...store.failuresSince(0)].length, failures);
      assert.equal(
        store.db.get<{ sum: number }>('SELECT sum(failures) AS sum FROM failure_hours')?.sum,
        failures,
      );
      assert.equal(
        store.db.get<{ integrity_check: string }>('PRAGMA integrity_check')?.integrity_check,
        'ok',
      );
      store.close();
      before = failures;
    }
  });

  it('refuses a second daemon and names the first, until the first is gone', async () => {
    await begin();
    assert.throws(open, (error) => {
      assert.ok(error instanceof PortcullisError);
      assert.equal(error.code, 'already_running');
      assert.match(error.message, new RegExp(`\\(process ${daemon?.pid}\\) works on ${directory}`));
      return true;
    });
    await kill();
    const store = open();
    assert.throws(open, { code: 'already_running' });
    store.close();
    open().close();
  });
});
