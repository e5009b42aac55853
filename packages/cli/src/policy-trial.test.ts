import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { runCli } from '../../../test/support/cli.ts';

const start = Date.now() - 3 * 86_400_000;
const line = (second: number, message: string) =>
  `${new Date(start + second * 1000).toISOString()} web01 wordpress(a.example)[${second}]: ${message}\n`;
const failure = (second: number, ip: string) => line(second, `Authentication failure for alice from ${ip}`);

describe('a configuration that is tried on the logs', () => {
  let directory: string;
  const path = (name: string) => join(directory, name);
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'pc-policy-'));
    writeFileSync(path('old.toml'), `[log]\nfiles = ["${path('auth.log')}"]\n`);
    writeFileSync(path('new.toml'), '[defaults]\nmaxretry = 2\n');
    writeFileSync(
      path('auth.log.2.gz'),
      gzipSync(line(1, 'Accepted password for alice from 198.51.100.7') + failure(10, '198.51.100.7')),
    );
    writeFileSync(path('auth.log.1'), failure(20, '198.51.100.7') + failure(30, '203.0.113.9'));
    writeFileSync(path('auth.log'), failure(40, '203.0.113.9'));
    writeFileSync(path('auth.log.conf'), failure(50, '203.0.113.9') + failure(51, '203.0.113.9'));
  });
  after(() => rmSync(directory, { recursive: true }));

  test('reads the configured logs with those rotated, and tells first whom it would hit that logged in; exit code 1', async () => {
    const { code, stdout, stderr } = await runCli([
      'policy',
      'try',
      path('new.toml'),
      '--against',
      path('old.toml'),
    ]);
    assert.equal(stderr, '');
    assert.match(
      stdout,
      /^Would hit addresses that logged in successfully\n {2}198\.51\.100\.7 {2}banned .* for 24 h, 2 failures: a\.example 2\n {4}1 successful login on a\.example, /,
    );
    assert.match(stdout, /Banned besides\n {2}203\.0\.113\.9 {2}banned/);
    assert.match(stdout, /3 logs, 5 lines: 0 bans by the policy that holds, 2 by the proposed one\n/);
    assert.equal(code, 1);
  });

  test('as JSON gives an object a difference and a summary at the end', async () => {
    const { stdout } = await runCli([
      'policy',
      'try',
      path('new.toml'),
      '--against',
      path('old.toml'),
      '--json',
    ]);
    const told = stdout
      .trimEnd()
      .split('\n')
      .map((text) => JSON.parse(text));
    assert.deepEqual(
      told.map(({ change, ip, logins }) => [change, ip, logins?.count]),
      [
        ['added', '198.51.100.7', 1],
        ['added', '203.0.113.9', undefined],
        ['summary', undefined, undefined],
      ],
    );
    assert.deepEqual(told[2].logs, [path('auth.log.2.gz'), path('auth.log.1'), path('auth.log')]);
  });

  test('replay --against says the same of the logs that it is given, and exits with 0 where nobody who logged in is hit', async () => {
    const against = ['--against', path('old.toml'), '--config', path('new.toml')];
    const { code, stdout } = await runCli(['replay', ...against, path('auth.log.1'), path('auth.log')]);
    assert.match(stdout, /^Banned besides\n {2}203\.0\.113\.9/);
    assert.equal(code, 0);
    const same = await runCli(['policy', 'try', path('old.toml'), '--against', path('old.toml')]);
    assert.match(same.stdout, /0 addresses banned besides, 0 no longer/);
    assert.equal(same.code, 0);
  });

  test('a wrong configuration, and logs that are not there, are said with exit code 2', async () => {
    writeFileSync(path('wrong.toml'), '[defaults]\nmaxretry = 0\n');
    const wrong = await runCli(['policy', 'try', path('wrong.toml'), '--against', path('old.toml')]);
    assert.deepEqual([wrong.code, /maxretry/.test(wrong.stderr)], [2, true]);
    writeFileSync(path('journal.toml'), `[log]\nfiles = ["${path('nowhere/auth.log')}"]\n`);
    const missing = await runCli(['policy', 'try', path('new.toml'), '--against', path('journal.toml')]);
    assert.equal(missing.code, 2);
    assert.match(missing.stderr, /does not exist\.\n.*journalctl/);
  });
});
