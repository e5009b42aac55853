import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { test } from 'node:test';
import { createClient } from '@portcullis/client';
import { runCli } from '../support/cli.ts';
import { loginFailure } from '../support/report-lines.ts';
import { createReportingDaemon, type ReportingDaemon, writeSecret } from '../support/reporting-daemon.ts';
import { createSlackServer, type SlackServer } from '../support/slack-server.ts';
import { waitFor } from '../support/wait-for.ts';

/** Bans only; one message, and then none for so long that the test is over. */
const bansOnly = 'min_severity = "warning"';

const slackSection = (daemon: ReportingDaemon, { url }: SlackServer, keys = bansOnly) =>
  `[slack]\nwebhook_url_file = "${writeSecret(daemon, 'webhook', url)}"\n${keys}\n`;

const textsOf = ({ accepted }: SlackServer) => accepted.map(({ body }) => String(body['text']));
const message = (server: SlackServer, pattern: RegExp) =>
  waitFor(`a message like ${pattern}`, () => textsOf(server).find((text) => pattern.test(text)));
const waiting = async (daemon: ReportingDaemon, ip: string) =>
  waitFor(`${ip} is banned`, async () => {
    const { total } = await daemon.client.call('listBans', { query: { ip } });
    return total > 0;
  });

test('a ban is told within 2 s, and again neither after a restart nor after a reload', async () => {
  await using daemon = createReportingDaemon();
  await using server = await createSlackServer();
  daemon.configure(slackSection(daemon, server, ''));
  await daemon.start();
  await message(server, /has started/);
  const attacked = performance.now();
  daemon.attack('203.0.113.9');
  await message(server, /203\.0\.113\.9 is banned/);
  const took = server.accepted.at(-1)!.at - attacked;
  assert.ok(took < 2_000, `it took ${took} ms`);
  await daemon.signal('SIGHUP');
  await waitFor('it has reloaded', () => daemon.output().includes('"Reloaded."'));
  await daemon.signal('SIGTERM');
  assert.match(textsOf(server).at(-1)!, /has stopped/);
  await daemon.start();
  const { problems } = await daemon.client.call('status');
  assert.deepEqual(problems, []);
  // A message of another kind would not have overtaken one that waits to be sent at once.
  writeFileSync(`${daemon.directory}/portcullis.toml`, 'nonsense = 1');
  await daemon.signal('SIGHUP');
  await message(server, /configuration .* is wrong/);
  assert.equal(textsOf(server).filter((text) => text.includes('203.0.113.9')).length, 1);
  assert.equal(textsOf(server).filter((text) => text.includes('has started')).length, 1);
  assert.deepEqual(
    server.received.flatMap(({ faults }) => faults),
    [],
  );
});

test('killed between the ban and its message: the next run tells it', async () => {
  await using daemon = createReportingDaemon();
  await using server = await createSlackServer();
  server.manner = 'server_error';
  daemon.configure(slackSection(daemon, server));
  await daemon.start();
  daemon.attack('203.0.113.9');
  await waiting(daemon, '203.0.113.9');
  await daemon.signal('SIGKILL');
  server.manner = 'ok';
  await daemon.start();
  await message(server, /203\.0\.113\.9 is banned/);
  assert.equal(server.accepted.length, 1);
});

test('killed in the middle of sending: it is told once the place answers', async () => {
  await using daemon = createReportingDaemon();
  await using server = await createSlackServer();
  server.manner = 'hang';
  daemon.configure(slackSection(daemon, server));
  await daemon.start();
  daemon.attack('203.0.113.9');
  await waitFor('the message is under way', () => server.received.length === 1);
  await daemon.signal('SIGKILL');
  server.manner = 'ok';
  await daemon.start();
  await message(server, /203\.0\.113\.9 is banned/);
});

