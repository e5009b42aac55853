import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { createHost, type Host, type Running } from '../support/daemon-process.ts';
import { failureLine, failureLines, loginLine } from '../support/log-lines.ts';
import { namespacesLeftOut } from '../support/network-namespace.ts';
import { waitFor } from '../support/wait-for.ts';
import { createWebTraffic, type WebTraffic } from '../support/web-traffic.ts';

/* Jails that count more than one address together, against a running daemon: who can reach the web server, and who cannot. */

const config = (names = '') => `
[known_good]
hold = 0
[jails.usual]
maxretry = 10
[jails.networks]
ipv4_prefix = 24
maxretry = 6
ignoreip = ["203.0.113.200"]
[jails.names]
key = "user"
maxretry = 8
findtime = "1h"
bantime = "30m"
${names}
`;
const day = 86_400_000;

describe('jails that count more than an address', { skip: namespacesLeftOut }, () => {
  let host: Host;
  let daemon: Running;
  let web: WebTraffic;

  before(async () => {
    host = await createHost();
    host.configure(config());
    // The host is 198.51.100.1; the other networks are routed to it.
    const visitors = ['198.51.100.9', '192.0.2.9', '192.0.2.77', '203.0.113.9', '203.0.113.77'];
    web = await createWebTraffic(host.namespace, [...visitors, '10.5.0.7', '10.6.0.7', '10.7.0.7']);
    for (const network of ['192.0.2.0/24', '203.0.113.0/24', '10.0.0.0/8'])
      await host.namespace.run('ip', 'route', 'add', network, 'dev', 'web');
    daemon = await host.start();
  });
  after(async () => {
    await web?.[Symbol.asyncDispose]();
    await host[Symbol.asyncDispose]();
  });

  const why = async (ip: string) => (await host.portcullis('why', ip)).stdout;
  /** Waits until lines behind which nothing is banned have been judged: a control behind them is banned. */
  let controls = 0;
  async function judged(...lines: string[]): Promise<void> {
    const control = `100.64.0.${++controls}`;
    host.write(...lines, ...failureLines(control, 10, { user: `control${controls}` }));
    await host.banned(control);
  }
  /** One failure each of six addresses of a network, with names of their own. */
  const attack = (network: string) =>
    [1, 2, 3, 4, 5, 6].map((n) => failureLine(`${network}.${n + 10}`, { user: `${network}-${n}` }));

  test('a /24 is counted and banned as one, and nobody in it gets through', async () => {
    assert.equal(await web.connectFrom('192.0.2.77'), 'accepted');
    host.write(...attack('192.0.2').slice(1));
    await waitFor('its failures are counted', async () =>
      /networks +5 of 6 failures within 3h, counted as 192\.0\.2\.0\/24/.test(await why('192.0.2.7')),
    );
    host.write(failureLine('192.0.2.9', { user: 'eve' }));
    const ban = await host.banned('192.0.2.0/24');
    assert.deepEqual([ban.jail, ban.failures], ['networks', 6]);
    assert.equal(await web.connectFrom('192.0.2.9'), 'ECONNREFUSED');
    assert.equal(await web.connectFrom('192.0.2.77'), 'ECONNREFUSED');
    assert.equal(await web.connectFrom('203.0.113.77'), 'accepted');
    assert.match(await why('192.0.2.77'), /is banned by networks/);
  });

  test('one address of it that is unbanned lifts it for all', async () => {
    assert.equal((await host.portcullis('unban', '192.0.2.77')).code, 0);
    assert.equal(await web.connectFrom('192.0.2.9'), 'accepted');
    assert.match(await why('192.0.2.9'), /networks +0 of 6 failures/);
  });

  test('the network of an exempt address, and the host’s own, are not: only those who failed are banned', async () => {
    host.write(...attack('203.0.113').slice(1), failureLine('203.0.113.9', { user: 'eve' }));
    await host.banned('203.0.113.9');
    assert.equal(await web.connectFrom('203.0.113.9'), 'ECONNREFUSED');
    assert.equal(await web.connectFrom('203.0.113.77'), 'accepted');
    host.write(...attack('198.51.100'));
    await host.banned('198.51.100.16');
    assert.equal(await web.connectFrom('198.51.100.9'), 'accepted');
    const networks = [...(await host.bans()).keys()].filter((ip) => ip.includes('/'));
    assert.deepEqual(networks, []);
  });

  const botnet = Array.from({ length: 7 }, (_, n) => `198.18.${n}.7`);
  const known = '10.5.0.7';
  const other = '10.6.0.7';

  test('who tries one name from many addresses is banned at each; not who is known, nor who tries another name', async () => {
    const logins = [3, 2, 1].map((ago) => loginLine(known, { user: 'admin', time: Date.now() - ago * day }));
    await judged(
      ...logins,
      failureLine(known),
      failureLine(other, { user: 'bob' }),
      ...botnet.slice(1).map((ip) => failureLine(ip)),
    );
    assert.match(await why(botnet[1]!), /names +7 of 8 failures within 1h, counted as the name admin/);
    assert.equal((await host.bans()).get(botnet[1]!), undefined);
    host.write(failureLine(botnet[0]!, { user: 'ADMIN' }));
    for (const ip of botnet) {
      const ban = await host.banned(ip);
      assert.deepEqual([ban.jail, ban.failures], ['names', 1]);
      assert.match(
        ban.reason,
        /^8 failures .* that try "(admin|ADMIN)", by 8 addresses; names allows 7 in 1h$/,
      );
      assert.equal(Date.parse(ban.until!) - Date.parse(ban.since), 30 * 60_000);
    }
    assert.equal(await web.connectFrom(known), 'accepted');
    assert.equal(await web.connectFrom(other), 'accepted');
  });

  test('a crash in the middle of a window changes nothing of it', async () => {
    const more = Array.from({ length: 8 }, (_, n) => `198.19.${n}.7`);
    await judged(...more.slice(0, 5).map((ip) => failureLine(ip, { user: 'carol' })));
    await daemon.end('SIGKILL');
    daemon = await host.start();
    assert.match(await why(more[0]!), /names +5 of 8 failures within 1h, counted as the name carol/);
    host.write(...more.slice(5, 7).map((ip) => failureLine(ip, { user: 'carol' })));
    await judged(failureLine('10.7.0.7', { user: 'carola' }));
    assert.equal((await host.bans()).get(more[0]!), undefined);
    host.write(failureLine(more[7]!, { user: 'carol' }));
    for (const ip of more) await host.banned(ip);
    assert.equal(await web.connectFrom('10.7.0.7'), 'accepted');
  });

  test('an address that is unbanned is not banned again for what it did before', async () => {
    await host.portcullis('unban', botnet[0]!);
    await judged(...botnet.slice(1).map((ip) => failureLine(ip)), failureLine('198.18.200.7'));
    const bans = await host.bans();
    assert.equal(bans.get(botnet[0]!), undefined);
  });

  test('status, replay and policy try know it, and check-config refuses what makes no sense', async () => {
    assert.match((await host.portcullis('status')).stdout, /names by user +\d/);
    const { jails } = JSON.parse((await host.portcullis('--json', 'status')).stdout);
    assert.deepEqual(
      jails.map(({ name, key }: { name: string; key: string }) => [name, key]),
      [
        ['usual', 'address'],
        ['networks', 'address'],
        ['names', 'user'],
      ],
    );
    const replayed = await host.portcullis('--json', 'replay', '--config', host.configPath, host.log);
    const decisions = replayed.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const first = decisions.find(({ ip, jail }) => ip === botnet[3] && jail === 'names');
    assert.deepEqual([first.failures, first.together], [1, { key: 'user ADMIN', failures: 8, clients: 8 }]);
    assert.ok(decisions.some(({ ip, jail }) => ip === '192.0.2.0/24' && jail === 'networks'));

    const before = host.configPath.replace('.toml', '-before.toml');
    writeFileSync(before, '[jails.usual]\nmaxretry = 10\n');
    const tried = await host.portcullis(
      '--json',
      'policy',
      'try',
      host.configPath,
      host.log,
      '--against',
      before,
    );
    assert.equal(tried.code, 0, 'it would hit nobody who logged in');
    assert.doesNotMatch(tried.stdout, new RegExp(`"ip":"${known}"`));
    assert.match(tried.stdout, new RegExp(`"ip":"${botnet[3]}"`));

    host.configure(config('maxretry = 3').replace('maxretry = 8\n', ''));
    const { code, stderr, stdout } = await host.portcullis('check-config', host.configPath);
    assert.equal(code, 2);
    assert.match(stdout + stderr, /jails\.names\.maxretry = 3: must be at least 5 with key = "user"/);
  });
});

test('a jail by system bans who comes from one, in a replay as well', async () => {
  await using host = await createHost();
  host.configure(
    '[firewall]\nbackend = "dry-run"\n[jails.usual]\n[jails.systems]\nkey = "system"\nmaxretry = 5',
  );
  await host.start();
  const google = ['8.8.8.8', '8.8.4.4', '8.8.8.9', '8.8.4.5', '2001:4860:4860::8888'];
  host.write(failureLine('77.88.8.8'), failureLine('198.51.100.7'));
  host.write(...google.map((ip, n) => failureLine(ip, { user: `user${n}` })));
  const ban = await host.banned('2001:4860:4860::/64');
  assert.match(ban.reason, /^5 failures .* from AS15169, by 5 addresses; systems allows 4 in 3h$/);
  const bans = await host.bans();
  assert.deepEqual([...bans.keys()].sort(), [...google.slice(0, 4), '2001:4860:4860::/64'].sort());
  const { stdout } = await host.portcullis('replay', '--config', host.configPath, host.log);
  assert.match(stdout, /8\.8\.8\.8 in systems .*: 1 failure \(.*\) of 5 by 5 addresses: system 15169/);
});
