import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  createNamespace,
  type NetworkNamespace,
  namespacesLeftOut,
} from '../../../../test/support/network-namespace.ts';
import { waitFor } from '../../../../test/support/wait-for.ts';
import type { FilterTables } from './chains.ts';
import { WatchedTables } from './watched-tables.ts';

suite('the tables of the kernel', { skip: namespacesLeftOut }, () => {
  const create = (namespace: NetworkNamespace, inNfTables = true) => {
    let reads = 0;
    const tables = new WatchedTables(namespace.exec, {
      inNfTables,
      async read(): Promise<FilterTables> {
        reads++;
        return new Map();
      },
    });
    /** Whether a look reads them. */
    const isRead = async () => {
      const before = reads;
      await tables.read();
      return reads > before;
    };
    return { tables, isRead, isQuiet: async () => !(await isRead()), [Symbol.dispose]: () => tables.close() };
  };
  const monitorsOf = async (namespace: NetworkNamespace): Promise<number[]> => {
    const pids = (await namespace.run('ip', 'netns', 'pids', namespace.name)).trim().split('\n');
    const lines = await Promise.all(
      pids.map((pid) => namespace.run('cat', `/proc/${pid}/cmdline`).catch(() => '')),
    );
    return pids.filter((_, index) => lines[index]!.startsWith('nft\0')).map(Number);
  };
  const listening = { timeout: 15_000, every: 100 };

  test('are read once while nobody changes a rule, and again after each change', async () => {
    await using namespace = await createNamespace();
    using subject = create(namespace);
    subject.tables.open();
    await waitFor('it listens', subject.isQuiet, listening);
    assert.equal(await subject.isRead(), false);
    for (const change of [
      'iptables -A INPUT -s 192.0.2.1 -j DROP',
      'ip6tables -N other',
      'iptables -F',
      'nft flush ruleset',
    ]) {
      await namespace.run(...(change.split(' ') as [string, ...string[]]));
      await waitFor(change, subject.isRead);
      await waitFor('quiet again', subject.isQuiet);
    }
  });

  test('are read after a change of our own, before anybody tells of it', async () => {
    await using namespace = await createNamespace();
    using subject = create(namespace);
    subject.tables.open();
    await waitFor('it listens', subject.isQuiet, listening);
    subject.tables.changed();
    assert.equal(await subject.isRead(), true);
    assert.equal(await subject.isRead(), false);
  });

  test('are read every time where the monitor was killed', async () => {
    await using namespace = await createNamespace();
    using subject = create(namespace);
    subject.tables.open();
    await waitFor('it listens', subject.isQuiet, listening);
    for (const pid of await monitorsOf(namespace)) process.kill(pid, 'SIGKILL');
    await waitFor('it is missed', subject.isRead);
    for (let look = 0; look < 3; look++) assert.equal(await subject.isRead(), true);
  });

  test('are read every time with the legacy iptables, of which nft tells nothing', async () => {
    await using namespace = await createNamespace();
    using subject = create(namespace, false);
    subject.tables.open();
    for (let look = 0; look < 3; look++) assert.equal(await subject.isRead(), true);
    assert.equal((await monitorsOf(namespace)).length, 0);
  });
});