test('a place that hangs delays no ban, and stopping takes no longer than 5 s', async () => {
  await using daemon = createReportingDaemon();
  await using server = await createSlackServer();
  server.manner = 'hang';
  daemon.configure(slackSection(daemon, server, ''));
  await daemon.start();
  await waitFor('a message is under way', () => server.received.length === 1);
  daemon.attack('203.0.113.9');
  await waiting(daemon, '203.0.113.9');
  const begun = performance.now();
  await daemon.signal('SIGTERM');
  assert.ok(performance.now() - begun < 5_000);
});

test('5,000 bans at once are a handful of messages that count them all, and are recorded within seconds', async () => {
  await using daemon = createReportingDaemon();
  await using server = await createSlackServer();
  daemon.configure(slackSection(daemon, server, `${bansOnly}\nwindow = "3s"`));
  await daemon.start();
  const lines = Array.from({ length: 5_000 }, (_, index) =>
    loginFailure(`198.18.${index >> 8}.${index & 255}`, {
      site: `s${index % 7}.example.com`,
      user: 'bob',
    }).repeat(3),
  );
  const begun = performance.now();
  daemon.write(lines.join(''));
  await waitFor('all are banned', async () => (await daemon.client.call('status')).bans.enforced === 5_000, {
    timeout: 30_000,
  });
  const took = performance.now() - begun;
  assert.ok(took < 20_000, `it took ${took} ms`);
  const told = () =>
    textsOf(server)
      .filter((text) => !text.includes('campaign on'))
      .reduce((sum, text) => sum + Number(/^Bans: ([0-9,]+)/m.exec(text)?.[1]?.replace(',', '') ?? 1), 0);
  await waitFor('all are told', () => told() >= 5_000, { timeout: 20_000 });
  assert.equal(told(), 5_000);
  assert.ok(server.accepted.length <= 5, `${server.accepted.length} messages`);
  assert.match(textsOf(server).join('\n'), /[0-9,]+ addresses of campaign \S+, trying bob/);
  assert.deepEqual(
    server.received.flatMap(({ faults }) => faults),
    [],
  );
});

test('a revoked webhook is asked no more, and status says so until it is replaced', async () => {
  await using daemon = createReportingDaemon();
  await using server = await createSlackServer();
  server.manner = 'no_service';
  daemon.configure(
    `${slackSection(daemon, server)}[sites.blog]\nuser = "${userInfo().username}"\ndomains = ["blog.example.com"]\n`,
  );
  await daemon.start();
  daemon.attack('203.0.113.9');
  const [trouble] = await waitFor('status says it', async () => {
    const troubles = await daemon.troubles();
    return troubles.length > 0 && troubles;
  });
  assert.match(trouble!, /Nothing is sent to \[slack\] any more: 127\.0\.0\.1:\d+ answered 404 no_service/);
  assert.match(daemon.output(), /no_service/);
  await using panel = createClient({ socketPath: `${daemon.directory}/run/sites/blog.sock`, timeout: 8_000 });
  const { problems } = await panel.call('status');
  assert.deepEqual(
    problems.map(({ sentence }) => sentence),
    ['Reports of the host are not delivered.'],
  );
  daemon.attack('203.0.113.10');
  await waiting(daemon, '203.0.113.10');
  assert.equal(server.received.length, 1);
  server.manner = 'ok';
  await daemon.signal('SIGHUP');
  await message(server, /2 addresses banned/);
  assert.deepEqual(await daemon.troubles(), []);
});

test('a webhook that takes a test again gets what waited; one that is revoked is asked once more at a start', async () => {
  await using daemon = createReportingDaemon();
  await using server = await createSlackServer();
  server.manner = 'channel_not_found';
  daemon.configure(slackSection(daemon, server));
  await daemon.start();
  daemon.attack('203.0.113.9');
  const isTold = () => waitFor('status says it', async () => (await daemon.troubles()).length > 0);
  await isTold();
  await daemon.signal('SIGTERM');
  await daemon.start();
  await isTold();
  assert.equal(server.received.length, 2);
  server.manner = 'ok';
  await runCli(['--socket', daemon.socketPath, 'slack', 'test']);
  await message(server, /203\.0\.113\.9 is banned/);
  assert.deepEqual(await daemon.troubles(), []);
});

