import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type EnforcedBan, type Firewall, type FirewallConfig, planRepair } from '@portcullis/core';
import { add, assertHolds, ban } from './firewall-conformance.ts';
import { clock, createHost, type Host, type KernelBackend } from './firewall-host.ts';
import { createNamespace, namespacesLeftOut } from './network-namespace.ts';

const day = 86_400_000;

const otherBackend = { ipset: 'iptables', iptables: 'ipset' } as const;

/** Damage by which every ban of `wordpress` is out of force, as commands. */
const damages: Record<KernelBackend, Record<string, readonly string[]>> = {
  ipset: {
    'iptables -F': ['iptables -F', 'ip6tables -F'],
    'iptables -F and -X': ['iptables -F', 'iptables -X', 'ip6tables -F', 'ip6tables -X'],
    'ipset flush': ['ipset flush'],
    'ipset destroy': ['iptables -F', 'ip6tables -F', 'ipset destroy'],
    'a deleted jump': ['iptables -D INPUT 1'],
    'a deleted rule of the chain': ['ip6tables -D portcullis-wordpress 1'],
    'one deleted entry': ['ipset del portcullis-wordpress 198.51.100.7'],
    'a rule before ours': ['iptables -I INPUT -p tcp --dport 80 -j ACCEPT'],
    'a rule between ours': ['ip6tables -I INPUT 2 -p tcp --dport 80 -j ACCEPT'],
  },
  iptables: {
    'iptables -F': ['iptables -F', 'ip6tables -F'],
    'iptables -F and -X': ['iptables -F', 'iptables -X', 'ip6tables -F', 'ip6tables -X'],
    'a flushed chain': ['iptables -F portcullis-wordpress'],
    'a deleted jump': ['iptables -D INPUT 1'],
    'a deleted rule of the chain': ['ip6tables -D portcullis-wordpress 1'],
    'a rule before ours': ['iptables -I INPUT -p tcp --dport 80 -j ACCEPT'],
  },
};

/** What iptables makes of an untouched table when the first rule comes. */
const emptyRules = '*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n';

/** A firewall of another program, as `iptables-restore` would load it at any time. */
const foreignRules = `*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:ufw-before-input - [0:0]
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -p tcp -m tcp --dport 22 -m comment --comment "let me in, please" -j ACCEPT
-A INPUT -j ufw-before-input
-A ufw-before-input -i lo -j ACCEPT
COMMIT
`;

