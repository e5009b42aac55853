import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type CliOptions, type CliResult, runCli } from '../../../test/support/cli.ts';
import { createFakeOperations, type FakeOperations } from '../../../test/support/operations.ts';
import { type Served, serveFake } from '../../../test/support/serve.ts';
import { createProgram } from './program.ts';

const run = (served: Served, args: readonly string[], options?: CliOptions): Promise<CliResult> =>
  runCli(['--socket', served.socketPath, ...args], options);

/** A daemon that has banned 198.51.100.7, which tried a hostile name. */
async function withAttack(): Promise<{ operations: FakeOperations; hostile: string }> {
  const operations = createFakeOperations();
  const hostile = 'a\u001b[2J\u202egnp.exe\u200b\n“ok”';
  await operations.ban('admin', { ip: '198.51.100.7', bantime: '1d', reason: '3 failures within 3h' });
  const ban = operations.bans[0]!;
  Object.assign(ban, {
    failures: 1204,
    sites: { 'blog.example.com': 1200, '': 4 },
    users: [hostile, 'alice'],
  });
  ban.evidence.lines.push(`Nov 21 wordpress(blog.example.com)[1]: failure for ${hostile} from 198.51.100.7`);
  return { operations, hostile };
}

for (const command of createProgram().commands) {
  if (command.name() === 'complete') continue;
  test(`${command.name()} --help shows an example`, () => {
    for (const one of command.commands.length > 0 ? command.commands : [command]) {
      const help: string[] = [];
      one.configureOutput({ writeOut: (part) => void help.push(part) });
      one.outputHelp();
      assert.match(help.join(''), /Examples?:\n {2}.*portcullis /);
    }
  });
}

test('status says in one line how many bans are enforced and when that was verified', async () => {
  await using served = await serveFake((await withAttack()).operations);
  const { code, stdout } = await run(served, ['status']);
  assert.equal(code, 0);
  assert.match(stdout, /^● healthy — 1 of 1 ban enforced, verified \d+ s ago$/m);
  assert.match(stdout, /^ {2}wordpress +1 +3 +1,204$/m);
  assert.match(stdout, /^ {2}\/var\/log\/auth\.log +1\.2 kB +0 s +\d+ (s|min) ago$/m);
});

test('status of an unhealthy daemon says each problem and exits with 1', async () => {
  await using served = await serveFake();
  served.operations.problems.push({ code: 'log_missing', sentence: 'There is no log. Install rsyslog.' });
  const { code, stdout } = await run(served, ['status']);
  assert.equal(code, 1);
  assert.match(stdout, /not healthy[\s\S]*✗ There is no log\. Install rsyslog\. \(log_missing\)/);
});

test('bans prints an aligned table with thousands separators', async () => {
  await using served = await serveFake((await withAttack()).operations);
  const { stdout } = await run(served, ['bans']);
  const [head, row] = stdout.split('\n');
  assert.match(head!, /^ADDRESS +JAIL +SINCE +ENDS +FAILURES +SITES +USERS TRIED$/);
  assert.match(
    row!,
    /^198\.51\.100\.7 +wordpress +(now|\d+ s ago) +in 24 h +1,204 +blog\.example\.com, \(no site\) /,
  );
  assert.equal(head!.indexOf('JAIL'), row!.indexOf('wordpress'));
});

