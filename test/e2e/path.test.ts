import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHost, type Host } from '../support/daemon-process.ts';
import { elements, rejected, setEntries } from '../support/kernel.ts';
import { namespacesLeftOut } from '../support/network-namespace.ts';
import { startRsyslog } from '../support/rsyslog.ts';
import { createWebTraffic } from '../support/web-traffic.ts';

const attackers = ['198.51.100.7', '2001:db8:b::7'];
const innocents = ['198.51.100.9', '2001:db8:c::9'];
const ident = 'wordpress(blog.example.com)';

const backends = ['ipset', 'iptables', 'nftables'] as const;
const inKernel = (host: Host, backend: (typeof backends)[number]): Promise<string[]> =>
  ({
    ipset: async () => [...(await setEntries(host.namespace)).keys()],
    iptables: () => rejected(host.namespace),
    nftables: () => elements(host.namespace),
  })[backend]();

for (const backend of backends) {
  for (const format of ['rfc3339', 'traditional'] as const) {
    test(`${backend}, ${format} stamps: who fails three times is refused, the innocent is not, an unban lets back in`, {
      skip: namespacesLeftOut,
    }, async () => {
      await using host = await createHost();
      const visitors = [...attackers, ...innocents, '2001:db8:b::8'];
      await using web = await createWebTraffic(host.namespace, visitors);
      await using rsyslog = await startRsyslog({ directory: host.directory, log: host.log, format });
      host.configure(`[firewall]\nbackend = "${backend}"`);
      await host.start();
      for (const ip of attackers) assert.equal(await web.connectFrom(ip), 'accepted');

      for (const ip of attackers) {
        await rsyslog.send(ident, `Authentication failure for alice from ${ip}`);
        await rsyslog.send(ident, `XML-RPC authentication failure for alice from ${ip}`);
        await rsyslog.send(ident, `Blocked user enumeration attempt from ${ip}`);
      }
      for (const ip of innocents) await rsyslog.send(ident, `Accepted password for bob from ${ip}`);

      const ban = await host.banned('198.51.100.7');
      await host.banned('2001:db8:b::/64');
      assert.deepEqual(ban.sites, { 'blog.example.com': 3 });
      assert.deepEqual(ban.users, ['alice']);
      assert.deepEqual((await inKernel(host, backend)).toSorted(), ['198.51.100.7', '2001:db8:b::/64']);
      for (const ip of attackers) assert.equal(await web.connectFrom(ip), 'ECONNREFUSED');
      assert.equal(await web.connectFrom('2001:db8:b::8'), 'ECONNREFUSED', 'a neighbour in the same /64');
      for (const ip of innocents) assert.equal(await web.connectFrom(ip), 'accepted');

      for (const ip of ['198.51.100.7', '2001:db8:b::/64']) {
        const { ended } = await host.client.call('unban', { params: { ip } });
        assert.deepEqual(
          ended.map(({ ip: lifted }) => lifted),
          [ip],
        );
      }
      for (const ip of attackers) assert.equal(await web.connectFrom(ip), 'accepted');
      assert.deepEqual(await inKernel(host, backend), []);
    });
  }
}

test('lines that rsyslog reduced to "message repeated N times" count N times', {
  skip: namespacesLeftOut,
}, async () => {
  await using host = await createHost();
  await using rsyslog = await startRsyslog({
    directory: host.directory,
    log: host.log,
    format: 'traditional',
    reduceRepeated: true,
  });
  host.configure('[defaults]\nmaxretry = 5');
  await host.start();
  for (let attempt = 0; attempt < 6; attempt++) {
    await rsyslog.send(ident, 'Authentication failure for alice from 198.51.100.7');
  }
  await rsyslog.send(ident, 'Authentication failure for alice from 198.51.100.8');
  const ban = await host.banned('198.51.100.7');
  assert.equal(ban.failures, 6);
});