test('in quiet hours a failed reload is told, each of its problems by itself, and a ban when they are over', async () => {
  await using daemon = createReportingDaemon();
  await using server = await createSlackServer();
  const from = new Date(Date.now() - 3_600_000).toTimeString().slice(0, 5);
  const to = new Date(Date.now() + 3_600_000).toTimeString().slice(0, 5);
  const quiet = slackSection(daemon, server, `quiet_hours = "${from}-${to}"`);
  daemon.configure(quiet);
  await daemon.start();
  daemon.attack('203.0.113.9');
  await waiting(daemon, '203.0.113.9');
  daemon.configure(`${quiet}[jails.shop]\nmaxretry = 0\nfindtime = 0\n[nonsense]`);
  await daemon.signal('SIGHUP');
  const told = await message(server, /is wrong; the one of before goes on/);
  for (const problem of ['jails.shop.maxretry', 'jails.shop.findtime', 'nonsense'])
    assert.match(told, new RegExp(`^• ${problem} = `, 'm'));
  assert.equal(server.received.length, 1);
  daemon.configure(slackSection(daemon, server));
  await daemon.signal('SIGHUP');
  await message(server, /203\.0\.113\.9 is banned/);
});

test('a site’s own channel is told of its own evidence only', async () => {
  await using daemon = createReportingDaemon();
  await using host = await createSlackServer();
  await using shop = await createSlackServer();
  const own = writeSecret(daemon, 'shop', shop.url);
  daemon.configure(
    `${slackSection(daemon, host)}[slack.sites."*.shop.example"]\nwebhook_url_file = "${own}"\n`,
  );
  await daemon.start();
  daemon.write(
    loginFailure('203.0.113.9', { site: 'www.shop.example', user: 'seller' }).repeat(2) +
      loginFailure('203.0.113.9', { site: 'blog.example.com', user: 'secretive' }),
  );
  daemon.attack('203.0.113.10', { site: 'blog.example.com' });
  const told = await message(shop, /203\.0\.113\.9 is banned/);
  await message(host, /2 addresses banned/);
  assert.match(told, /www\.shop\.example \(2\), and 1 other site/);
  assert.match(told, /Failures: 2\nUsers tried: seller\n/);
  for (const { raw } of shop.received)
    assert.doesNotMatch(raw, /blog\.example\.com|secretive|203\.0\.113\.10|unban/);
});

test('slack test says what Slack answered, and exits with 1 where it was not delivered', async () => {
  await using daemon = createReportingDaemon();
  await using server = await createSlackServer();
  daemon.configure(slackSection(daemon, server));
  await daemon.start();
  const run = (...args: string[]) => runCli(['--socket', daemon.socketPath, 'slack', 'test', ...args]);
  const good = await run();
  assert.equal(good.code, 0, good.stderr);
  assert.match(good.stdout, /^\[slack\] 127\.0\.0\.1:\d+ answered in \d+ ms: 200 ok\nIt was delivered\.\n$/);
  server.manner = 'no_service';
  const bad = await run('--json');
  assert.equal(bad.code, 1);
  assert.deepEqual(
    { ...JSON.parse(bad.stdout), took_ms: 0, host: '' },
    {
      destination: 'slack',
      host: '',
      result: 'revoked',
      status: 404,
      answer: 'no_service',
      took_ms: 0,
    },
  );
  for (let sent = 0; sent < 2; sent++) await daemon.client.call('testReport', { body: {} });
  const [before, after] = server.received.slice(-2);
  assert.ok(after!.at - before!.at > 900, 'one a second, whoever asks');
  const none = await run('--site', 'blog.example.com');
  assert.equal(none.code, 2);
  assert.match(none.stderr, /No \[slack\.sites\.…\] is for blog\.example\.com/);
});