test('no output of any command lets a hostile name through to the terminal', async () => {
  await using served = await serveFake((await withAttack()).operations);
  for (const args of [
    ['bans'],
    ['why', '198.51.100.7'],
    ['bans', '--json'],
    ['why', '198.51.100.7', '--json'],
  ]) {
    for (const terminal of [undefined, 200]) {
      const { stdout } = await run(served, args, terminal === undefined ? {} : { terminal });
      assert.doesNotMatch(stdout, /\u001b\[2J|\u202e|\u200b/u, args.join(' '));
    }
  }
  const { stdout } = await run(served, ['why', '198.51.100.7']);
  assert.ok(stdout.includes('a\\u{1b}[2J\\u{202e}gnp.exe\\u{200b}\\u{a}“ok”'), stdout);
});

test('--json prints the value of the API, the hostile name unchanged once it is parsed', async () => {
  const { operations, hostile } = await withAttack();
  await using served = await serveFake(operations);
  const { stdout } = await run(served, ['bans', '--json']);
  assert.equal(JSON.parse(stdout).items[0].users[0], hostile);
});

test('bans --json prints all items of all pages as one document', async () => {
  await using served = await serveFake();
  for (let at = 0; at < 2500; at++) {
    await served.operations.ban('admin', { ip: `10.0.${at >> 8}.${at & 255}` });
  }
  const all = JSON.parse((await run(served, ['bans', '--json', '--sort', 'ip'])).stdout);
  assert.deepEqual([all.items.length, all.next, all.total], [2500, null, 2500]);
  const some = JSON.parse((await run(served, ['bans', '--json', '--limit', '7'])).stdout);
  assert.deepEqual([some.items.length, some.next, some.total], [7, null, 2500]);
});

test('there is colour on a terminal, and none in a pipe, with --no-color or with NO_COLOR', async () => {
  await using served = await serveFake((await withAttack()).operations);
  const colour = /\u001b\[/;
  assert.match((await run(served, ['status'], { terminal: 100 })).stdout, colour);
  assert.doesNotMatch((await run(served, ['status'])).stdout, colour);
  assert.doesNotMatch((await run(served, ['status', '--no-color'], { terminal: 100 })).stdout, colour);
  assert.doesNotMatch(
    (await run(served, ['status'], { terminal: 100, env: { NO_COLOR: '1' } })).stdout,
    colour,
  );
});

test('on a narrow terminal cells are cut, and no line is longer than the terminal', async () => {
  const { operations } = await withAttack();
  operations.bans[0]!.users.push('名前'.repeat(40));
  await using served = await serveFake(operations);
  const { stdout } = await run(served, ['bans', '--no-color'], { terminal: 72 });
  const row = stdout.split('\n').find((line) => line.startsWith('198.51.100.7'))!;
  assert.match(row, /…$/);
  assert.ok([...row].length <= 72, row);
  assert.ok((await run(served, ['bans'])).stdout.includes('名前'.repeat(40)), 'whole in a pipe');
});

test('ban says until when, and how to undo it; unban does, and says 1 where nothing is banned', async () => {
  await using served = await serveFake();
  const banned = await run(served, ['ban', '2001:DB8::/48', '--for', '1d', '--reason', 'spam']);
  assert.equal(banned.code, 0);
  assert.match(banned.stdout, /^Banned 2001:db8::\/48 in wordpress until \d{4}-.* UTC \(in 24 h\)\.$/m);
  assert.match(banned.stdout, /^Undo: portcullis unban 2001:db8::\/48$/m);
  const lifted = await run(served, ['unban', '2001:db8::/48', '--allow', '7d']);
  assert.match(lifted.stdout, /^Unbanned 2001:db8::\/48 \(wordpress\)\.\nAllowed 2001:db8::\/48 for 7d\.$/m);
  const again = await run(served, ['unban', '2001:db8::/48']);
  assert.deepEqual([again.code, again.stderr], [1, 'portcullis: 2001:db8::/48 is not banned.\n']);
});

test('a ban that the kernel does not hold is no success', async () => {
  await using served = await serveFake();
  const { ban } = served.operations;
  Object.assign(served.operations, {
    ban: async (actor: string, wanted: { ip: string }) => ({
      ...(await ban(actor, wanted)),
      state: 'failed',
      reason: 'full',
    }),
  });
  const { code, stdout } = await run(served, ['ban', '198.51.100.1']);
  assert.equal(code, 1);
  assert.match(stdout, /the kernel refused the ban of 198\.51\.100\.1: full/);
});

test('unban --all says how many', async () => {
  await using served = await serveFake();
  for (const last of [1, 2, 3]) await served.operations.ban('admin', { ip: `198.51.100.${last}` });
  assert.equal((await run(served, ['unban', '--all'])).stdout, 'Lifted 3 bans.\n');
});

test('the allow list is added to, listed, and taken from, by any spelling of the address', async () => {
  await using served = await serveFake();
  await run(served, ['allow', 'add', '2001:db8::1', '--for', '7d', '--note', 'office']);
  const list = await run(served, ['allow', 'list']);
  assert.match(list.stdout, /^2001:db8::1 +the host +in 7 d +\S.* +admin +office$/m);
  assert.equal((await run(served, ['allow', 'remove', '2001:DB8:0::1'])).code, 0);
  assert.deepEqual(served.operations.allowed, []);
  assert.equal((await run(served, ['allow', 'remove', '2001:db8::1'])).code, 1);
});

test('sites and requests are listed', async () => {
  await using served = await serveFake();
  const time = new Date().toISOString();
  const times = { first_event_at: time, last_event_at: time };
  served.operations.sites.push({
    name: 'shop.example',
    registered: null,
    events: 5000,
    failures: 12,
    ...times,
  });
  const request = { id: 1, ip: '198.51.100.7', asked_by: 'bob', asked_at: time, note: 'my aunt' };
  served.operations.requests.push({ ...request, site: 'shop.example', sub_site: null, state: 'open' });
  assert.match((await run(served, ['sites'])).stdout, /^shop\.example +5,000 +12 /m);
  assert.match(
    (await run(served, ['requests'])).stdout,
    /^ 1 +shop\.example +198\.51\.100\.7 .* bob +open +my aunt$/m,
  );
});

const failures: readonly [string, readonly string[], number, RegExp][] = [
  ['an unknown command', ['bnas'], 2, /^portcullis: unknown command 'bnas'\n {2}\(Did you mean bans\?\)/],
  ['no command', [], 2, /^Usage: portcullis/],
  ['an unknown option', ['bans', '--frist'], 2, /^portcullis: unknown option '--frist'/],
  ['a missing argument', ['ban'], 2, /^portcullis: missing required argument 'ip'/],
  ['a limit that is no number', ['bans', '--limit', 'x'], 2, /whole number/],
  ['a duration that is none', ['ban', '198.51.100.1', '--for', 'soon'], 2, /30s 10m 3h 1d 4w/],
  ['unban without an address', ['unban'], 2, /^portcullis: Which address\? Name one, or --all\./],
  ['an address beside --all', ['unban', '::1', '--all'], 2, /exclude each other/],
  [
    'an address that is none',
    ['ban', '198.51.100.999'],
    2,
    /^portcullis: 198\.51\.100\.999 is not an address\.\n/,
  ],
  [
    'an unknown jail',
    ['ban', '198.51.100.1', '--jail', 'ssh'],
    2,
    /no jail ssh\.\n {2}There is: wordpress\n$/,
  ],
  ['an exempt address', ['ban', '127.0.0.1'], 4, /^portcullis: 127\.0\.0\.1 is exempt/],
];
for (const [what, args, code, stderr] of failures) {
  test(`${what} exits with ${code} and says why on standard error`, async () => {
    await using served = await serveFake();
    const result = await run(served, args);
    assert.equal(result.code, code, result.stderr);
    assert.match(result.stderr, stderr);
    assert.equal(result.stdout, '');
    assert.doesNotMatch(result.stderr, /\n\s+at /);
  });
}

test('a site is registered, listed with its command until then, given a token, and removed', async () => {
  await using served = await serveFake();
  const at = '2026-11-21T19:00:00.000Z';
  for (const name of ['example.com/shop', 'evil; rm -rf)']) {
    const seen = { first_event_at: at, last_event_at: at, events: 1, failures: 1 };
    served.operations.sites.push({ name, registered: null, ...seen });
  }
  const before = await run(served, ['sites']);
  assert.match(before.stdout, /portcullis site add example\.com\/shop --user USER$/m);
  assert.match(before.stdout, /^evil; rm -rf\) .* –$/m);
  const added = await run(served, [
    'site',
    'add',
    'Example.com:443/shop/',
    '--mode',
    'shared',
    '--domain',
    'shop.example.com',
    '--rights',
    'view,unban',
  ]);
  assert.deepEqual([added.code, added.stderr], [0, '']);
  assert.match(added.stdout, /the-token-of-a-fake/);
  const [site] = served.operations.registrations;
  assert.deepEqual(site?.domains, ['example.com/shop', 'shop.example.com']);
  assert.deepEqual(site?.rights, ['view', 'unban']);
  const listed = await run(served, ['sites']);
  assert.match(
    listed.stdout,
    /^example\.com\/shop +example\.com\/shop, shop\.example\.com +shared .*never +open/m,
  );
  const json = JSON.parse((await run(served, ['sites', '--json'])).stdout);
  assert.deepEqual([json.items.length, json.registrations.length], [2, 1]);
  assert.match((await run(served, ['site', 'token', site!.id])).stdout, /another-token/);
  await run(served, ['site', 'token', site!.id, '--revoke']);
  assert.match((await run(served, ['sites'])).stdout, /shared, no token/);
  assert.equal((await run(served, ['site', 'remove', site!.id])).code, 0);
  assert.equal((await run(served, ['site', 'remove', 'gone'])).code, 1);
  for (const wrong of [
    ['site', 'add', 'https://x'],
    ['site', 'add', 'x.de', '--rights', 'ban'],
  ])
    assert.equal((await run(served, wrong)).code, 2, wrong.join(' '));
});

test('what a site asks for is approved or declined, once', async () => {
  await using served = await serveFake();
  await served.operations.ban('admin', { ip: '198.51.100.7' });
  const request = {
    asked_by: 'editor',
    asked_at: '2026-11-21T19:00:00.000Z',
    note: '',
    state: 'open' as const,
    sub_site: null,
  };
  for (const [id, ip] of [
    [1, '198.51.100.7'],
    [2, '198.51.100.8'],
  ] as const)
    served.operations.requests.push({ id, site: 'shop', ip, ...request });
  const approved = await run(served, ['requests', 'approve', '1']);
  assert.equal(approved.stdout, 'Approved request 1 of shop.\nUnbanned 198.51.100.7 (wordpress).\n');
  assert.equal((await run(served, ['requests', 'decline', '2'])).stdout, 'Declined request 2 of shop.\n');
  assert.equal((await run(served, ['requests', 'approve', '1'])).code, 1);
  assert.equal((await run(served, ['requests', 'approve', '9'])).code, 1);
  assert.equal((await run(served, ['requests', 'approve', 'x'])).code, 2);
});

test('an unreachable daemon exits with 3 and says how to start it', async () => {
  const { code, stderr } = await runCli(['--socket', '/nonexistent.sock', 'status']);
  assert.equal(code, 3);
  assert.match(stderr, /^portcullis: There is no socket \/nonexistent\.sock\.\n {2}Is the daemon running\?/);
});

test('with --json a failure is the problem document, on standard error', async () => {
  await using served = await serveFake();
  const refused = await run(served, ['ban', '127.0.0.1', '--json']);
  assert.deepEqual([refused.stdout, JSON.parse(refused.stderr).code], ['', 'exempt_address']);
  const usage = await run(served, ['bans', '--frist', '--json']);
  assert.equal(JSON.parse(usage.stderr).code, 'invalid_request');
});

test('--version prints the version alone', async () => {
  const { code, stdout } = await runCli(['--version']);
  assert.equal(code, 0);
  assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
});

test('a reader that stops reading is no failure', async () => {
  await using served = await serveFake();
  for (let at = 0; at < 2000; at++)
    await served.operations.ban('admin', { ip: `10.0.${at >> 8}.${at & 255}` });
  const { code, stderr } = await run(served, ['bans'], { readAtMost: 1 });
  assert.deepEqual([code, stderr], [0, '']);
});

test('completion prints a script for each shell, and completes commands, options and choices', async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { code, stdout } = await runCli(['completion', shell]);
    assert.equal(code, 0);
    assert.match(stdout, /portcullis complete --/);
  }
  assert.match((await runCli(['complete', '--', 'unb'])).stdout, /^unban\t/);
  assert.match((await runCli(['complete', '--', 'bans', '--li'])).stdout, /^--limit\t/);
  assert.match((await runCli(['complete', '--', 'allow', 'a'])).stdout, /^add\t/);
  assert.match((await runCli(['complete', '--', 'completion', ''])).stdout, /^bash\t?\nzsh\t?\nfish/);
});

