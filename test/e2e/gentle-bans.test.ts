import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHost } from '../support/daemon-process.ts';
import { failureLines, loginLine } from '../support/log-lines.ts';
import { namespacesLeftOut } from '../support/network-namespace.ts';
import { waitFor } from '../support/wait-for.ts';
import { createWebTraffic } from '../support/web-traffic.ts';

/* Somebody who is known, on a host that closes more than the web's ports. */

const day = 86_400_000;
/** SSH, as many have it. */
const ssh = 2222;
const known = ['198.51.100.7', '198.51.100.8', '198.51.100.9', '2001:db8:b::7'];
const stranger = '198.51.100.66';
const networkOf = (ip: string) => (ip.includes(':') ? '2001:db8:b::/64' : ip);

for (const backend of ['ipset', 'iptables', 'nftables'] as const) {
  test(`${backend}: a gentle ban leaves SSH open and an ordinary one does not, through restarts, repairs and reloads`, {
    skip: namespacesLeftOut,
  }, async () => {
    await using host = await createHost();
    await using web = await createWebTraffic(host.namespace, [...known, stranger], [ssh]);
    const reach = async (ip: string) => [await web.connectFrom(ip), await web.connectFrom(ip, ssh)];
    const gently = ['ECONNREFUSED', 'accepted'];
    const wholly = ['ECONNREFUSED', 'ECONNREFUSED'];
    const notAtAll = ['accepted', 'accepted'];
    const configure = (ports: string) =>
      host.configure(`[firewall]\nbackend = "${backend}"\nports = ${ports}`);
    configure(`["http", "https", "${ssh}"]`);
    let daemon = await host.start();

    const logins = known.flatMap((ip) =>
      [3, 2, 1].map((ago) => loginLine(ip, { time: Date.now() - ago * day })),
    );
    host.write(...logins, ...known.flatMap((ip) => failureLines(ip, 6)), ...failureLines(stranger, 3));
    for (const ip of known) {
      assert.equal((await host.banned(networkOf(ip))).gentle, true, ip);
      assert.deepEqual(await reach(ip), gently, ip);
    }
    assert.equal((await host.banned(stranger)).gentle, false);
    assert.deepEqual(await reach(stranger), wholly);
    assert.match((await host.portcullis('why', known[0]!)).stdout, /, gentle: closes the web’s ports only/);
    assert.match((await host.portcullis('bans')).stdout, /\(gentle\)/);

    const [prolonged, byHand, lifted, onIpv6] = known as [string, string, string, string];
    host.write(...failureLines(prolonged, 3));
    await waitFor('it is an ordinary ban', async () => (await host.banned(prolonged)).gentle === false);
    await host.client.call('ban', { body: { ip: byHand } });
    await host.client.call('unban', { params: { ip: lifted } });
    await waitFor('the kernel has that', async () => (await web.connectFrom(prolonged, ssh)) !== 'accepted');
    const holds = async () => {
      assert.deepEqual(await reach(prolonged), wholly, 'prolonged by a further verdict');
      assert.deepEqual(await reach(byHand), wholly, 'banned by hand');
      assert.deepEqual(await reach(lifted), notAtAll, 'lifted');
      assert.deepEqual(await reach(onIpv6), gently, 'still gentle');
    };
    await holds();

    await daemon.end('SIGKILL');
    daemon = await host.start();
    await holds();
    await host.namespace.run('iptables', '-F');
    await host.namespace.run('nft', 'flush', 'ruleset');
    await waitFor('the bans are back', async () => {
      const { bans } = await host.status();
      return bans.repairs > 0 && (await web.connectFrom(onIpv6)) !== 'accepted';
    });
    await holds();

    const entries = async () => (await host.client.call('listAudit')).total;
    const reload = async (ports: string) => {
      const before = await entries();
      configure(ports);
      daemon.kill('SIGHUP');
      await waitFor('it is reloaded', async () => (await entries()) > before);
    };
    await reload('["http", "https"]');
    for (const ip of [prolonged, byHand, onIpv6]) assert.deepEqual(await reach(ip), gently, ip);
    const kernel = [
      await host.namespace.run('iptables-save'),
      await host.namespace.run('nft', 'list', 'ruleset'),
    ];
    assert.doesNotMatch(kernel.join(), /portcullis\./);
    await reload(`["http", "${ssh}"]`);
    await holds();
  });
}
