import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  type EnforcedBan,
  type Firewall,
  type FirewallChange,
  type FirewallConfig,
  planRepair,
} from '@portcullis/core';
import fc from 'fast-check';
import { createFirewall } from '../../packages/daemon/src/firewall/firewall.ts';
import { add, assertHolds, ban, type FirewallSubject, remove } from './firewall-conformance.ts';
import { clock, defaultFirewall } from './firewall-host.ts';
import { createNamespace, type NetworkNamespace, namespacesLeftOut } from './network-namespace.ts';

const day = 86_400_000;
/** Not the web's alone: a gentle ban leaves 2222 open. */
const morePorts = { ports: ['http', 'https', '2222'] } as const;
const networks = ['198.51.100.7', '203.0.113.0/24', '2001:db8:1:2::/64', '2001:db8::1'];
const gently = (entry: EnforcedBan): EnforcedBan => ({ ...entry, gentle: true });

/** The laws of the port about gentle bans, where they leave ports open. */
export function describeGentleBans(
  name: string,
  create: () => Promise<Pick<FirewallSubject, 'firewall' | 'clock'> & AsyncDisposable>,
  skip: string | false = false,
): void {
  const law = (
    title: string,
    check: (subject: Pick<FirewallSubject, 'firewall' | 'clock'>) => Promise<void>,
  ) =>
    test(title, async () => {
      await using subject = await create();
      await subject.firewall.install(['wordpress', 'extra']);
      await check(subject);
    });

  suite(`gentle bans of the ${name} firewall`, { skip }, () => {
    law('are told from others, and counted with them', async (subject) => {
      const { firewall } = subject;
      assert.equal(firewall.sparesPorts, true);
      const all = networks.map((each, at) => (at % 2 === 0 ? gently(ban(each, null)) : ban(each, null)));
      await firewall.apply(all.map(add));
      await assertHolds(subject, all);
      const { faults, entries } = await firewall.install(['wordpress', 'extra']);
      assert.deepEqual(
        [faults, [...entries]],
        [
          [],
          [
            ['wordpress', 4],
            ['extra', 0],
          ],
        ],
      );
      await assertHolds(subject, all);
    });

    law('become others, others become gentle, and each network is held once', async (subject) => {
      const bans = networks.map((each) => ban(each, subject.clock.now() + day));
      for (const wanted of [bans, bans.map(gently), bans, bans.map(gently)]) {
        await subject.firewall.apply(wanted.map(add));
        await assertHolds(subject, wanted);
      }
    });

    law('are lifted, whatever they are', async (subject) => {
      const bans = networks.map((each) => ban(each, null));
      for (const held of [bans, bans.map(gently)])
        for (const lifted of [bans, bans.map(gently)]) {
          await subject.firewall.apply(held.map(add));
          await subject.firewall.apply(lifted.map(remove));
          await assertHolds(subject, []);
        }
    });

    law('hold after any batches what these add up to', async (subject) => {
      const now = subject.clock.now();
      const change = fc
        .record({
          action: fc.constantFrom('add', 'add', 'remove'),
          network: fc.constantFrom(...networks),
          jail: fc.constantFrom('wordpress', 'extra'),
          until: fc.constantFrom(null, now - day, now + day, now + 40 * day),
          gentle: fc.boolean(),
        })
        .map(
          ({ action, network, jail, until, gentle }): FirewallChange => ({
            action,
            ...ban(network, until, jail),
            gentle,
          }),
        );
      const expected = new Map<string, EnforcedBan>();
      await fc.assert(
        fc.asyncProperty(fc.array(change, { maxLength: 12 }), async (changes) => {
          await subject.firewall.apply(changes);
          for (const { action, ...entry } of changes) {
            const key = `${entry.jail} ${entry.network}`;
            if (action === 'remove') expected.delete(key);
            else if (entry.until === null || entry.until > now) expected.set(key, entry);
          }
          await assertHolds(subject, [...expected.values()]);
        }),
        { numRuns: 20, endOnFailure: true },
      );
    });
  });
}

type KernelBackend = 'ipset' | 'iptables' | 'nftables';

/** Damage by which gentle bans are out of force, as commands. */
const damages: Record<KernelBackend, Record<string, readonly string[]>> = {
  ipset: {
    'iptables -F': ['iptables -F', 'ip6tables -F'],
    'a flushed set': ['ipset flush portcullis.wordpress', 'ipset flush portcullis.wordpress-v6'],
    'a deleted jump': ['iptables -D INPUT 3'],
    'an emptied chain': ['ip6tables -F portcullis.wordpress'],
    'one ban in both places': ['ipset add portcullis-wordpress 198.51.100.7'],
  },
  iptables: {
    'iptables -F': ['iptables -F', 'ip6tables -F'],
    'a deleted jump': ['iptables -D INPUT 3'],
    'an emptied chain': ['ip6tables -F portcullis.wordpress'],
    'one ban in both places': [
      'iptables -A portcullis-wordpress -s 198.51.100.7 -j REJECT --reject-with icmp-port-unreachable',
    ],
  },
  nftables: {
    'a flushed ruleset': ['nft flush ruleset'],
    'a flushed set': ['nft flush set inet portcullis portcullis.wordpress/v4-32'],
    'one ban in both places': ['nft add element inet portcullis portcullis-wordpress/v4-32 { 198.51.100.7 }'],
  },
};

const others: Record<KernelBackend, KernelBackend> = {
  ipset: 'nftables',
  iptables: 'ipset',
  nftables: 'iptables',
};

