import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { add, ban, describeFirewall } from '../../../../test/support/firewall-conformance.ts';
import { clock, createHost, defaultFirewall } from '../../../../test/support/firewall-host.ts';
import { describeKernelFirewall } from '../../../../test/support/firewall-kernel-conformance.ts';
import { describeGentleBansInKernel } from '../../../../test/support/gentle-bans-conformance.ts';
import { createNamespace, namespacesLeftOut } from '../../../../test/support/network-namespace.ts';
import { waitFor } from '../../../../test/support/wait-for.ts';
import type { Argv, Exec, ExecOptions } from '../exec.ts';
import { createFirewall } from './firewall.ts';
import { maxTimeoutSeconds } from './ipset.ts';

describeFirewall(
  'ipset',
  async () => {
    const namespace = await createNamespace();
    const config = { ...defaultFirewall, backend: 'ipset' } as const;
    return {
      firewall: await createFirewall(config, namespace.exec, clock),
      clock,
      // The kernel's clock is the subject here: it cannot be advanced.
      pass: wait,
      [Symbol.asyncDispose]: () => namespace[Symbol.asyncDispose](),
    };
  },
  { endsByItself: true, skip: namespacesLeftOut },
);

describeKernelFirewall('ipset');
describeGentleBansInKernel('ipset');

/** Tells which programs are started and waited for, and which are left running. */
const counted = (exec: Exec, ran: string[], running: string[]): Exec =>
  Object.assign(
    (...given: Parameters<Exec>) => {
      ran.push(given[0].join(' '));
      return exec(...given);
    },
    {
      lines: (...given: Parameters<Exec['lines']>) => {
        ran.push(given[0].join(' '));
        return exec.lines(...given);
      },
      follow: exec.follow,
      atOnce: exec.atOnce,
      converse: (...given: Parameters<Exec['converse']>) => {
        running.push(given[0].join(' '));
        return exec.converse(...given);
      },
    },
  );

/** The other iptables of Debian, which knows nothing of nf_tables. */
function withLegacy(exec: Exec): Exec {
  const legacy = ([program, ...args]: Argv): Argv => [
    program.replace(/^(ip6?tables)(?=-|$)/, '$1-legacy'),
    ...args,
  ];
  return Object.assign((argv: Argv, options?: ExecOptions) => exec(legacy(argv), options), {
    lines: (argv: Argv, take: (line: string) => void, options?: ExecOptions) =>
      exec.lines(legacy(argv), take, options),
    follow: exec.follow,
    atOnce: (argv: Argv, input: string, timeoutMs: number) => exec.atOnce(legacy(argv), input, timeoutMs),
    converse: exec.converse,
  });
}

