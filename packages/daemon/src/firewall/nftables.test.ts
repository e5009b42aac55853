import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { type FirewallConfig, planRepair } from '@portcullis/core';
import { add, assertHolds, ban, describeFirewall } from '../../../../test/support/firewall-conformance.ts';
import { clock, defaultFirewall } from '../../../../test/support/firewall-host.ts';
import { describeGentleBansInKernel } from '../../../../test/support/gentle-bans-conformance.ts';
import {
  createNamespace,
  type NetworkNamespace,
  namespacesLeftOut,
} from '../../../../test/support/network-namespace.ts';
import type { Exec } from '../exec.ts';
import { createFirewall } from './firewall.ts';

describeFirewall(
  'nftables',
  async () => {
    const namespace = await createNamespace();
    const config = { ...defaultFirewall, backend: 'nftables' } as const;
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

describeGentleBansInKernel('nftables');

const day = 86_400_000;
const bans = ['198.51.100.7', '203.0.113.0/24', '2001:db8:1:2::/64', '2001:db8::1'].map((network) =>
  ban(network, Date.now() + day),
);
const open = async ({ exec }: NetworkNamespace, config: Partial<FirewallConfig> = {}) => {
  const firewall = await createFirewall({ ...defaultFirewall, backend: 'nftables', ...config }, exec, clock);
  await firewall.install(['wordpress']);
  return firewall;
};

suite('the nftables firewall in the kernel', { skip: namespacesLeftOut }, () => {
  const law = (title: string, check: (namespace: NetworkNamespace) => Promise<void>) =>
    test(title, async () => {
      await using namespace = await createNamespace();
      await check(namespace);
    });

  const damages = {
    'nft flush ruleset': ['flush', 'ruleset'],
    'a deleted table': ['delete', 'table', 'inet', 'portcullis'],
    'a flushed table': ['flush', 'table', 'inet', 'portcullis'],
    'a flushed set': ['flush', 'set', 'inet', 'portcullis', 'portcullis-wordpress/v4-32'],
    'a flushed chain': ['flush', 'chain', 'inet', 'portcullis', 'input'],
    'one deleted element': ['delete element inet portcullis portcullis-wordpress/v4-32 { 198.51.100.7 }'],
    'a rule before ours that is ours twice': [
      'insert rule inet portcullis input tcp dport 22 jump portcullis-wordpress',
    ],
  };
  for (const [damage, command] of Object.entries(damages)) {
    law(`sees and repairs ${damage}`, async (namespace) => {
      const firewall = await open(namespace);
      await firewall.apply(bans.map(add));
      await namespace.run('nft', ...command);
      const { faults, entries } = await firewall.inspect();
      assert.ok(faults.length > 0 || entries.get('wordpress') !== bans.length, 'the damage was not seen');
      await firewall.install(['wordpress']);
      await firewall.apply(planRepair(bans, await firewall.list(), clock.now(), 2000));
      assert.deepEqual(await firewall.inspect(), {
        faults: [],
        entries: new Map([['wordpress', bans.length]]),
      });
      await assertHolds({ firewall, clock }, bans);
    });
  }

  law('refuses a table of its name with a rule of another program, and leaves it', async (namespace) => {
    await namespace.run('nft', 'add table inet portcullis; add chain inet portcullis web');
    await namespace.run('nft', 'add rule inet portcullis web tcp dport 22 accept');
    const before = await namespace.run('nft', 'list', 'ruleset');
    await assert.rejects(open(namespace), {
      code: 'firewall_unavailable',
      message: /it holds the rule: tcp dport 22 accept\.$/,
      hint: 'If nobody needs it, remove the table: nft delete table inet portcullis',
    });
    assert.equal(await namespace.run('nft', 'list', 'ruleset'), before);
  });

  law('refuses a set of its name with other parameters', async (namespace) => {
    const set = 'portcullis-wordpress/v4-32 { type ipv4_addr; }';
    await namespace.run('nft', `add table inet portcullis; add set inet portcullis ${set}`);
    await assert.rejects(open(namespace), {
      code: 'firewall_unavailable',
      message: /it holds the set portcullis-wordpress\/v4-32\.$/,
    });
  });

  law('leaves the tables of other programs as they are, and nothing of its own', async (namespace) => {
    await namespace.run(
      'nft',
      'add table inet fw; add chain inet fw input { type filter hook input priority 0; }',
    );
    await namespace.run('nft', 'add rule inet fw input tcp dport 22 accept');
    const before = await namespace.run('nft', 'list', 'ruleset');
    const firewall = await open(namespace);
    await firewall.apply(bans.map(add));
    await firewall.install(['wordpress', 'extra']);
    await firewall.uninstall();
    assert.equal(await namespace.run('nft', 'list', 'ruleset'), before);
  });

  law('refuses a chain that only iptables has', async (namespace) => {
    await assert.rejects(open(namespace, { chains: ['INPUT', 'web'] }), {
      code: 'firewall_unavailable',
      message: 'The nftables backend has no chain web.',
    });
  });

  law("joins packets' way to containers when Docker appears", async (namespace) => {
    const firewall = await open(namespace);
    await namespace.run('nft', 'add table ip filter; add chain ip filter DOCKER-USER');
    assert.notDeepEqual((await firewall.inspect()).faults, []);
    await firewall.install(['wordpress']);
    assert.deepEqual((await firewall.inspect()).faults, []);
    assert.match(
      await namespace.run('nft', 'list', 'chain', 'inet', 'portcullis', 'forward'),
      /ct original proto-dst .* jump portcullis-wordpress/,
    );
  });

  const changes = {
    'nothing changed': {},
    'the ports changed': { ports: ['8080', '9000:9010'] },
    'the protocols changed': { protocols: ['tcp'] },
    'the chains changed': { chains: ['FORWARD'] },
    'bans are dropped from now on': { rejectWith: 'drop' },
    'bans are answered by a reset from now on': { rejectWith: 'tcp-reset' },
    'the backend is ipset from now on': { backend: 'ipset' },
    'the backend is iptables from now on': { backend: 'iptables' },
  } satisfies Record<string, Partial<FirewallConfig>>;
  for (const [change, config] of Object.entries(changes)) {
    law(`is adopted by the next process when ${change}`, async (namespace) => {
      await (await open(namespace)).apply(bans.map(add));
      const firewall = await open(namespace, config);
      await assertHolds({ firewall, clock }, bans);
      assert.deepEqual((await firewall.inspect()).faults, []);
      await firewall.uninstall();
      assert.doesNotMatch(await namespace.run('nft', 'list', 'ruleset'), /portcullis/);
    });
  }

  for (const backend of ['ipset', 'iptables'] as const) {
    law(`takes over from ${backend}`, async (namespace) => {
      await (await open(namespace, { backend })).apply(bans.map(add));
      const firewall = await open(namespace);
      const held = (await firewall.list()).map(({ network }) => String(network));
      assert.deepEqual(held.sort(), bans.map(({ network }) => String(network)).sort());
      assert.deepEqual((await firewall.inspect()).faults, []);
      assert.doesNotMatch(await namespace.run('iptables-save'), /portcullis/);
      assert.equal(await namespace.run('ipset', 'list', '-n'), '');
    });
  }

  law('needs few processes for twenty thousand bans', async (namespace) => {
    let processes = 0;
    const exec: Exec = Object.assign(
      ((argv, options) => {
        processes++;
        return namespace.exec(argv, options);
      }) as Exec,
      { lines: namespace.exec.lines, follow: namespace.exec.follow },
    );
    const firewall = await open({ ...namespace, exec });
    processes = 0;
    const until = clock.now() + day;
    const networkAt = (index: number) =>
      index % 2 === 0 ? `10.9.${index >> 8}.${index & 255}` : `2001:db8:${index.toString(16)}::/64`;
    await firewall.apply(Array.from({ length: 20_000 }, (_, index) => add(ban(networkAt(index), until))));
    assert.ok(processes <= 4, `${processes} processes`);
    assert.equal((await firewall.inspect()).entries.get('wordpress'), 20_000);
  });
});
