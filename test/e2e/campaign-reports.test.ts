import assert from 'node:assert/strict';
import { userInfo } from 'node:os';
import { test } from 'node:test';
import { loginFailure } from '../support/report-lines.ts';
import { createReportingDaemon, type ReportingDaemon, writeSecret } from '../support/reporting-daemon.ts';
import { createSlackServer, type SlackServer } from '../support/slack-server.ts';
import { waitFor } from '../support/wait-for.ts';

/* A campaign in Slack: told once when it begins and once when it is over, its bans as one, and each site's part to it alone. */

const textsOf = ({ accepted }: SlackServer) => accepted.map(({ body }) => String(body['text']));
const message = (server: SlackServer, pattern: RegExp) =>
  waitFor(`a message like ${pattern}`, () => textsOf(server).find((text) => pattern.test(text)));

const shop = { site: 'shop.example', user: 'admin' };
const blog = { site: 'blog.example.com', user: 'admin' };
const addresses = (count: number) => Array.from({ length: count }, (_, i) => `198.18.${i}.7`);
const tries = (ips: readonly string[], where: { site: string; user: string }) =>
  ips.map((ip) => loginFailure(ip, where)).join('');

function configure(daemon: ReportingDaemon, host: SlackServer, own: SlackServer, more = '') {
  const secret = (name: string, { url }: SlackServer) => writeSecret(daemon, name, url);
  daemon.configure(`[slack]
webhook_url_file = "${secret('webhook', host)}"
min_severity = "warning"
window = "3s"
[slack.sites.shop]
webhook_url_file = "${secret('shop', own)}"
[sites.shop]
user = "${userInfo().username}"
domains = ["shop.example"]
${more}`);
}

test('the host is told of the whole campaign, a site of what its own lines show, over a restart once each', async () => {
  await using daemon = createReportingDaemon();
  await using host = await createSlackServer();
  await using own = await createSlackServer();
  configure(daemon, host, own);
  await daemon.start();
  // 40 addresses on the blog, of which 25 are on the shop as well; another name is tried on the blog alone.
  daemon.write(tries(addresses(40), blog) + tries(addresses(40), { ...blog, user: 'secretive' }));
  daemon.write(tries(addresses(25), shop));
  const begun = await message(host, /campaign on .* has begun/);
  assert.match(begun, /has begun: 20 addresses so far/);
  assert.match(begun, /^Users tried: admin \(20\)$/m);
  assert.match(begun, /^Site: blog\.example\.com \(20\)$/m);
  const [id] = /[0-9]{8}-[0-9]{4}-[0-9a-f]{4}/.exec(begun) ?? assert.fail();
  const ownBegun = await message(own, /campaign on .* has begun/);
  const [ownId] = /[0-9]{8}-[0-9]{4}-[0-9a-f]{4}/.exec(ownBegun) ?? assert.fail();
  assert.match(ownBegun, /^Site: shop\.example \(20\)$/m);

  // Three failures ban; those of 25 addresses rest on both sites.
  daemon.write(tries(addresses(40).slice(25), blog));
  await waitFor('all are banned', async () => (await daemon.client.call('listBans')).total === 40);
  const ofCampaign = await daemon.client.call('listBans', { query: { campaign: id } });
  assert.equal(ofCampaign.total, 40);
  assert.equal(ofCampaign.items[0]?.campaign, id);
  const told = (server: SlackServer, which: string) =>
    textsOf(server)
      .flatMap((text) => [...text.matchAll(new RegExp(`([0-9]+) address(?:es)? of campaign ${which}`, 'g'))])
      .reduce((sum, [, bans]) => sum + Number(bans), 0) +
    textsOf(server).filter((text) => text.includes(`Campaign: ${which}\n`) && / is banned /.test(text))
      .length;
  await waitFor('the host is told of all', () => told(host, id) === 40, { timeout: 15_000 });
  await waitFor('the shop is told of its own', () => told(own, ownId) === 25, { timeout: 15_000 });
  assert.match(textsOf(host).join('\n'), /addresses of campaign .*, trying admin, secretive/);
  assert.doesNotMatch(textsOf(host).join('\n'), /Addresses with most failures/);

  await daemon.signal('SIGTERM');
  await daemon.start();
  // With other settings of what a campaign is, all that last are over.
  configure(daemon, host, own, '[campaigns]\naddresses = 200');
  await daemon.signal('SIGHUP');
  const over = await message(host, /campaign on .* is over/);
  assert.match(over, /is over: 40 addresses took part/);
  assert.match(over, new RegExp(`^Campaign: ${id}$`, 'm'));
  assert.match(over, /^Bans: 40$/m);
  const ownOver = await message(own, /campaign on .* is over/);
  assert.match(ownOver, /is over: 25 addresses took part/);
  assert.match(ownOver, /^Bans: 25$/m);
  for (const server of [host, own]) {
    for (const what of [/has begun/, /is over/])
      assert.equal(textsOf(server).filter((text) => what.test(text)).length, 1);
    assert.deepEqual(
      server.received.flatMap(({ faults }) => faults),
      [],
    );
  }
  for (const { raw } of own.received)
    assert.doesNotMatch(raw, /blog\.example|secretive|portcullis campaigns/);
  assert.doesNotMatch(textsOf(own).join('\n'), new RegExp(`\\b40\\b|${id === ownId ? 'never' : id}`));
});
