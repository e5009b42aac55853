import assert from 'node:assert/strict';
import { access, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { add, assertHolds, ban } from '../../../../test/support/firewall-conformance.ts';
import { clock, defaultFirewall } from '../../../../test/support/firewall-host.ts';
import {
  createNamespace,
  type NetworkNamespace,
  namespacesLeftOut,
} from '../../../../test/support/network-namespace.ts';
import { createExec } from '../exec.ts';
import { createFirewall } from './firewall.ts';

const iptables = ['iptables', 'iptables-save', 'iptables-restore'];
const ip6tables = ['ip6tables', 'ip6tables-save', 'ip6tables-restore'];

suite('the choice of the firewall', { skip: namespacesLeftOut }, () => {
  test('auto takes ipset where it works, and leaves no trace of having tried', async () => {
    await withPrograms([...iptables, ...ip6tables, 'ipset'], async (namespace) => {
      const firewall = await open('auto', namespace);
      assert.equal(firewall.backend, 'ipset');
      assert.equal(await namespace.run('ipset', 'list', '-n'), '');
      assert.doesNotMatch(await namespace.run('iptables-save'), /portcullis/);
    });
  });

  test('auto takes iptables where there is no ipset', async () => {
    await withPrograms([...iptables, ...ip6tables], async (namespace) => {
      const firewall = await open('auto', namespace);
      assert.equal(firewall.backend, 'iptables');
      await firewall.install(['wordpress']);
      await firewall.apply([add(ban('198.51.100.7', null))]);
      assert.match(
        await namespace.run('iptables', '-S'),
        /^-A portcullis-wordpress -s 198\.51\.100\.7\/32 /m,
      );
    });
  });

  test('ipset is refused where there is none, with what to install', async () => {
    await withPrograms([...iptables, ...ip6tables], async (namespace) => {
      await assert.rejects(open('ipset', namespace), {
        code: 'firewall_unavailable',
        message: /ipset/,
        hint: 'Install it: apt-get install ipset',
      });
    });
  });

  test('without iptables nothing works, and the error says what to install', async () => {
    await withPrograms(['ipset'], async (namespace) => {
      for (const backend of ['auto', 'ipset', 'iptables'] as const) {
        await assert.rejects(open(backend, namespace), {
          code: 'firewall_unavailable',
          message: /iptables-save/,
          hint: 'Install it: apt-get install iptables',
        });
      }
    });
  });

  for (const backend of ['ipset', 'iptables'] as const) {
    test(`${backend} goes on for IPv4 where IPv6 cannot be filtered, and says so`, async () => {
      await withPrograms([...iptables, 'ipset'], async (namespace) => {
        const firewall = await open(backend, namespace);
        await firewall.install(['wordpress']);
        assert.deepEqual(firewall.families, [4]);
        assert.match(firewall.limits.join(), /^IPv6 bans are not enforced: `.*ip6tables-save/);
        const ban4 = ban('198.51.100.7', null);
        await firewall.apply([add(ban4), add(ban('2001:db8::/64', null))]);
        await assertHolds({ firewall, clock }, [ban4]);
        assert.deepEqual((await firewall.inspect()).faults, []);
      });
    });
  }
});

test('an iptables that is not there is an error with what to install', async () => {
  const nowhere = createExec({ path: '/nonexistent' });
  await assert.rejects(createFirewall({ ...defaultFirewall, backend: 'auto' }, nowhere, clock), {
    code: 'firewall_unavailable',
    message: '`iptables-save -t filter` cannot run: there is no program `iptables-save`.',
    hint: 'Install it: apt-get install iptables',
  });
});

test('nftables without its program is an error with what to install', async () => {
  const nowhere = createExec({ path: '/nonexistent' });
  await assert.rejects(createFirewall({ ...defaultFirewall, backend: 'nftables' }, nowhere, clock), {
    code: 'firewall_unavailable',
    message: '`nft list tables` cannot run: there is no program `nft`.',
    hint: 'Install it: apt-get install nftables',
  });
});

test('a dry run needs no programs', async () => {
  const nowhere = createExec({ path: '/nonexistent' });
  const firewall = await createFirewall({ ...defaultFirewall, backend: 'dry-run' }, nowhere, clock);
  assert.equal(firewall.backend, 'dry-run');
});

const open = (backend: 'auto' | 'ipset' | 'iptables', { exec }: NetworkNamespace) =>
  createFirewall({ ...defaultFirewall, backend }, exec, clock);

/** A namespace in which only these programs can be found. */
async function withPrograms(
  programs: readonly string[],
  check: (namespace: NetworkNamespace) => Promise<void>,
): Promise<void> {
  const path = await mkdtemp(join(tmpdir(), 'pc-path-'));
  try {
    for (const program of ['ip', ...programs]) await symlink(await find(program), join(path, program));
    await using namespace = await createNamespace({ path });
    await check(namespace);
  } finally {
    await rm(path, { recursive: true });
  }
}

async function find(program: string): Promise<string> {
  for (const folder of ['/usr/sbin', '/usr/bin', '/sbin', '/bin']) {
    const path = join(folder, program);
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  throw new Error(`${program} is not installed: apt-get install iptables ipset iproute2`);
}
