import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { test } from 'node:test';
import { createHost } from '../support/daemon-process.ts';
import { rejected, rulesOf, setEntries } from '../support/kernel.ts';
import { failureLine, failureLines } from '../support/log-lines.ts';
import { logrotate } from '../support/logrotate.ts';
import { namespacesLeftOut } from '../support/network-namespace.ts';
import { waitFor } from '../support/wait-for.ts';

const skip = namespacesLeftOut;

for (const backend of ['ipset', 'iptables']) {
  test(`${backend}: bans stay in the kernel through a restart, without a moment's gap`, {
    skip,
  }, async () => {
    await using host = await createHost();
    const enforced = async () =>
      backend === 'ipset' ? [...(await setEntries(host.namespace)).keys()] : rejected(host.namespace);
    host.configure(`[firewall]\nbackend = "${backend}"`);
    let daemon = await host.start();
    host.write(...failureLines('198.51.100.7', 3), ...failureLines('2001:db8:7::7', 3));
    await host.banned('198.51.100.7');
    await host.banned('2001:db8:7::/64');
    let restarting = true;
    const gaps: string[] = [];
    let looks = 0;
    const watch = (async () => {
      while (restarting) {
        const [ips, jumps] = [await enforced(), await rulesOf(host.namespace, 'INPUT')];
        if (ips.length !== 2) gaps.push(`enforced: ${ips}`);
        if (jumps.length !== 2) gaps.push(`jumps: ${jumps}`);
        looks++;
      }
    })();
    const { code } = await daemon.end();
    assert.equal(code, 0);
    daemon = await host.start();
    await daemon.end('SIGKILL');
    await host.start();
    restarting = false;
    await watch;
    assert.deepEqual(gaps, []);
    assert.ok(looks > 10, `${looks} looks`);
    assert.equal((await host.bans()).size, 2);
    assert.equal((await host.status()).bans.repairs, 0);
  });

  test(`${backend}: with on_stop = "remove" a stop leaves nothing in the kernel, and a start brings all back`, {
    skip,
  }, async () => {
    await using host = await createHost();
    host.configure(`[firewall]\nbackend = "${backend}"\non_stop = "remove"`);
    const daemon = await host.start();
    await host.namespace.run('iptables', '-A', 'INPUT', '-p', 'icmp', '-j', 'ACCEPT');
    host.write(...failureLines('198.51.100.7', 3), ...failureLines('2001:db8:7::7', 3));
    await host.banned('198.51.100.7');
    await daemon.end();
    for (const iptables of ['iptables-save', 'ip6tables-save', 'ipset']) {
      const saved = await host.namespace.run(iptables, ...(iptables === 'ipset' ? ['save'] : []));
      assert.doesNotMatch(saved, /portcullis/, iptables);
    }
    assert.deepEqual(await rulesOf(host.namespace, 'INPUT'), ['-p icmp -j ACCEPT']);
    await host.start();
    assert.equal((await host.status()).bans.enforced, 2);
    const back =
      backend === 'ipset' ? [...(await setEntries(host.namespace)).keys()] : await rejected(host.namespace);
    assert.deepEqual(back.toSorted(), ['198.51.100.7', '2001:db8:7::/64']);
  });
}

test('what the kernel lost while the daemon was stopped is all there when it answers again', {
  skip,
}, async () => {
  await using host = await createHost();
  host.configure('');
  const daemon = await host.start();
  const attackers = Array.from({ length: 200 }, (_, at) => `198.18.1.${at + 1}`);
  host.write(...attackers.flatMap((ip) => failureLines(ip, 3)));
  await host.banned(attackers.at(-1)!);
  await daemon.end();
  for (const argv of [
    ['iptables', '-F'],
    ['ip6tables', '-F'],
    ['iptables', '-X'],
    ['ip6tables', '-X'],
    ['ipset', 'destroy'],
  ]) {
    await host.namespace.exec(argv as [string, ...string[]]);
  }
  await host.start();
  assert.deepEqual([...(await setEntries(host.namespace)).keys()].toSorted(), attackers.toSorted());
  assert.equal((await rulesOf(host.namespace, 'INPUT')).length, 2);
  const { bans } = await host.status();
  assert.deepEqual([bans.wanted, bans.enforced], [200, 200]);
});

test('reading resumes at the exact byte: half a line, lines written meanwhile, and a rotation', {
  skip,
}, async () => {
  await using host = await createHost();
  host.configure('[defaults]\nmaxretry = 1000');
  const failures = async () =>
    (await host.client.call('why', { params: { ip: '198.51.100.7' } })).jails[0]!.failures;
  const line = failureLine('198.51.100.7');
  let daemon = await host.start();
  host.write(...failureLines('198.51.100.7', 5));
  appendFileSync(host.log, line.slice(0, 70));
  await waitFor('five failures count', async () => (await failures()) === 5);
  await daemon.end();
  appendFileSync(host.log, `${line.slice(70)}\n`);
  host.write(...failureLines('198.51.100.7', 4));
  daemon = await host.start();
  await waitFor('ten failures count', async () => (await failures()) === 10);
  await daemon.end();
  host.write(...failureLines('198.51.100.7', 3));
  logrotate['rename and create']!(host.log);
  host.write(...failureLines('198.51.100.7', 2));
  logrotate['rename and create, compressed with delay']!(host.log);
  host.write(...failureLines('198.51.100.7', 1));
  daemon = await host.start();
  await waitFor('sixteen failures count', async () => (await failures()) >= 16);
  await host.caughtUp();
  assert.equal(await failures(), 16);
  const { total } = await host.client.call('listFailures', { query: { ip: '198.51.100.7' } });
  assert.equal(total, 16);
});

test('failures before a restart count with those after it, but none that a ban rests on', {
  skip,
}, async () => {
  await using host = await createHost();
  host.configure('');
  let daemon = await host.start();
  // In one chunk: the fourth failure comes after the verdict and counts for the next.
  host.write(...failureLines('198.51.100.7', 2), ...failureLines('198.51.100.8', 4));
  await host.banned('198.51.100.8');
  await daemon.end('SIGKILL');
  daemon = await host.start();
  host.write(failureLine('198.51.100.7'), ...failureLines('198.51.100.8', 2));
  const ban = await host.banned('198.51.100.7');
  assert.equal(ban.failures, 3);
  await waitFor('the other ban grows', async () => (await host.bans()).get('198.51.100.8')?.failures === 6);
});