suite('the sets of the ipset firewall', { skip: namespacesLeftOut }, () => {
  const day = 86_400_000;

  const strangers = {
    'another type': 'hash:ip timeout 0',
    'another family': 'hash:net family inet6 timeout 0 maxelem 4194304',
    'no timeouts': 'hash:net maxelem 4194304',
    'another limit': 'hash:net timeout 0 maxelem 10',
    counters: 'hash:net timeout 0 maxelem 4194304 counters',
  };
  for (const [difference, parameters] of Object.entries(strangers)) {
    test(`refuses a set of its name with ${difference}, and leaves it`, async () => {
      await using namespace = await createNamespace();
      const host = createHost(namespace, 'ipset');
      await host.run('ipset', 'create', 'portcullis-wordpress', ...parameters.split(' '));
      const before = await host.run('ipset', 'list');
      await assert.rejects(host.open(), {
        code: 'firewall_unavailable',
        message: /^The set portcullis-wordpress is not Portcullis's: it is hash:/,
        hint: /ipset destroy portcullis-wordpress/,
      });
      assert.equal(await host.run('ipset', 'list'), before);
      await host.run('ipset', 'destroy', 'portcullis-wordpress');
      await host.open();
    });
  }

  test('count down the end of a ban, at most as far as the kernel can', async () => {
    await using namespace = await createNamespace();
    const host = createHost(namespace, 'ipset');
    const firewall = await host.open();
    const now = clock.now();
    await firewall.apply([
      add(ban('198.51.100.1', now + day)),
      add(ban('198.51.100.2', now + 40 * day)),
      add(ban('198.51.100.3', null)),
    ]);
    const saved = await host.run('ipset', 'save', '-sorted', 'portcullis-wordpress');
    const timeouts = [...saved.matchAll(/^add \S+ \S+ timeout (\d+)$/gm)].map(([, timeout]) =>
      Number(timeout),
    );
    const [short = 0, long = 0, forever] = timeouts;
    assert.ok(short > 86_390 && short <= 86_400, `${short}`);
    assert.ok(long > maxTimeoutSeconds - 10 && long <= maxTimeoutSeconds, `${long}`);
    assert.equal(forever, 0);
  });

  test('are filled by the install that makes them, and by none that finds them', async () => {
    await using namespace = await createNamespace();
    const firewall = await createFirewall({ ...defaultFirewall, backend: 'ipset' }, namespace.exec, clock);
    const wanted = Array.from({ length: 2_000 }, (_, n) => ban(`10.9.${n >> 8}.${n & 255}`, null));
    const { faults, entries } = await firewall.install(['wordpress'], wanted);
    assert.deepEqual([faults, entries.get('wordpress')], [[], 2_000]);
    assert.equal((await firewall.list()).length, 2_000);
    const again = await firewall.install(['wordpress'], [ban('192.0.2.1', null)]);
    assert.equal(again.entries.get('wordpress'), 2_000);
    firewall.close();
  });

  test('take many bans at once, before anything else goes on, and say nothing where they cannot', async () => {
    await using namespace = await createNamespace();
    const firewall = await createFirewall({ ...defaultFirewall, backend: 'ipset' }, namespace.exec, clock);
    await firewall.install(['wordpress']);
    const entries = () =>
      namespace.exec.atOnce(['ipset', 'test', 'portcullis-wordpress', '10.9.3.7'], '', 10_000);
    const changes = Array.from({ length: 1_000 }, (_, n) => ({
      action: 'add' as const,
      ...ban(`10.9.${n >> 8}.${n & 255}`, null),
    }));
    assert.equal(entries(), false);
    firewall.advance!(changes);
    assert.equal(entries(), true);
    assert.equal((await firewall.inspect()).entries.get('wordpress'), 1_000);
    await firewall.apply(changes);
    assert.equal((await firewall.list()).length, 1_000);
    await namespace.run('iptables', '-F');
    await namespace.run('ip6tables', '-F');
    await namespace.run('ipset', 'destroy');
    firewall.advance!(changes);
    assert.equal(await namespace.run('ipset', 'list', '-n'), '');
    firewall.close();
  });

  for (const [variant, programs] of [
    ['nf_tables', 0],
    ['legacy', 2],
  ] as const) {
    test(`are counted, and a look at the rules of ${variant} starts ${programs} programs and sees what is missing`, async (context) => {
      await using namespace = await createNamespace();
      const isLegacy = variant === 'legacy';
      if (isLegacy && !(await namespace.exec(['iptables-legacy-save']).catch(() => null)))
        return context.skip('left out: this kernel has no legacy iptables');
      const ran: string[] = [];
      const running: string[] = [];
      const exec = counted(isLegacy ? withLegacy(namespace.exec) : namespace.exec, ran, running);
      const firewall = await createFirewall({ ...defaultFirewall, backend: 'ipset' }, exec, clock);
      await firewall.install(['wordpress'], [ban('192.0.2.1', null)]);
      const programsOfALook = async () => {
        const before = ran.length;
        const { faults, entries } = await firewall.inspect();
        assert.deepEqual([faults, entries.get('wordpress')], [[], 1]);
        return ran.length - before;
      };
      await waitFor('quiet', async () => (await programsOfALook()) === programs, { timeout: 15_000 });
      assert.equal(running.filter((argv) => argv.endsWith('nft monitor')).length, isLegacy ? 0 : 1);
      await exec(['iptables', '-F', 'portcullis-wordpress']);
      await waitFor('the rule is missed', async () => (await firewall.inspect()).faults.length > 0);
      await namespace.run('ipset', 'flush');
      assert.equal((await firewall.inspect()).entries.get('wordpress'), 0);
      firewall.close();
    });
  }

  test('are not shared by two jails', async () => {
    await using namespace = await createNamespace();
    const firewall = await createHost(namespace, 'ipset').open();
    await assert.rejects(firewall.install(['wordpress', 'wordpress-v6']), {
      code: 'firewall_unavailable',
      message: 'The jails wordpress and wordpress-v6 would share the set portcullis-wordpress-v6.',
    });
  });
});
