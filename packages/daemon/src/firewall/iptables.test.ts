import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { add, ban, describeFirewall } from '../../../../test/support/firewall-conformance.ts';
import { clock, createHost, defaultFirewall } from '../../../../test/support/firewall-host.ts';
import { describeKernelFirewall } from '../../../../test/support/firewall-kernel-conformance.ts';
import { describeGentleBansInKernel } from '../../../../test/support/gentle-bans-conformance.ts';
import { createNamespace, namespacesLeftOut } from '../../../../test/support/network-namespace.ts';
import { createFirewall } from './firewall.ts';

describeFirewall(
  'iptables',
  async () => {
    const namespace = await createNamespace();
    const config = { ...defaultFirewall, backend: 'iptables' } as const;
    return {
      firewall: await createFirewall(config, namespace.exec, clock),
      clock,
      // The kernel's clock is the subject here: it cannot be advanced.
      pass: wait,
      [Symbol.asyncDispose]: () => namespace[Symbol.asyncDispose](),
    };
  },
  { endsByItself: false, skip: namespacesLeftOut },
);

describeKernelFirewall('iptables');
describeGentleBansInKernel('iptables');

test("lists bans as fail2ban's view does", { skip: namespacesLeftOut }, async () => {
  await using namespace = await createNamespace();
  const host = createHost(namespace, 'iptables');
  const firewall = await host.open();
  await firewall.apply(['198.51.100.7', '203.0.113.0/24', '2001:db8::/64'].map((ip) => add(ban(ip, null))));
  const listed = async (iptables: string) =>
    (await host.run(iptables, '-nL', 'portcullis-wordpress'))
      .trimEnd()
      .split('\n')
      .slice(2)
      // The protocol is `all` or `0`, and IPv6 has `--` or nothing, by the version of iptables.
      .map((line) => line.replace(/^REJECT +(?:all|0) +(?:-- +)?/, 'REJECT all ').replaceAll(/ +/g, ' '));
  assert.deepEqual(await listed('iptables'), [
    'REJECT all 198.51.100.7 0.0.0.0/0 reject-with icmp-port-unreachable',
    'REJECT all 203.0.113.0/24 0.0.0.0/0 reject-with icmp-port-unreachable',
  ]);
  assert.deepEqual(await listed('ip6tables'), [
    'REJECT all 2001:db8::/64 ::/0 reject-with icmp6-port-unreachable',
  ]);
});
