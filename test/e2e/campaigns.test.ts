import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { BanDetails } from '@portcullis/contracts';
import { createHost, type Host, type Running } from '../support/daemon-process.ts';
import { failureLine } from '../support/log-lines.ts';
import { namespacesLeftOut } from '../support/network-namespace.ts';
import { waitFor } from '../support/wait-for.ts';

/** 40 addresses of 40 networks, and 20 of one. */
const attackers = [
  ...Array.from({ length: 40 }, (_, i) => `198.18.${i}.7`),
  ...Array.from({ length: 20 }, (_, i) => `198.51.100.${i + 1}`),
];
const innocent = '198.51.100.200';

describe('a campaign against a running daemon', { skip: namespacesLeftOut }, () => {
  let host: Host;
  let daemon: Running;

  before(async () => {
    host = await createHost();
    host.configure('');
    daemon = await host.start();
  });
  after(() => host[Symbol.asyncDispose]());

  const why = (ip: string) => host.client.call('why', { params: { ip } });

  test('60 addresses that try one name once each are shown as one, and nobody is banned', async () => {
    host.write(...attackers.map((ip, i) => failureLine(ip, { user: i % 2 === 0 ? 'Alice' : 'alice' })));
    host.write(failureLine(innocent, { user: 'bob' }));
    await host.caughtUp();
    const { items } = await host.client.call('listCampaigns');
    const [campaign] = items;
    assert.equal(items.length, 1);
    assert.equal(campaign?.lasting, true);
    assert.deepEqual(campaign.users[0], { name: 'Alice', addresses: 60 });
    assert.deepEqual(campaign.sites[0]?.name, 'blog.example.com');
    assert.equal(campaign.networks[0]?.name, '198.51.100.0/24');
    assert.equal(campaign.bans, 0);
    assert.equal((await host.status()).campaigns, 1);
    assert.equal((await host.bans()).size, 0);
    assert.deepEqual(
      (await why('198.18.3.7')).campaigns?.map(({ id, lasting }) => [id, lasting]),
      [[campaign.id, true]],
    );
    const told = await host.portcullis('campaigns');
    assert.equal(told.code, 0);
    assert.match(told.stdout, new RegExp(`${campaign.id} .*Alice`));
    assert.match((await host.portcullis('status')).stdout, /1 campaign against this host/);
    assert.match((await host.portcullis('why', '198.18.3.7')).stdout, new RegExp(`part of ${campaign.id}`));
  });

  test('with campaigns.maxretry the second try bans who takes part, and nobody who tries a name of their own', async () => {
    host.configure('[campaigns]\nmaxretry = 2');
    daemon.kill('SIGHUP');
    await waitFor('it is reloaded', async () => daemon.stderr().includes('Reloaded.'));
    host.write(failureLine(innocent, { user: 'bob' }));
    host.write(failureLine('192.0.2.9', { user: 'carol' }), failureLine('192.0.2.9', { user: 'alice' }));
    host.write(...attackers.map((ip) => failureLine(ip, { user: 'alice' })));
    for (const ip of attackers) await host.banned(ip);
    const bans = await host.bans();
    assert.deepEqual([...bans.keys()].sort(), [...attackers].sort());
    const [campaign] = (await host.client.call('listCampaigns')).items;
    assert.match(bans.get(attackers[0]!)!.reason, new RegExp(`2 failures .*campaign ${campaign?.id}`));
    assert.equal(campaign?.bans, 60);
    const [{ receipt }] = (await why(attackers[0]!)).bans as [BanDetails];
    assert.deepEqual([receipt?.campaign, receipt?.required, receipt?.rule?.maxretry], [campaign?.id, 2, 3]);
    assert.deepEqual(
      receipt?.evidence.map(({ user }) => user),
      ['Alice', 'alice'],
    );
    assert.equal((await why(innocent)).banned, false);
  });

  test('replay of the log comes to the same bans, and a restart to the same campaign', async () => {
    const { stdout } = await host.portcullis('--json', 'replay', '--config', host.configPath, host.log);
    const banned = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).ip);
    assert.deepEqual(banned.sort(), [...attackers].sort());
    const before = (await host.client.call('listCampaigns')).items.map(({ id }) => id);
    await daemon.end('SIGKILL');
    daemon = await host.start();
    assert.deepEqual(
      (await host.client.call('listCampaigns')).items.map(({ id }) => id),
      before,
    );
    assert.equal((await host.bans()).size, 60);
  });
});
