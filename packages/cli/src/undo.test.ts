import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type CliOptions, type CliResult, runCli } from '../../../test/support/cli.ts';
import { createFakeOperations, type FakeOperations } from '../../../test/support/operations.ts';
import { type Served, serveFake } from '../../../test/support/serve.ts';

const run = (served: Served, args: readonly string[], options?: CliOptions): Promise<CliResult> =>
  runCli(['--socket', served.socketPath, ...args], options);

/** Three bans: two with evidence of one site, one of them in 198.51.100.0/24, and one from yesterday. */
async function withBans(): Promise<FakeOperations> {
  const operations = createFakeOperations();
  for (const ip of ['198.51.100.7', '203.0.113.9', '198.51.100.8']) await operations.ban('admin', { ip });
  const [first, second, third] = operations.bans;
  first!.sites = { 'shop.example.com': 3 };
  second!.sites = { 'shop.example.com': 3, 'blog.example.com': 1 };
  third!.since = new Date(Date.now() - 86_400_000).toISOString();
  return operations;
}
const left = (operations: FakeOperations): string[] =>
  operations.bans.filter(({ state }) => state !== 'ended').map(({ ip }) => ip);

describe('unban', () => {
  for (const [args, kept] of [
    [['--site', 'shop.example.com'], ['198.51.100.8']],
    [['--since', '2h'], ['198.51.100.8']],
    [['--network', '198.51.100.0/24'], ['203.0.113.9']],
    [
      ['--network', '198.51.100.0/24', '--since', '2h'],
      ['203.0.113.9', '198.51.100.8'],
    ],
    [['--all'], []],
  ] as const) {
    test(`${args.join(' ')} lifts what matches; without a terminal nobody is asked`, async () => {
      await using served = await serveFake(await withBans());
      const { code, stdout } = await run(served, ['unban', ...args]);
      assert.deepEqual([code, left(served.operations)], [0, kept]);
      assert.match(stdout, /^Lifted \d bans?\.\n$/);
    });
  }

  test('of many shows them on a terminal and asks; anything but y leaves all as it is', async () => {
    await using served = await serveFake(await withBans());
    const unban = ['unban', '--site', 'shop.example.com'];
    const no = await run(served, unban, { terminal: 100, input: 'n\n' });
    assert.match(no.stdout, /203\.0\.113\.9 \(wordpress\), since .*: shop\.example\.com, blog\.example\.com/);
    assert.match(no.stdout, /Lift 2 bans\? \[y\/N\][\s\S]*Nothing was lifted\./);
    assert.deepEqual([no.code, left(served.operations).length], [1, 3]);
    const yes = await run(served, unban, { terminal: 100, input: 'y\n' });
    assert.match(yes.stdout, /Lifted 2 bans\./);
    assert.deepEqual([yes.code, left(served.operations)], [0, ['198.51.100.8']]);
    const unasked = await run(served, ['unban', '--all', '--yes'], { terminal: 100 });
    assert.doesNotMatch(unasked.stdout, /\[y\/N\]/);
    assert.deepEqual([unasked.code, left(served.operations)], [0, []]);
  });

  test('of none that matches exits with 1', async () => {
    await using served = await serveFake(await withBans());
    const { code, stdout } = await run(served, ['unban', '--site', 'nowhere.example']);
    assert.deepEqual([code, stdout], [1, 'Lifted 0 bans.\n']);
  });

  test('refuses an address together with a filter, and an allowance without an address', async () => {
    await using served = await serveFake(await withBans());
    for (const args of [
      ['198.51.100.7', '--site', 'shop.example.com'],
      ['198.51.100.7', '--all'],
      ['--network', '198.51.100.0/24', '--allow', '7d'],
      [],
    ]) {
      assert.equal((await run(served, ['unban', ...args])).code, 2, args.join(' '));
    }
    assert.equal(left(served.operations).length, 3);
  });

  test('--forget-history says what it did', async () => {
    await using served = await serveFake(await withBans());
    const { code, stdout } = await run(served, ['unban', '198.51.100.7', '--forget-history']);
    assert.equal(code, 0);
    assert.match(
      stdout,
      /^Unbanned 198\.51\.100\.7 \(wordpress\)\.\nEarlier bans of 198\.51\.100\.7 no longer/,
    );
  });
});

test('why says what an address was compared with that exempts others, and what of it did not count', async () => {
  await using served = await serveFake(await withBans());
  const { stdout } = await run(served, ['why', '198.51.100.7']);
  assert.match(
    stdout,
    /Exemptions\n {2}none covers it: it was compared with the reserved ranges, 4 of this host, 2 of ignoreip\n/,
  );
  assert.match(stdout, /Not counted\n {2}exempt {2}2\n/);
});

describe('audit', () => {
  test('lists who did what, the latest first, hostile text made visible', async () => {
    await using served = await serveFake(await withBans());
    await served.operations.ban('site:a as \u001b[2Jroot', { ip: '192.0.2.1', reason: 'x\u202ey' });
    const { code, stdout } = await run(served, ['audit']);
    assert.equal(code, 0);
    assert.match(
      stdout,
      /^ *ID +WHEN +WHO +DID +TO +JAIL +DETAIL\n.*site:a as \\u\{1b\}\[2Jroot +ban +192\.0\.2\.1 /,
    );
    assert.doesNotMatch(stdout, /\u001b\[2J|\u202e/u);
    const json = JSON.parse((await run(served, ['audit', '--json'])).stdout);
    assert.equal(json.items.length, 4);
  });

  test('verify says that the log is whole, and prints its end to be kept elsewhere', async () => {
    await using served = await serveFake(await withBans());
    const { code, stdout } = await run(served, ['audit', 'verify']);
    assert.match(
      stdout,
      /^The audit log is whole: 3 entries from \d+ on\.\nIts end, of .* UTC: \d+:(ab){32}\n$/,
    );
    assert.equal(code, 0);
    const copy = await run(served, ['audit', 'verify', '--copy', `7:${'cd'.repeat(32)}`]);
    assert.match(copy.stdout, /The entry of the copy is in it, unchanged/);
    assert.equal((await run(served, ['audit', 'verify', '--copy', 'seven'])).code, 2);
  });

  test('verify of a log that is not whole names the entry and exits with 1', async () => {
    await using served = await serveFake(await withBans());
    served.operations.brokenAudit.value = true;
    const { code, stdout } = await run(served, ['audit', 'verify']);
    assert.match(stdout, /^The audit log is not whole\. Entry 7 does not go on from entry 6\./);
    assert.equal(code, 1);
    assert.equal(JSON.parse((await run(served, ['audit', 'verify', '--json'])).stdout).broken.id, 7);
  });
});
