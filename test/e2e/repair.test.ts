import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createHost, type Host } from '../support/daemon-process.ts';
import { rejected, rulesOf, setEntries } from '../support/kernel.ts';
import { namespacesLeftOut } from '../support/network-namespace.ts';
import { waitFor } from '../support/wait-for.ts';

/** The promise: repaired within 5 s. */
const promise = 5_000;
const banned = ['198.51.100.7', '198.51.100.8', '2001:db8:7::/64'];
const foreign = '-s 192.0.2.1/32 -j DROP';

type Damage = readonly (readonly [string, ...string[]])[];
const flushBoth: Damage = [
  ['iptables', '-F'],
  ['ip6tables', '-F'],
];
const common: Record<string, Damage> = {
  'iptables -F and ip6tables -F': flushBoth,
  'iptables -F INPUT': [['iptables', '-F', 'INPUT']],
  'ip6tables -F INPUT': [['ip6tables', '-F', 'INPUT']],
  'one jump rule deleted': [['iptables', '-D', 'INPUT', '1']],
  'a rule that accepts everything inserted before ours': [
    ['iptables', '-I', 'INPUT', '1', '-j', 'ACCEPT'],
    ['ip6tables', '-I', 'INPUT', '1', '-j', 'ACCEPT'],
  ],
};
const damages: Record<'ipset' | 'iptables', Record<string, Damage>> = {
  ipset: {
    ...common,
    'ipset flush': [['ipset', 'flush']],
    'ipset destroy': [...flushBoth, ['ipset', 'destroy']],
    'one entry deleted': [['ipset', 'del', 'portcullis-wordpress', '198.51.100.7']],
    'one IPv6 entry deleted': [['ipset', 'del', 'portcullis-wordpress-v6', '2001:db8:7::/64']],
    'an entry that nobody wants': [['ipset', 'add', 'portcullis-wordpress', '192.0.2.200']],
    'the rule that looks the set up deleted': [['iptables', '-D', 'portcullis-wordpress', '1']],
  },
  iptables: {
    ...common,
    'one ban deleted': [['iptables', '-D', 'portcullis-wordpress', '1']],
    'all bans of IPv6 deleted': [['ip6tables', '-F', 'portcullis-wordpress']],
  },
};

// Side by side: nearly all of the time is the daemon's pause between two looks.
describe('a damaged firewall', { skip: namespacesLeftOut, concurrency: 2 }, () => {
  for (const backend of ['ipset', 'iptables'] as const) {
    describe(`${backend}: within 5 s the daemon mends, and counts,`, { concurrency: 1 }, () => {
      let host: Host;
      before(async () => {
        host = await createHost();
        host.configure(`[firewall]\nbackend = "${backend}"`);
        await host.start();
        for (const ip of banned) await host.client.call('ban', { body: { ip } });
      });
      after(() => host[Symbol.asyncDispose]());

      const isWhole = async () => {
        const ips =
          backend === 'ipset'
            ? [...(await setEntries(host.namespace)).keys()]
            : await rejected(host.namespace);
        const [v4, v6] = [
          await rulesOf(host.namespace, 'INPUT'),
          await rulesOf(host.namespace, 'INPUT', 'ip6tables'),
        ];
        const first = [...v4.slice(0, 2), ...v6.slice(0, 2)];
        const lookups =
          backend === 'iptables' ||
          ((await rulesOf(host.namespace, 'portcullis-wordpress')).length === 1 &&
            (await rulesOf(host.namespace, 'portcullis-wordpress', 'ip6tables')).length === 1);
        return (
          lookups &&
          ips.toSorted().join() === banned.toSorted().join() &&
          first.length === 4 &&
          first.every((rule) => rule.endsWith('-j portcullis-wordpress'))
        );
      };

      async function damage(breakIt: () => Promise<void>): Promise<void> {
        assert.ok(await isWhole(), 'whole before the damage');
        const { repairs } = (await host.status()).bans;
        await breakIt();
        assert.equal(await isWhole(), false, 'the damage shows');
        await waitFor('all is whole again', isWhole, { timeout: promise });
        await waitFor('the status tells of it', async () => {
          const { bans, healthy } = await host.status();
          return healthy && bans.repairs > repairs && bans.enforced === banned.length;
        });
      }

      for (const [name, argvs] of Object.entries(damages[backend])) {
        test(name, async () => {
          await damage(async () => {
            for (const argv of argvs) await host.namespace.exec(argv);
          });
        });
      }

      test('a ban that the kernel refused meanwhile, which keeps its reason', async () => {
        const { verified_at } = (await host.status()).bans;
        await waitFor(
          'it has just looked',
          async () => (await host.status()).bans.verified_at !== verified_at,
        );
        for (const argv of [...flushBoth, ['iptables', '-X'], ['ipset', 'destroy']] satisfies Damage) {
          await host.namespace.exec(argv as [string, ...string[]]);
        }
        const refused = host.client.call('ban', { body: { ip: '198.51.100.9', reason: 'noise' } });
        await assert.rejects(refused, { code: 'firewall_unavailable' });
        assert.equal((await host.banned('198.51.100.9')).reason, 'noise');
        await host.client.call('unban', { params: { ip: '198.51.100.9' } });
        await waitFor('all is whole again', isWhole, { timeout: promise });
      });

      test('another ruleset loaded over it, whose own rules stay', async () => {
        const ruleset = `*filter\n:INPUT ACCEPT [0:0]\n:mine - [0:0]\n-A INPUT -j mine\n-A mine ${foreign}\nCOMMIT\n`;
        await damage(async () => {
          await host.namespace.exec(['iptables-restore'], { input: ruleset });
        });
        assert.deepEqual(await rulesOf(host.namespace, 'mine'), [foreign]);
        assert.equal((await rulesOf(host.namespace, 'INPUT')).at(-1), '-j mine');
      });
    });
  }
});
