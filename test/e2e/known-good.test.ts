import assert from 'node:assert/strict';
import { chmodSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Hold } from '@portcullis/contracts';
import { curl } from '../support/curl.ts';
import { createHost, type Host, type Running } from '../support/daemon-process.ts';
import { failureLines, type LineOptions, loginLine } from '../support/log-lines.ts';
import { namespacesLeftOut } from '../support/network-namespace.ts';
import { waitFor } from '../support/wait-for.ts';

/* People who are known, and attackers who own an account, against a running daemon. */

const day = 86_400_000;
const config = (hold: string) => `
[proxies]
trusted_proxies = ["198.51.100.200"]
[known_good]
hold = "${hold}"
[jails.wordpress]
[sites.mine]
domains = ["mine.example"]
user = "games"
`;
const logins = (ip: string, options: LineOptions) =>
  [3, 2, 1].map((ago) => loginLine(ip, { ...options, time: Date.now() - ago * day }));

describe('people who are known to a running daemon', { skip: namespacesLeftOut }, () => {
  let host: Host;
  let daemon: Running;
  let controls = 0;

  before(async () => {
    host = await createHost();
    for (let path = host.directory; path !== dirname(path); path = dirname(path)) {
      if (statSync(path).uid === process.getuid?.()) chmodSync(path, statSync(path).mode | 0o111);
    }
    host.configure(config('1h'));
    daemon = await host.start();
  });
  after(() => host[Symbol.asyncDispose]());

  /** Writes lines and one stranger's behind them: when that one is banned, the lines have been judged. */
  async function judged(...lines: string[]): Promise<void> {
    const stranger = `203.0.113.${++controls}`;
    host.write(...lines, ...failureLines(stranger, 3));
    await host.banned(stranger);
  }
  const holds = async (state: Hold['state'] = 'open') =>
    (await host.client.call('listHolds', { query: { state } })).items;
  const heldOf = async (ip: string) => (await holds()).find((hold) => hold.ip === ip);
  /** Somebody who is known on two sites by two accounts. */
  const colleague = (ip: string) => [
    ...logins(ip, { site: 'a.example', user: 'ann' }),
    ...logins(ip, { site: 'b.example', user: 'bob' }),
  ];

  test('three typos ban nobody who logs in there; six do, for a short time', async () => {
    const ip = '198.51.100.1';
    await judged(...logins(ip, { site: 'a.example' }), ...failureLines(ip, 3, { site: 'a.example' }));
    assert.equal((await host.bans()).get(ip), undefined);
    host.write(...failureLines(ip, 3, { site: 'a.example' }));
    const { id, failures, since, until, reason, gentle } = await host.banned(ip);
    assert.deepEqual([failures, gentle], [6, true]);
    assert.equal(Date.parse(until!) - Date.parse(since), 600_000);
    assert.match(reason, /logs in there/);
    const receipt = (await host.client.call('getBan', { params: { id } })).receipt!;
    assert.equal(receipt.known_good?.threshold_factor, 2);
    assert.deepEqual(receipt.logins, [{ site: 'a.example', hours: 3, known: true }]);
    assert.deepEqual(
      receipt.evidence.map(({ count, weight }) => [count, weight]),
      Array.from({ length: 6 }, () => [1, 0.5]),
    );
    assert.deepEqual([receipt.required, receipt.bantime_seconds], [3, 600]);
  });

  test('who owns one account is banned at three elsewhere, under whatever names he logs in', async () => {
    const ip = '198.51.100.2';
    const names = ['evil.example', 'x.example', 'y.example', 'mine.example/blog', ''];
    await judged(
      ...names.flatMap((site) => logins(ip, { site, user: 'eve' })),
      ...failureLines(ip, 3, { site: 'a.example' }),
    );
    const { since, until } = await host.banned(ip);
    assert.equal(Date.parse(until!) - Date.parse(since), day);
  });

  test('who logs in on several sites waits for the administrator, who lets him go', async () => {
    const ip = '198.51.100.3';
    await judged(...colleague(ip), ...failureLines(ip, 3, { site: 'c.example' }));
    const held = (await heldOf(ip))!;
    assert.match(held.because, /on 2 sites, with 2 accounts/);
    assert.equal((await host.bans()).get(ip), undefined);
    const why = await host.portcullis('why', ip);
    assert.match(why.stdout, new RegExp(`h${held.id}: a ban waits for you`));
    assert.match(why.stdout, /a\.example +in 3 hours, so it is known there/);
    const listed = await host.portcullis('requests');
    assert.match(listed.stdout, new RegExp(`h${held.id} +198\\.51\\.100\\.3`));
    const declined = await host.portcullis('requests', 'decline', `h${held.id}`);
    assert.equal(declined.code, 0, declined.stderr);
    await judged(...failureLines(ip, 2, { site: 'c.example' }));
    assert.equal((await host.bans()).get(ip), undefined);
    assert.equal((await host.portcullis('requests', 'decline', `h${held.id}`)).code, 1);
  });

  test('or has him banned as usual', async () => {
    const ip = '198.51.100.4';
    await judged(...colleague(ip), ...failureLines(ip, 3, { site: 'c.example' }));
    const approved = await host.portcullis('requests', 'approve', `h${(await heldOf(ip))!.id}`);
    assert.match(approved.stdout, /Banned 198\.51\.100\.4/);
    const { id, since, until, sites, gentle } = await host.banned(ip);
    assert.deepEqual([Date.parse(until!) - Date.parse(since), gentle], [day, false]);
    const { receipt } = await host.client.call('getBan', { params: { id } });
    assert.deepEqual([receipt?.by_hand?.by, receipt?.failures, receipt?.rule?.maxretry], ['admin', 3, 3]);
    assert.deepEqual(sites, { 'c.example': 3 });
  });

  test('who attacks in earnest waits no longer', async () => {
    const ip = '198.51.100.5';
    await judged(...colleague(ip), ...failureLines(ip, 30, { site: 'c.example' }));
    const { reason } = await host.banned(ip);
    assert.match(reason, /the failures went on/);
  });

  test('a site’s administrator waits too, for what fails on that site alone', async () => {
    const socket = join(host.directory, 'run/sites/mine.sock');
    for (const ip of ['198.51.100.6', '198.51.100.7']) {
      const noted = await curl(socket, 'POST /v1/session', { user: 'games', claim: 'boss', body: { ip } });
      assert.equal(noted.status, 200, noted.body);
    }
    const refused = await curl(socket, 'POST /v1/session', {
      user: 'games',
      body: { ip: '198.51.100.0/24' },
    });
    assert.equal(refused.status, 400);
    await judged(
      ...failureLines('198.51.100.6', 3, { site: 'mine.example' }),
      ...failureLines('198.51.100.7', 3, { site: 'a.example' }),
    );
    assert.match((await heldOf('198.51.100.6'))!.because, /administrator of mine\.example/);
    await host.banned('198.51.100.7');
    const { items } = await host.client.call('listAudit', { query: { ip: '198.51.100.6' } });
    assert.deepEqual(items.map(({ action, actor, detail }) => [action, actor, detail]).slice(-1), [
      ['session', 'site:mine', 'as boss'],
    ]);
  });

  test('a proxy and a CDN are never banned', async () => {
    await judged(...failureLines('198.51.100.200', 30), ...failureLines('104.16.1.1', 30));
    const bans = await host.bans();
    assert.deepEqual([bans.get('198.51.100.200'), bans.get('104.16.1.1')], [undefined, undefined]);
    const { exemptions } = await host.client.call('why', { params: { ip: '104.16.1.1' } });
    assert.match(exemptions[0]!.detail, /Cloudflare/);
  });

  test('a site that logs its CDN is told, and no other site is', async () => {
    const socket = join(host.directory, 'run/sites/mine.sock');
    const codes = async () => {
      const { json } = await curl(socket, 'GET /v1/status', { user: 'games' });
      return json.problems.map(({ code }: { code: string }) => code);
    };
    assert.deepEqual(await codes(), []);
    await judged(...failureLines('104.16.1.1', 5, { site: 'mine.example' }));
    assert.deepEqual(await codes(), ['site_proxied']);
    const { problems } = await host.status();
    assert.deepEqual(problems.map(({ sentence }) => sentence.split(' ')[0]).sort(), [
      'blog.example.com',
      'mine.example',
    ]);
  });

  test('what waits goes on waiting across a kill, and ends in a short ban without an answer', async () => {
    const ip = '198.51.100.8';
    await judged(...colleague(ip), ...failureLines(ip, 3, { site: 'c.example' }));
    await daemon.end('SIGKILL');
    daemon = await host.start();
    assert.ok(await heldOf(ip));
    await daemon.end();
    host.configure(config('2s'));
    daemon = await host.start();
    const other = '198.51.100.9';
    await judged(...colleague(other), ...failureLines(other, 3, { site: 'c.example' }));
    const { since, until, reason, gentle } = await host.banned(other);
    assert.ok(gentle);
    assert.ok(Date.parse(until!) - Date.parse(since) === 600_000);
    assert.match(reason, /held, and not answered/);
    await waitFor('the hold is made', async () => (await holds('made')).some((hold) => hold.ip === other));
    assert.ok(await heldOf(ip), 'the other one has its own time');
  });
});
