import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createHost, type Ended } from '../support/daemon-process.ts';
import { rulesOf } from '../support/kernel.ts';
import { failureLines } from '../support/log-lines.ts';
import { namespacesLeftOut } from '../support/network-namespace.ts';
import { waitFor } from '../support/wait-for.ts';

const skip = namespacesLeftOut;

/** It ended with this code, with sentences and without a stack trace. */
function assertRefused({ code, stdout, stderr }: Ended, expected: number, sentence: RegExp): void {
  assert.match(stderr, sentence);
  assert.equal(code, expected, stderr);
  assertNoTrace(stdout + stderr);
}

const assertNoTrace = (text: string) => assert.doesNotMatch(text, /(^|\\n)\s+at .*[:(]/m);

test('a configuration with ten mistakes ends the start with 2 and ten sentences', { skip }, async () => {
  await using host = await createHost();
  host.configure(`
[defaults]
maxretry = 0
findtime = "soon"
bantime = "-5m"
ignoreip = ["999.1.2.3"]
ipv6_prefix = 129
[jails.wordpress]
filter = ["wordpress-hrad"]
[jails.Bad_Name]
[firewall]
backend = "pf"
protocols = ["icmp"]
reject_with = "please"
`);
  const ended = await host.launch().ended;
  assertRefused(ended, 2, /ten problems|10 problems/);
  const places = [
    'defaults.maxretry',
    'defaults.findtime',
    'defaults.bantime',
    'defaults.ignoreip',
    'defaults.ipv6_prefix',
    'jails.wordpress.filter',
    'Bad_Name',
    'firewall.backend',
    'firewall.protocols',
    'firewall.reject_with',
  ];
  const lines = ended.stderr.split('\n');
  for (const place of places) {
    assert.equal(lines.filter((line) => line.includes(place)).length, 1, `${place} in:\n${ended.stderr}`);
  }
});

for (const [name, text] of Object.entries({
  'no TOML': '[defaults\n',
  'an unknown key': '[defaults]\nmaxretri = 3',
})) {
  test(`a configuration with ${name} ends the start with 2 and one sentence`, { skip }, async () => {
    await using host = await createHost();
    host.configure(text);
    assertRefused(await host.launch().ended, 2, /one problem/);
  });
}

test('a configuration that is not there ends the start with 2', { skip }, async () => {
  await using host = await createHost();
  assertRefused(await host.launch().ended, 2, /portcullis\.toml does not exist/);
});

for (const [name, { make, sentence }] of Object.entries({
  'a directory': { make: (path: string) => mkdirSync(path), sentence: /is a directory/ },
  'a named pipe': { make: null, sentence: /is a named pipe/ },
  missing: { make: () => {}, sentence: /does not exist/ },
})) {
  test(`a log that is ${name} stands in health; when it is a file it is read`, { skip }, async () => {
    await using host = await createHost();
    rmSync(host.log);
    if (make === null) await host.namespace.run('mkfifo', host.log);
    else make(host.log);
    host.configure('');
    const daemon = await host.start();
    const problem = await waitFor('health tells', async () => (await host.status()).problems[0]);
    assert.match(problem.sentence, sentence);
    assert.equal((await host.portcullis('status')).code, 1);
    rmSync(host.log, { recursive: true, force: true });
    writeFileSync(host.log, `${failureLines('198.51.100.7', 3).join('\n')}\n`);
    await host.banned('198.51.100.7');
    await waitFor('health is well', async () => (await host.status()).healthy);
    assertNoTrace(daemon.stderr());
  });
}

test('without iptables the start ends with 1 and says what to install', { skip }, async () => {
  await using host = await createHost();
  host.configure('');
  const hide = 'mount -t tmpfs none /usr/sbin; exec "$0" "$@"';
  assertRefused(
    await host.launch({ wrapper: ['unshare', '--mount', 'sh', '-c', hide] }).ended,
    1,
    /iptables.*\n.*install/i,
  );
});

test('a chain of our name with rules of somebody else ends the start with 1, and stays as it is', {
  skip,
}, async () => {
  await using host = await createHost();
  host.configure('');
  await host.namespace.run('iptables', '-N', 'portcullis-wordpress');
  await host.namespace.run(
    'iptables',
    '-A',
    'portcullis-wordpress',
    '-s',
    '192.0.2.1',
    '-p',
    'sctp',
    '-j',
    'LOG',
  );
  const before = await rulesOf(host.namespace, 'portcullis-wordpress');
  assertRefused(await host.launch().ended, 1, /portcullis-wordpress.*not Portcullis/);
  assert.deepEqual(await rulesOf(host.namespace, 'portcullis-wordpress'), before);
});

test('a socket path that is too long ends the start with 2 and says what is allowed', { skip }, async () => {
  await using host = await createHost();
  const runDir = join(host.directory, 'r'.repeat(100));
  writeFileSync(
    host.configPath,
    `state_dir = "${host.stateDir}"\nrun_dir = "${runDir}"\n[log]\nfiles = ["${host.log}"]`,
  );
  assertRefused(await host.launch().ended, 2, /run_dir .*107/);
});

test('a second daemon on the same state ends with 1 and names the first; the first goes on', {
  skip,
}, async () => {
  await using host = await createHost();
  host.configure('');
  const first = await host.start();
  assertRefused(await host.launch().ended, 1, new RegExp(`process ${first.pid}\\b`));
  host.write(...failureLines('198.51.100.7', 3));
  await host.banned('198.51.100.7');
});

test('with a state_dir that is a file banning goes on in memory, and health says so', { skip }, async () => {
  await using host = await createHost();
  rmSync(host.stateDir, { recursive: true });
  writeFileSync(host.stateDir, '');
  host.configure('');
  const daemon = await host.start();
  host.write(...failureLines('198.51.100.7', 3));
  await host.banned('198.51.100.7');
  assert.deepEqual(
    (await host.status()).problems.map(({ code }) => code),
    ['store_degraded'],
  );
  assertNoTrace(daemon.stderr());
});

test('garbage in the log and a line of 1 MiB hide no failure behind them, and count for nothing', {
  skip,
}, async () => {
  await using host = await createHost();
  host.configure('');
  const daemon = await host.start();
  appendFileSync(host.log, randomBytes(256 * 1024));
  appendFileSync(
    host.log,
    `\n${failureLines('198.51.100.9', 1)[0]!
      .repeat(10_000)
      .slice(0, 1024 * 1024)}`,
  );
  await host.caughtUp();
  appendFileSync(host.log, '\n');
  host.write(...failureLines('198.51.100.7', 3));
  await host.banned('198.51.100.7');
  assert.deepEqual([...(await host.bans()).keys()], ['198.51.100.7']);
  assert.match(daemon.stderr(), /longer than 16 KiB/);
  assertNoTrace(daemon.stderr());
});

test('the command line refuses what is no address and no jail with 2, and says it cannot reach a daemon with 3', {
  skip,
}, async () => {
  await using host = await createHost();
  assertRefused(await host.portcullis('status'), 3, /daemon/);
  host.configure('');
  await host.start();
  assertRefused(await host.portcullis('ban', '999.1.2.3'), 2, /999\.1\.2\.3/);
  assertRefused(await host.portcullis('ban', '198.51.100.7', '--jail', 'nope'), 2, /nope/);
  assertRefused(await host.portcullis('ban', '198.51.100.7', '--for', 'soon'), 2, /soon/);
  assertRefused(await host.portcullis('unban', '198.51.100.7', '--allow', 'soon'), 2, /soon/);
});