test('doctor says of each thing whether it is in place, and exits with 1 where one is not', async (context) => {
  await using served = await serveFake();
  const directory = await mkdtemp(join(tmpdir(), 'portcullis-doctor-'));
  context.after(() => rm(directory, { recursive: true }));
  const log = join(directory, 'auth.log');
  const stamp = new Date().toISOString();
  await writeFile(log, `${stamp} web wordpress(blog.example.com)[1]: Empty username from 198.51.100.7\n`);
  const config = join(directory, 'portcullis.toml');
  const text = `state_dir = "${directory}"\nlog.files = ["${log}"]\nfirewall.backend = "dry-run"\n`;
  await writeFile(config, text);
  const good = await run(served, ['doctor', '--config', config, '--no-self-test', '--json']);
  const { healthy, findings } = JSON.parse(good.stdout);
  assert.deepEqual([good.code, healthy], [0, true], good.stdout);
  const results = Object.fromEntries(
    findings.map((one: { check: string; level: string }) => [one.check, one.level]),
  );
  assert.deepEqual(
    ['configuration', 'log', 'wordpress', 'firewall', 'daemon', 'socket', 'disk', 'clock'].map(
      (one) => results[one],
    ),
    ['ok', 'ok', 'ok', 'warning', 'ok', 'ok', results['disk'], results['clock']],
  );
  await rm(log);
  const bad = await run(served, ['doctor', '--config', config, '--no-self-test']);
  assert.equal(bad.code, 1);
  assert.match(bad.stdout, /^✗ log .*auth\.log does not exist\.\n +Set log\.files/m);
});