/** The laws about gentle bans of a backend that has rules in the kernel. */
export function describeGentleBansInKernel(backend: KernelBackend): void {
  const create = async () => {
    const namespace = await createNamespace();
    const config = { ...defaultFirewall, ...morePorts, backend };
    return {
      firewall: await createFirewall(config, namespace.exec, clock),
      clock,
      [Symbol.asyncDispose]: () => namespace[Symbol.asyncDispose](),
    };
  };
  describeGentleBans(backend, create, namespacesLeftOut);

  const law = (title: string, check: (namespace: NetworkNamespace) => Promise<void>) =>
    test(title, async () => {
      await using namespace = await createNamespace();
      await check(namespace);
    });
  const open = async ({ exec }: NetworkNamespace, config: Partial<FirewallConfig> = {}) => {
    const all = { ...defaultFirewall, ...morePorts, backend, ...config };
    const firewall = await createFirewall(all, exec, clock);
    await firewall.install(['wordpress']);
    return firewall;
  };
  const wanted = [
    ...networks.map((each) => gently(ban(each, Date.now() + day))),
    ban('192.0.2.1', Date.now() + day),
  ];

  suite(`gentle bans of ${backend} in the kernel`, { skip: namespacesLeftOut }, () => {
    law('change nothing where all ports are the web’s: they are as any other', async (namespace) => {
      const firewall = await open(namespace, { ports: ['http', '8443'] });
      assert.equal(firewall.sparesPorts, false);
      const bans = networks.map((each) => ban(each, null));
      await firewall.apply(bans.map(add));
      const before = await everything(namespace);
      await firewall.apply(bans.map(gently).map(add));
      assert.equal(await everything(namespace), before);
      assert.doesNotMatch(before, /portcullis\./);
      await assertHolds({ firewall, clock }, bans);
      await firewall.apply(bans.map(gently).map(remove));
      await assertHolds({ firewall, clock }, []);
    });

    law(
      'have a chain to which only the web’s ports lead, and which goes with the others',
      async (namespace) => {
        const nothing = await everything(namespace);
        const firewall = await open(namespace, { chains: ['INPUT', 'FORWARD'] });
        await firewall.apply(wanted.map(add));
        const jumps = (await everything(namespace))
          .split('\n')
          .filter((line) => /(?:-j|jump) portcullis.wordpress$/.test(line));
        for (const jump of jumps) {
          // nft 1.0.6 prints what a connection asked for in hexadecimal.
          assert.equal(/\b2222\b|0x8ae\b/.test(jump), !jump.includes('portcullis.'), jump);
          assert.match(jump, /\b80, ?443\b|0x50 .*0x1bb /);
        }
        assert.equal(jumps.length, backend === 'nftables' ? 8 : 16);
        await firewall.uninstall();
        assert.equal(await everything(namespace), nothing);
      },
    );

    for (const [damage, commands] of Object.entries(damages[backend])) {
      law(`are repaired after ${damage}`, async (namespace) => {
        const firewall = await open(namespace);
        await firewall.apply(wanted.map(add));
        for (const command of commands) await namespace.run(...(command.split(' ') as ['iptables']));
        const { faults, entries } = await firewall.inspect();
        assert.ok(faults.length > 0 || entries.get('wordpress') !== wanted.length, 'the damage was not seen');
        await repair(firewall, wanted);
      });
    }

    const changes = {
      'nothing changed': {},
      'the backend changed': { backend: others[backend] },
      'a port was added': { ports: ['https', '2222', '5432'] },
    } satisfies Record<string, Partial<FirewallConfig>>;
    for (const [change, config] of Object.entries(changes)) {
      law(`are adopted by the next process when ${change}`, async (namespace) => {
        await (await open(namespace)).apply(wanted.map(add));
        const firewall = await open(namespace, config);
        assert.deepEqual(
          (await firewall.list()).map(({ network, gentle }) => [String(network), gentle === true]).sort(),
          wanted.map(({ network, gentle }) => [String(network), gentle === true]).sort(),
        );
        await repair(firewall, wanted);
      });
    }

    law('are as any other once all ports are the web’s, and gentle once that is over', async (namespace) => {
      await (await open(namespace)).apply(wanted.map(add));
      const plain = await open(namespace, { ports: ['http'] });
      assert.doesNotMatch(await everything(namespace), /portcullis\./);
      await repair(
        plain,
        wanted.map((each) => ({ ...each, gentle: false })),
      );
      await repair(await open(namespace), wanted);
    });
  });
}

/** Repairs as the daemon does, and is whole then. */
async function repair(firewall: Firewall, wanted: readonly EnforcedBan[]): Promise<void> {
  await firewall.install(['wordpress']);
  await firewall.apply(planRepair(wanted, await firewall.list(), clock.now(), 2000));
  assert.deepEqual(await firewall.inspect(), {
    faults: [],
    entries: new Map([['wordpress', wanted.length]]),
  });
  await assertHolds({ firewall, clock }, wanted);
}

/** All rules, sets and tables of Portcullis, without counters and dates. */
async function everything({ run }: NetworkNamespace): Promise<string> {
  const all = await Promise.all([run('iptables-save'), run('ip6tables-save'), run('ipset', 'list')]);
  const table = await run('nft', 'list', 'table', 'inet', 'portcullis').catch(() => '');
  return [...all, table]
    .join('\n')
    .split('\n')
    .filter((line) => line.includes('portcullis'))
    .join('\n');
}
