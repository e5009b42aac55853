import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { runCli } from '../../../test/support/cli.ts';

const failure = (second: number, ip: string, site = 'blog.example.com') =>
  `2026-11-20T19:00:${String(second).padStart(2, '0')}.000000+00:00 web wordpress(${site})[7]: Authentication failure for alice from ${ip}\n`;
const other = '2026-11-20T19:00:00.000000+00:00 web sshd[9]: Accepted publickey for root\n';

async function makeFile(context: TestContext, name: string, content: string | Uint8Array): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'portcullis-logs-'));
  context.after(() => rm(directory, { recursive: true }));
  await writeFile(join(directory, name), content);
  return join(directory, name);
}

const objects = (stdout: string) =>
  stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

test('match --json prints one object for each WordPress line, with its number', async (context) => {
  const log = await makeFile(
    context,
    'auth.log',
    other + failure(1, '198.51.100.7') + failure(2, '127.0.0.1'),
  );
  const { code, stdout } = await runCli(['match', '--json', log]);
  assert.equal(code, 0);
  const [counted, reserved] = objects(stdout);
  assert.deepEqual(counted, {
    line: 2,
    time: '2026-11-20T19:00:01.000Z',
    site: 'blog.example.com',
    event: 'login_failure',
    channel: 'login',
    user: 'alice',
    ip: '198.51.100.7',
    count: 1,
    filters: ['wordpress-soft'],
    counted: true,
  });
  assert.deepEqual([reserved.line, reserved.counted, reserved.reason], [3, false, 'reserved_address']);
});

test('match --all --json names the lines of other programs', async (context) => {
  const log = await makeFile(context, 'auth.log', other);
  const { stdout } = await runCli(['match', '--all', '--json', log]);
  assert.deepEqual(objects(stdout), [{ line: 1, reason: 'not_wordpress' }]);
});

test('match reads standard input and sums up for people', async () => {
  const { stdout } = await runCli(['match', '-'], {
    input: other + failure(1, '198.51.100.7') + failure(2, '::1'),
  });
  assert.match(
    stdout,
    /^2 {2}counted {2}login_failure user alice from 198\.51\.100\.7 on blog\.example\.com/m,
  );
  assert.match(stdout, /^3 lines, 2 by WordPress: 1 counted, 1 not \(1 reserved_address\)$/m);
});

test('match goes by ignoreip of the configuration', async (context) => {
  const config = await makeFile(context, 'portcullis.toml', 'defaults.ignoreip = ["198.51.100.0/24"]\n');
  const { stdout } = await runCli(['match', '--json', '--config', config, '-'], {
    input: failure(1, '198.51.100.7'),
  });
  assert.equal(objects(stdout)[0].reason, 'exempt');
});

test('replay --json prints each decision in order of the log’s clock', async (context) => {
  const lines = [1, 2, 3].map((second) => failure(second, '198.51.100.7')).join('');
  const later = failure(9, '198.51.100.8').replace('2026-11-20', '2026-11-21').replace('T19', 'T20');
  const log = await makeFile(context, 'auth.log.gz', gzipSync(lines + later));
  const { stdout } = await runCli(['replay', '--json', log]);
  assert.deepEqual(objects(stdout), [
    {
      action: 'ban',
      time: '2026-11-20T19:00:03.000Z',
      ip: '198.51.100.7',
      jail: 'wordpress',
      failures: 3,
      sites: { 'blog.example.com': 3 },
      until: '2026-11-21T19:00:03.000Z',
    },
    { action: 'unban', time: '2026-11-21T19:00:03.000Z', ip: '198.51.100.7', jail: 'wordpress' },
  ]);
});

test('replay sums up for people', async () => {
  const input = [1, 2, 3].map((second) => failure(second, '198.51.100.7')).join('');
  const { stdout } = await runCli(['replay', '-'], { input });
  assert.match(
    stdout,
    /^2026-11-20 19:00:03 UTC {2}ban {2}198\.51\.100\.7 in wordpress until .*: 3 failures/m,
  );
  assert.match(stdout, /^3 lines, 3 failures counted, 1 ban$/m);
});

test('a log that cannot be read exits with 2 and says why', async (context) => {
  const missing = await runCli(['replay', '/nonexistent/auth.log']);
  assert.deepEqual([missing.code, missing.stdout], [2, '']);
  assert.match(missing.stderr, /^portcullis: \/nonexistent\/auth\.log does not exist\.\n {2}\S/);
  const gz = gzipSync(failure(1, '198.51.100.7').repeat(100));
  const broken = await makeFile(context, 'auth.log.gz', gz.subarray(0, gz.length - 20));
  const cut = await runCli(['match', broken]);
  assert.equal(cut.code, 2);
  assert.match(cut.stderr, /is a broken \.gz file/);
});

test('a binary file counts nothing and is no failure', async (context) => {
  const binary = await makeFile(
    context,
    'binary',
    Buffer.from(Array.from({ length: 5000 }, (_, at) => (at * 7) & 255)),
  );
  const { code, stdout } = await runCli(['match', binary]);
  assert.equal(code, 0);
  assert.match(stdout, / 0 by WordPress: 0 counted$/m);
});

test('check-config lists every problem with path, value and what is allowed, and exits with 2', async (context) => {
  const text = 'colour = "red"\n[defaults]\nmaxretry = 0\nbantime = "soon"\n';
  const file = await makeFile(context, 'portcullis.toml', text);
  const { code, stderr } = await runCli(['check-config', file]);
  assert.equal(code, 2);
  assert.match(stderr, /has 3 problems/);
  for (const start of ['colour = "red": ', 'defaults.maxretry = 0: ', 'defaults.bantime = "soon": ']) {
    assert.ok(stderr.includes(`\n  ${start}`), stderr);
  }
  const good = await makeFile(context, 'portcullis.toml', '');
  const valid = await runCli(['check-config', good]);
  assert.deepEqual([valid.code, valid.stdout], [0, `${good} is valid; jails: wordpress.\n`]);
});
