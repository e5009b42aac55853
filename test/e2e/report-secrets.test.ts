import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCli } from '../support/cli.ts';
import { createReportingDaemon, everythingOf, writeSecret } from '../support/reporting-daemon.ts';
import { createSlackServer } from '../support/slack-server.ts';
import { waitFor } from '../support/wait-for.ts';

test('a secret that is missing, empty, or for another host: the daemon protects, and says what is wrong', async () => {
  await using daemon = createReportingDaemon();
  const path = writeSecret(daemon, 'webhook', 'https://evil.example/services/T0SECRET');
  daemon.configure(
    `[slack]\nwebhook_url_file = "${path}"\n[slack.sites.a]\nwebhook_credential = "none"\n[slack.sites.b]\nwebhook_url_file = "/nowhere/hook"`,
  );
  await daemon.start();
  daemon.attack('203.0.113.9');
  await waitFor('it is banned', async () => (await daemon.client.call('status')).bans.wanted === 1);
  const troubles = (await daemon.troubles()).join('\n');
  assert.match(troubles, /webhook holds is of evil\.example, and messages go to hooks\.slack\.com/);
  assert.match(troubles, /credential none cannot be read/);
  assert.match(troubles, /\/nowhere\/hook does not exist/);
  assert.doesNotMatch(troubles + daemon.output(), /T0SECRET/);
  await using server = await createSlackServer();
  writeSecret(daemon, 'webhook', server.url);
  const { result } = await daemon.client.call('testReport', { body: {} });
  assert.equal(result, 'delivered', 'a test reads the file anew');
  await waitFor('the ban is told', () =>
    server.accepted.some(({ body }) => /203\.0\.113\.9 is banned/.test(String(body['text']))),
  );
});

test('no secret is in anything that the daemon wrote or shows', async () => {
  await using daemon = createReportingDaemon();
  await using server = await createSlackServer();
  await using program = await createSlackServer();
  const key = 'K0SECRET-key-of-the-signature';
  daemon.configure(
    `[slack]\nwebhook_url_file = "${writeSecret(daemon, 'webhook', server.url)}"\n[webhook]\nurl_credential = "program"\nsecret_credential = "key"\n`,
  );
  writeSecret(daemon, 'program', program.url);
  writeSecret(daemon, 'key', key);
  server.next.push('server_error', 'echo', 'echo');
  program.next.push('echo', 'close_mid_body', 'no_service');
  await daemon.start({ CREDENTIALS_DIRECTORY: daemon.directory });
  daemon.attack('203.0.113.9');
  await waitFor('both were asked', () => server.received.length > 1 && program.received.length > 1);
  await runCli(['--socket', daemon.socketPath, 'slack', 'test']);
  const routes = ['status', 'metrics', 'openapi', 'listBans', 'listAudit', 'listSites', 'stats'] as const;
  const answers = await Promise.all(routes.map((route) => daemon.client.call(route as 'status')));
  const seen = { ...everythingOf(daemon), answers: JSON.stringify(answers) };
  const secrets = [key, server.secret, program.secret, ...server.secret.split('/').slice(2)];
  for (const [where, text] of Object.entries(seen)) {
    assert.ok(text.length > 0, where);
    for (const secret of [...secrets, 'T0SECRET', 'B0SECRET'])
      assert.ok(!text.includes(secret), `${secret} is in ${where}`);
  }
});