/** The laws of a backend that has rules in the kernel, in a network namespace of its own. */
export function describeKernelFirewall(backend: KernelBackend): void {
  const law = (title: string, check: (host: Host) => Promise<void>) =>
    test(title, async () => {
      await using namespace = await createNamespace();
      await check(createHost(namespace, backend));
    });

  suite(`the ${backend} firewall in the kernel`, { skip: namespacesLeftOut }, () => {
    for (const [damage, commands] of Object.entries(damages[backend])) {
      law(`sees and repairs ${damage}`, async (host) => {
        const firewall = await host.open();
        await firewall.apply(bans.map(add));
        for (const command of commands) await host.run(...words(command));
        await assertRepair(firewall);
      });
    }

    law('sees and repairs that another program loads its firewall', async (host) => {
      const firewall = await host.open();
      await firewall.apply(bans.map(add));
      await host.load(foreignRules);
      await assertRepair(firewall);
      assert.match(await host.run('iptables-save', '-t', 'filter'), /let me in, please/);
    });

    law('leaves the rules of other programs as they are', async (host) => {
      await host.load(foreignRules);
      await host.run('ipset', 'create', 'portcullis-lookalike', 'hash:ip');
      await host.run('iptables', '-N', 'portcullis-lookalike');
      await host.run('iptables', '-A', 'portcullis-lookalike', '-j', 'LOG');
      const before = await host.everything();
      const firewall = await host.open();
      await firewall.apply(bans.map(add));
      await firewall.install(['wordpress', 'extra']);
      await firewall.uninstall();
      assert.equal(await host.everything(), before);
    });

    law('has its jumps first, for each protocol, in both families', async (host) => {
      await host.load(foreignRules);
      await host.open();
      for (const iptables of ['iptables', 'ip6tables'] as const) {
        assert.deepEqual((await host.rules(iptables, 'INPUT')).slice(0, 2), [
          '-p tcp -m multiport --dports 80,443 -j portcullis-wordpress',
          '-p udp -m multiport --dports 80,443 -j portcullis-wordpress',
        ]);
      }
    });

    law('says in a sentence what is wrong', async (host) => {
      const firewall = await host.open();
      await host.run('iptables', '-D', 'INPUT', '2');
      await host.run('ip6tables', '-I', 'INPUT', '-j', 'ACCEPT');
      assert.deepEqual((await firewall.inspect()).faults, [
        'INPUT in iptables does not jump to portcullis-wordpress for udp.',
        'The jump of INPUT in ip6tables to portcullis-wordpress for tcp is at position 2, behind: -j ACCEPT',
      ]);
    });

    law('refuses a chain of its name with rules of another program, and leaves it', async (host) => {
      await host.run('iptables', '-N', 'portcullis-wordpress');
      await host.run('iptables', '-A', 'portcullis-wordpress', '-s', '192.0.2.1', '-j', 'ACCEPT');
      const before = await host.everything();
      await assert.rejects(host.open(), {
        code: 'firewall_unavailable',
        message:
          "Chain portcullis-wordpress in iptables holds a rule that is not Portcullis's: -s 192.0.2.1/32 -j ACCEPT.",
        hint: 'If nobody needs it, remove it: iptables -D portcullis-wordpress -s 192.0.2.1/32 -j ACCEPT',
      });
      assert.equal(await host.everything(), before);
      await host.run(...words('iptables -D portcullis-wordpress -s 192.0.2.1/32 -j ACCEPT'));
      await host.open();
    });

    law('refuses a configured chain that does not exist', async (host) => {
      await assert.rejects(host.open({ chains: ['INPUT', 'web'] }), {
        code: 'firewall_unavailable',
        message: 'iptables has no chain web.',
      });
      await host.run('iptables', '-N', 'web');
      await host.run('ip6tables', '-N', 'web');
      await host.open({ chains: ['INPUT', 'web'] });
      assert.equal((await host.rules('ip6tables', 'web')).length, 2);
    });

    law("joins Docker's chain when it appears, by the port that the client asked for", async (host) => {
      const firewall = await host.open();
      for (const _ of ['appears', 'is made anew']) {
        await host.load('*filter\n:DOCKER-USER - [0:0]\n-A DOCKER-USER -j RETURN\nCOMMIT\n', '--noflush');
        const [fault] = (await firewall.inspect()).faults;
        assert.equal(fault, 'DOCKER-USER in iptables does not jump to portcullis-wordpress for tcp port 80.');
        await firewall.install(['wordpress']);
        assert.deepEqual((await firewall.inspect()).faults, []);
        assert.deepEqual(await host.rules('iptables', 'DOCKER-USER'), [
          '-p tcp -m conntrack --ctorigdstport 80 --ctdir ORIGINAL -j portcullis-wordpress',
          '-p tcp -m conntrack --ctorigdstport 443 --ctdir ORIGINAL -j portcullis-wordpress',
          '-p udp -m conntrack --ctorigdstport 80 --ctdir ORIGINAL -j portcullis-wordpress',
          '-p udp -m conntrack --ctorigdstport 443 --ctdir ORIGINAL -j portcullis-wordpress',
          '-j RETURN',
        ]);
      }
      await firewall.uninstall();
      assert.deepEqual(await host.rules('iptables', 'DOCKER-USER'), ['-j RETURN']);
    });

    const changes = {
      'nothing changed': {},
      'the ports changed': { ports: ['8080', '9000:9010'] },
      'the protocols changed': { protocols: ['tcp'] },
      'the chains changed': { chains: ['FORWARD'] },
      'bans are dropped from now on': { rejectWith: 'drop' },
      'bans are answered by a reset from now on': { rejectWith: 'tcp-reset' },
      'the backend changed': { backend: otherBackend[backend] },
    } satisfies Record<string, Partial<FirewallConfig>>;
    for (const [change, config] of Object.entries(changes)) {
      law(`is adopted by the next process without a gap when ${change}`, async (host) => {
        await host.load(emptyRules);
        const nothing = await host.everything();
        await (await host.open()).apply(bans.map(add));
        let checks = 0;
        let opening = true;
        const firewall = await host.open(config, async () => {
          if (!opening) return;
          checks++;
          assert.deepEqual(await host.bannedNow(), banned, 'a ban was out of force for a moment');
        });
        opening = false;
        assert.ok(checks > 0);
        assert.deepEqual((await firewall.inspect()).faults, []);
        assert.deepEqual((await firewall.list()).map(({ network }) => String(network)).sort(), banned);
        await firewall.uninstall();
        assert.equal(await host.everything(), nothing);
      });
    }

    law('changes nothing where nothing is to do', async (host) => {
      const programs: string[] = [];
      const firewall = await host.open({}, async (argv) => {
        programs.push(argv.join(' '));
      });
      const before = await host.everything();
      programs.length = 0;
      await firewall.install(['wordpress']);
      assert.deepEqual(
        programs.filter((program) => program.includes('restore')),
        [],
      );
      assert.equal(await host.everything(), before);
    });

    law('needs few processes for twenty thousand bans', async (host) => {
      let processes = 0;
      const firewall = await host.open({}, async () => {
        processes++;
      });
      const until = clock.now() + day;
      const many = Array.from({ length: 20_000 }, (_, index) =>
        ban(
          index % 2 === 0 ? `10.9.${index >> 8}.${index & 255}` : `2001:db8:${index.toString(16)}::/64`,
          until,
        ),
      );
      processes = 0;
      await firewall.apply(many.map(add));
      assert.ok(processes <= 4, `${processes} processes`);
      assert.equal((await firewall.inspect()).entries.get('wordpress'), many.length);
    });
  });
}

/** In force in every test that adopts or repairs. */
const bans: readonly EnforcedBan[] = [
  '198.51.100.7',
  '203.0.113.0/24',
  '2001:db8:1:2::/64',
  '2001:db8::1',
].map((network) => ban(network, Date.now() + day));

const banned = bans.map(({ network }) => String(network)).sort();

/** Sees that something is wrong, repairs as the daemon does, and is whole again. */
async function assertRepair(firewall: Firewall): Promise<void> {
  const { faults, entries } = await firewall.inspect();
  assert.ok(faults.length > 0 || entries.get('wordpress') !== bans.length, 'the damage was not seen');
  await firewall.install(['wordpress']);
  await firewall.apply(planRepair(bans, await firewall.list(), clock.now(), 2000));
  const report = await firewall.inspect();
  assert.deepEqual(report, { faults: [], entries: new Map([['wordpress', bans.length]]) });
  await assertHolds({ firewall, clock }, bans);
}

const words = (command: string): [string, ...string[]] => command.split(' ') as [string, ...string[]];
