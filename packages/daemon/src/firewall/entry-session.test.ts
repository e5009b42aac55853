import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  createNamespace,
  type NetworkNamespace,
  namespacesLeftOut,
} from '../../../../test/support/network-namespace.ts';
import { waitFor } from '../../../../test/support/wait-for.ts';
import type { Exec } from '../exec.ts';
import { EntrySession } from './entry-session.ts';

suite('entries go to the kernel', { skip: namespacesLeftOut }, () => {
  /** The programs that run in the namespace, as they are called. */
  const programs = async (namespace: NetworkNamespace) => {
    const pids = (await namespace.run('ip', 'netns', 'pids', namespace.name)).trim().split('\n');
    const argvs = await Promise.all(
      pids.map((pid) => namespace.run('cat', `/proc/${pid}/cmdline`).catch(() => '')),
    );
    return pids
      .map((pid, index) => ({ pid: Number(pid), argv: argvs[index]!.split('\0').join(' ').trim() }))
      .filter(({ argv }) => argv.startsWith('ipset'));
  };

  async function create() {
    const namespace = await createNamespace();
    await namespace.run('ipset', 'create', 'a', 'hash:net', 'timeout', '0');
    await namespace.run('ipset', 'create', 'b', 'hash:net', 'family', 'inet6', 'timeout', '0');
    const restored: string[] = [];
    const counting: Exec = Object.assign(
      (...[argv, options]: Parameters<Exec>) => {
        restored.push(argv.join(' '));
        return namespace.exec(argv, options);
      },
      {
        lines: namespace.exec.lines,
        follow: namespace.exec.follow,
        converse: namespace.exec.converse,
        atOnce: namespace.exec.atOnce,
      },
    );
    const session = new EntrySession(counting);
    const entries = async (set: string) =>
      [...(await namespace.run('ipset', 'save', set)).matchAll(/^add \S+ (\S+)/gm)]
        .map(([, entry]) => entry)
        .sort();
    return {
      namespace,
      session,
      restored,
      entries,
      async [Symbol.asyncDispose]() {
        session.close();
        await waitFor('no ipset runs', async () => (await programs(namespace)).length === 0);
        await namespace[Symbol.asyncDispose]();
      },
    };
  }

  test('by one ipset for all batches, which has taken a batch when it is said so', async () => {
    await using subject = await create();
    const { session, entries } = subject;
    await session.create(['create a hash:net timeout 0']);
    const [before] = await waitFor('it runs', async () => {
      const running = await programs(subject.namespace);
      return running.length === 1 && running;
    });
    for (let i = 1; i <= 20; i++) {
      await session.apply([`add a 192.0.2.${i} timeout 60`, `add b 2001:db8:0:${i}::/64 timeout 0`]);
      assert.deepEqual([(await entries('a')).length, (await entries('b')).length], [i, i]);
    }
    await session.apply(Array.from({ length: 20 }, (_, i) => `del a 192.0.2.${i + 1}`));
    assert.deepEqual(await entries('a'), []);
    assert.deepEqual(await programs(subject.namespace), [before]);
    assert.deepEqual(subject.restored, []);
  });

  test('although they are there or missing already', async () => {
    await using subject = await create();
    const { session, entries } = subject;
    await session.apply(['del a 192.0.2.1', 'add a 192.0.2.2 timeout 0', 'add a 192.0.2.2 timeout 60']);
    assert.deepEqual(await entries('a'), ['192.0.2.2']);
    assert.match(await subject.namespace.run('ipset', 'save', 'a'), /192\.0\.2\.2 timeout [1-9]/);
    assert.deepEqual(subject.restored, []);
  });

  test('in any number, and none is no work', async () => {
    await using subject = await create();
    const { session, entries } = subject;
    await session.apply([]);
    assert.deepEqual(await programs(subject.namespace), []);
    function* many() {
      for (let i = 0; i < 20_000; i++) yield `add a 10.0.${i >> 8}.${i & 255} timeout 60`;
    }
    await session.apply(many());
    assert.equal((await entries('a')).length, 20_000);
    assert.equal(subject.restored.length, 1);
  });

  test('into sets that were just made, which keep what they hold, and never make a set anew', async () => {
    await using subject = await create();
    const { session, entries, namespace } = subject;
    const creations = ['create a hash:net timeout 0', 'create b hash:net family inet6 timeout 0'];
    await session.apply(['add a 192.0.2.1 timeout 0']);
    await session.create(creations);
    await session.apply(['add a 192.0.2.2 timeout 60', 'add b 2001:db8::/64 timeout 0']);
    assert.deepEqual(await entries('a'), ['192.0.2.1', '192.0.2.2']);
    const many = Array.from({ length: 2_000 }, (_, i) => `add a 10.0.${i >> 8}.${i & 255} timeout 60`);
    await session.apply(many, creations);
    assert.equal((await entries('a')).length, 2_002);
    assert.equal(subject.restored.length, 1);
    await namespace.run('ipset', 'destroy');
    for (const lines of [many, many.slice(0, 1)]) {
      await assert.rejects(session.apply(lines), /set with the given name does not exist/);
    }
    assert.equal(await namespace.run('ipset', 'list', '-n'), '');
  });

  test('and are counted by the same ipset, however many there were before', async () => {
    await using subject = await create();
    const { session } = subject;
    await session.create(['create portcullis-a hash:net timeout 0']);
    const count = async () => (await session.headers()).get('portcullis-a')?.entries;
    assert.equal(await count(), 0);
    for (let batch = 0; batch < 12; batch++) {
      await session.apply(
        Array.from({ length: 1_000 }, (_, i) => `add portcullis-a 10.${batch}.${i >> 8}.${i & 255}`),
      );
    }
    assert.deepEqual(await Promise.all([count(), session.apply(['del portcullis-a 10.0.0.1']), count()]), [
      12_000,
      undefined,
      11_999,
    ]);
    assert.deepEqual([...(await session.headers()).keys()], ['portcullis-a']);
    assert.deepEqual(subject.restored, []);
    for (const { pid } of await programs(subject.namespace)) process.kill(pid, 'SIGKILL');
    assert.equal(await count(), 11_999);
  });

  test('unless a set cannot be made, and it is told why', async () => {
    await using subject = await create();
    const { session, namespace } = subject;
    await assert.rejects(session.create(['create a hash:net family inet6', 'create c hash:net']), {
      name: 'ExecError',
      message: /set with the same name already exists/,
    });
    await assert.rejects(session.create(['create d hash:nothing']), { name: 'ExecError' });
    await session.apply(['add a 192.0.2.1 timeout 60']);
    assert.match(await namespace.run('ipset', 'save', 'a'), /192\.0\.2\.1/);
  });

  test('although the ipset that waits was killed', async () => {
    await using subject = await create();
    const { session, entries } = subject;
    await session.apply(['add a 192.0.2.1 timeout 60']);
    for (const { pid } of await programs(subject.namespace)) process.kill(pid, 'SIGKILL');
    await session.apply(['add a 192.0.2.2 timeout 60']);
    await session.apply(['add a 192.0.2.3 timeout 60']);
    assert.deepEqual(await entries('a'), ['192.0.2.1', '192.0.2.2', '192.0.2.3']);
  });

  test('or it is told which line the kernel refuses, and the next batch goes on', async () => {
    await using subject = await create();
    const { session, entries } = subject;
    for (const lines of [
      ['add a 192.0.2.1 timeout 60', 'add missing 192.0.2.2', 'add a 192.0.2.3 timeout 60'],
      ['add missing 192.0.2.2'],
      ['add a 2001:db8::1'],
    ]) {
      await assert.rejects(
        session.apply(lines),
        /^ExecError: `.*ipset restore -exist` failed with exit code 1: .*line \d/,
      );
    }
    await session.apply(['add a 192.0.2.4 timeout 60']);
    assert.ok((await entries('a')).includes('192.0.2.4'));
  });
});
