import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createHost, type Host } from '../support/daemon-process.ts';
import { setEntries } from '../support/kernel.ts';
import { failureLine, failureLines } from '../support/log-lines.ts';
import { namespacesLeftOut } from '../support/network-namespace.ts';
import { waitFor } from '../support/wait-for.ts';

const minute = 60_000;

describe('bans of a running daemon', { skip: namespacesLeftOut }, () => {
  let host: Host;
  let markers = 0;

  before(async () => {
    host = await createHost();
    const setup = [
      'link add uplink type veth peer name far',
      'link set far up',
      'link set uplink up',
      'addr add 198.51.100.1/24 dev uplink',
      'addr add 2001:db8:1::1/64 dev uplink nodad',
      'route add default via 198.51.100.254',
    ];
    await host.namespace.exec(['ip', '-batch', '-'], { input: setup.join('\n') });
    host.configure(`
[defaults]
findtime = "10m"
ignoreip = ["203.0.113.0/24", "2001:db8:2::/48"]
[jails.wordpress]
[jails.brief]
filter = ["wordpress-extra"]
maxretry = 1
bantime = "3s"
`);
    await host.start();
  });
  after(() => host[Symbol.asyncDispose]());

  /** Writes lines, and behind them the ban of somebody else: when that holds, the lines have counted. */
  async function counted(...lines: string[]): Promise<void> {
    const marker = `198.18.0.${++markers}`;
    host.write(...lines, ...failureLines(marker, 3));
    await host.banned(marker);
  }
  const isBanned = async (ip: string) =>
    (await host.bans()).has(ip) || (await setEntries(host.namespace)).has(ip);
  const at = (time: number) => ({ time });

  test('failures ban when maxretry of them lie within findtime, its first instant included', async () => {
    const now = Date.now();
    const times = (...before: number[]) => before.map((ms) => ({ time: now - ms }));
    await counted(
      ...times(10 * minute, 5 * minute, 0).map((time) => failureLine('198.51.100.10', time)),
      ...times(10 * minute + 1, 5 * minute, 0).map((time) => failureLine('198.51.100.11', time)),
      ...failureLines('198.51.100.12', 2),
    );
    const ban = (await host.bans()).get('198.51.100.10');
    assert.equal(ban?.failures, 3);
    assert.equal(Date.parse(ban.since), now);
    assert.equal(Date.parse(ban.until!), now + 24 * 60 * minute);
    assert.equal(await isBanned('198.51.100.11'), false);
    assert.equal(await isBanned('198.51.100.12'), false);
  });

  test('failures during a ban prolong it, in the store and in the kernel', async () => {
    const since = Date.now() - 5 * minute;
    await counted(...failureLines('198.51.100.20', 3, at(since)));
    const [first, left] = [
      await host.banned('198.51.100.20'),
      (await setEntries(host.namespace)).get('198.51.100.20'),
    ];
    await counted(...failureLines('198.51.100.20', 3, at(since + 4 * minute)));
    const second = await host.banned('198.51.100.20');
    assert.equal(second.id, first.id);
    assert.equal(second.failures, 6);
    assert.equal(Date.parse(second.until!) - Date.parse(first.until!), 4 * minute);
    const longer = (await setEntries(host.namespace)).get('198.51.100.20');
    assert.ok(Math.abs(longer! - left! - 240) <= 3, `${left} s became ${longer} s`);
  });

  test('one client of IPv6 is its /64', async () => {
    await counted(...['1', '2', '3'].map((host) => failureLine(`2001:db8:9:9::${host}`)));
    assert.ok(await isBanned('2001:db8:9:9::/64'));
  });

  test('whoever is in ignoreip, the host itself and its gateway are never banned', async () => {
    const exempt = [
      '203.0.113.5',
      '2001:db8:2::5',
      '198.51.100.1',
      '2001:db8:1::1',
      '198.51.100.254',
      '127.0.0.1',
    ];
    await counted(...exempt.flatMap((ip) => failureLines(ip, 4)));
    const entries = await setEntries(host.namespace);
    for (const ip of exempt) {
      assert.equal(await isBanned(ip), false, ip);
      const why = await host.client.call('why', { params: { ip } });
      assert.equal(why.banned, false, ip);
      assert.notDeepEqual(why.exemptions, [], ip);
    }
    assert.deepEqual(
      [...entries.keys()].filter((ip) => ip.startsWith('2001:db8:1:') || ip.startsWith('2001:db8:2:')),
      [],
    );
  });

  test('by hand, an exempt address is refused with exit code 4; --force overrides ignoreip and never the host', async () => {
    const refused = await host.portcullis('ban', '203.0.113.6');
    assert.equal(refused.code, 4);
    assert.match(refused.stderr, /203\.0\.113\.6.*ignoreip/);
    assert.equal((await host.portcullis('ban', '203.0.113.6', '--force')).code, 0);
    assert.ok(await isBanned('203.0.113.6'));
    for (const ip of ['198.51.100.1', '198.51.100.254', '127.0.0.1', '0.0.0.0/0', '::/0']) {
      assert.equal((await host.portcullis('ban', ip, '--force')).code, 4, ip);
    }
  });

  test('by hand, --for gives the end and a network is one ban', async () => {
    const { code, stdout } = await host.portcullis(
      '--json',
      'ban',
      '192.0.2.77/28',
      '--for',
      '10m',
      '--reason',
      'noise',
    );
    assert.equal(code, 0);
    const ban = JSON.parse(stdout);
    assert.equal(ban.ip, '192.0.2.64/28');
    assert.equal(ban.reason, 'noise');
    assert.equal(Date.parse(ban.until) - Date.parse(ban.since), 10 * minute);
    const left = (await setEntries(host.namespace)).get('192.0.2.64/28');
    assert.ok(left! > 590 && left! <= 600, `${left} s`);
    const why = await host.client.call('why', { params: { ip: '192.0.2.70' } });
    assert.equal(why.banned, true);
    assert.equal((await host.portcullis('unban', '192.0.2.70')).code, 0);
    assert.equal(await isBanned('192.0.2.64/28'), false);
  });

  test('an unban forgets what was counted; without a ban it answers no', async () => {
    await counted(...failureLines('198.51.100.30', 3), ...failureLines('198.51.100.30', 2));
    assert.equal((await host.portcullis('unban', '198.51.100.30')).code, 0);
    await counted(...failureLines('198.51.100.30', 2));
    assert.equal(await isBanned('198.51.100.30'), false);
    assert.equal((await host.portcullis('unban', '198.51.100.30')).code, 1);
    await counted(failureLine('198.51.100.30'));
    assert.equal((await host.banned('198.51.100.30')).times_banned, 2);
  });

  test('whoever is allowed is let in at once, with a clean slate, and counts again when that ends', async () => {
    await counted(...failureLines('198.51.100.40', 3));
    const added = await host.portcullis('allow', 'add', '198.51.100.40', '--note', 'Alice at home');
    assert.equal(added.code, 0);
    assert.equal(await isBanned('198.51.100.40'), false);
    await counted(...failureLines('198.51.100.40', 4));
    assert.equal(await isBanned('198.51.100.40'), false);
    const { items } = await host.client.call('listAllowed');
    const id = items.find(({ ip }) => ip === '198.51.100.40')!.id;
    await host.client.call('disallow', { params: { id } });
    await counted(...failureLines('198.51.100.40', 2));
    assert.equal(await isBanned('198.51.100.40'), false);
    await counted(failureLine('198.51.100.40'));
    assert.equal(await isBanned('198.51.100.40'), true);
  });

  test('a ban ends on time in the kernel and in the store, and stays in the history', async () => {
    const stamp = new Date().toISOString();
    host.write(
      `${stamp} web01 wordpress(blog.example.com)[9]: Password reset requested for bob from 198.51.100.50`,
    );
    const ban = await host.banned('198.51.100.50');
    assert.equal(ban.jail, 'brief');
    assert.equal(Date.parse(ban.until!) - Date.parse(ban.since), 3_000);
    assert.ok((await setEntries(host.namespace, 'brief')).has('198.51.100.50'));
    await waitFor('the ban is over', async () => !(await host.bans()).has('198.51.100.50'));
    assert.ok(Date.now() >= Date.parse(ban.until!));
    await waitFor(
      'the entry is gone',
      async () => !(await setEntries(host.namespace, 'brief')).has('198.51.100.50'),
    );
    const ended = await host.client.call('getBan', { params: { id: ban.id } });
    assert.deepEqual([ended.state, ended.ended_by], ['ended', 'expired']);
    assert.ok(Date.parse(ended.ended_at!) - Date.parse(ban.until!) < 1_500, ended.ended_at!);
  });
});

for (const signal of ['SIGSTOP', 'SIGKILL'] as const) {
  test(`a ban ends on time in the kernel although the daemon got ${signal}`, {
    skip: namespacesLeftOut,
  }, async () => {
    await using host = await createHost();
    host.configure('[defaults]\nbantime = "3s"');
    const daemon = await host.start();
    host.write(...failureLines('198.51.100.7', 3));
    const ban = await host.banned('198.51.100.7');
    daemon.kill(signal);
    await waitFor('the entry is gone', async () => !(await setEntries(host.namespace)).has('198.51.100.7'));
    const late = Date.now() - Date.parse(ban.until!);
    assert.ok(late > 0 && late < 2_500, `${late} ms late`);
    if (signal === 'SIGSTOP') daemon.kill('SIGCONT');
    else await host.start();
    await waitFor('the store knows', async () => !(await host.bans()).has('198.51.100.7'));
  });
}
