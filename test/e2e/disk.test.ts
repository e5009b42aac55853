import assert from 'node:assert/strict';
import { closeSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { createHost, type Host } from '../support/daemon-process.ts';
import { setEntries } from '../support/kernel.ts';
import { failureLines } from '../support/log-lines.ts';
import { mountMemoryDisk } from '../support/memory-disk.ts';
import { namespacesLeftOut } from '../support/network-namespace.ts';
import { waitFor } from '../support/wait-for.ts';

/** The file is tried again every 30 s. */
const recovery = { timeout: 45_000, every: 200 };

const problems = async (host: Host) => (await host.status()).problems.map(({ code }) => code);
const failures = async (host: Host) =>
  (await host.client.call('listFailures', { query: { limit: 1 } })).total;
const recovered = (host: Host) =>
  waitFor('health has recovered', async () => (await problems(host)).length === 0, recovery);

// Side by side: nearly all of the time is the pause before the file is tried again.
describe('a disk that fails', { skip: namespacesLeftOut, concurrency: true }, () => {
  test('full: banning goes on, health says so, and when there is space again nothing is lost', async () => {
    await using host = await createHost();
    await using disk = await mountMemoryDisk(host.stateDir, 4 * 1024 * 1024);
    host.configure('[defaults]\nbantime = "1h"');
    const daemon = await host.start();
    host.write(...failureLines('198.51.100.7', 3));
    await host.banned('198.51.100.7');
    disk.fill();
    // What fits into the write-ahead log that exists already needs no new space: attacks go on until one does not fit.
    const attackers: string[] = [];
    for (let wave = 1; wave <= 20 && (await problems(host)).length === 0; wave++) {
      const more = Array.from({ length: 100 }, (_, at) => `198.18.${wave}.${at + 1}`);
      host.write(...more.flatMap((ip) => failureLines(ip, 4, { user: 'a'.repeat(60) })));
      await host.banned(more.at(-1)!);
      attackers.push(...more);
    }
    await host.client.call('ban', { body: { ip: '198.51.100.99', reason: 'by hand' } });
    assert.deepEqual(await problems(host), ['store_degraded']);
    const [problem] = (await host.status()).problems;
    assert.match(problem!.sentence, /full/);
    const bans = attackers.length + 2;
    assert.equal((await setEntries(host.namespace)).size, bans);
    assert.equal(daemon.stderr().includes('    at '), false, daemon.stderr());

    disk.free();
    await recovered(host);
    await daemon.end('SIGKILL');
    await host.start();
    assert.equal((await host.bans()).size, bans);
    assert.equal((await host.bans()).get('198.51.100.99')?.reason, 'by hand');
    assert.equal(await failures(host), attackers.length * 4 + 3);
    host.write(...failureLines(attackers[0]!, 2));
    await waitFor(
      'the failure of before counts',
      async () => (await host.bans()).get(attackers[0]!)?.failures === 6,
    );
  });

  test('read-only at the start: what it holds is enforced, banning goes on, and later it is written', async () => {
    await using host = await createHost();
    await using disk = await mountMemoryDisk(host.stateDir, 8 * 1024 * 1024);
    host.configure('');
    let daemon = await host.start();
    host.write(...failureLines('198.51.100.7', 3), ...failureLines('198.51.100.8', 2));
    await host.banned('198.51.100.7');
    await daemon.end();
    await disk.remount('ro');
    daemon = await host.start();
    assert.deepEqual(await problems(host), ['store_degraded']);
    host.write(...failureLines('198.51.100.8', 1));
    await host.banned('198.51.100.8');
    assert.deepEqual([...(await setEntries(host.namespace)).keys()].toSorted(), [
      '198.51.100.7',
      '198.51.100.8',
    ]);
    await disk.remount('rw', daemon);
    await recovered(host);
    await daemon.end('SIGKILL');
    await host.start();
    assert.equal((await host.bans()).get('198.51.100.8')?.failures, 3);
    assert.equal(await failures(host), 6);
  });

  for (const [name, damage] of Object.entries({
    'its head': { at: 0, bytes: 100 },
    'a page in the middle': { at: 5 * 8192, bytes: 8192 },
  })) {
    test(`a database of which ${name} is garbage is set aside, and bans go on`, async () => {
      await using host = await createHost();
      host.configure('');
      const daemon = await host.start();
      host.write(...failureLines('198.51.100.7', 3));
      await host.banned('198.51.100.7');
      assert.equal((await daemon.end()).code, 0);
      const database = join(host.stateDir, 'portcullis.db');
      const file = openSync(database, 'r+');
      writeSync(file, Buffer.alloc(damage.bytes, 0xa5), 0, damage.bytes, damage.at);
      closeSync(file);
      for (const suffix of ['-wal', '-shm']) rmSync(database + suffix, { force: true });
      const next = await host.start();
      host.write(...failureLines('198.51.100.8', 3));
      await host.banned('198.51.100.8');
      await host.banned('198.51.100.7');
      const enforced = [...(await setEntries(host.namespace)).keys()].toSorted();
      assert.deepEqual(enforced, ['198.51.100.7', '198.51.100.8']);
      await recovered(host);
      assert.ok(readdirSync(host.stateDir).some((entry) => entry.startsWith('portcullis.db.corrupt-')));
      assert.equal(next.stderr().includes('    at '), false, next.stderr());
      await next.end();
      await host.start();
      assert.equal((await host.bans()).size, 2);
    });
  }
});
