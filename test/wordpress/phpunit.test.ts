import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { execa } from 'execa';
import { createHost, type Host } from '../support/daemon-process.ts';
import { namespacesLeftOut } from '../support/network-namespace.ts';
import { openHostileSockets } from './hostile-sockets.ts';
import { readTeamCity } from './teamcity.ts';
import { createWordPress, type Multisite, type WordPressVersion } from './wordpress.ts';

const suites = join(import.meta.dirname, 'phpunit');

/** The lowest and the highest version that the plugin supports, and both forms. */
const surroundings: { version: WordPressVersion; multisite?: Multisite }[] = [
  { version: '6.8' },
  { version: '7.1', multisite: 'subdirectory' },
];

for (const { version, multisite } of surroundings) {
  const title = `the plugin on WordPress ${version}, ${multisite ?? 'single site'}`;
  test(title, { skip: namespacesLeftOut }, async (t) => {
    await using daemon = await createHost();
    daemon.configure(`[firewall]
backend = "dry-run"
[sites.blog]
domains = ["blog.example.com"]
user = "root"`);
    await daemon.start();
    await provoke(daemon);
    const directory = mkdtempSync(join(tmpdir(), 'wpu-'));
    t.after(() => rmSync(directory, { recursive: true }));
    await using hostile = await openHostileSockets(join(directory, 's'));
    await using wordpress = await createWordPress({
      version,
      host: 'blog.example.com',
      constants: { PORTCULLIS_SOCKET: join(dirname(daemon.socketPath), 'sites/blog.sock') },
      ...(multisite === undefined ? {} : { multisite }),
    });
    const log = join(directory, 'teamcity.log');
    const { exitCode, all } = await execa(
      'phpunit',
      [
        ...['--configuration', join(suites, 'phpunit.xml'), '--no-interaction', '--log-teamcity', log],
        ...(multisite === undefined ? ['--exclude-group', 'network'] : []),
      ],
      { env: { ...wordpress.environment, BENCH_HOSTILE: hostile.directory }, reject: false, all: true },
    );
    const results = readTeamCity(readFileSync(log, 'utf8'));
    assert.ok(results.length > 0, all);
    for (const { name, failure, skipped } of results) {
      await t.test(name, skipped === null ? {} : { skip: skipped }, () =>
        assert.equal(failure, null, failure ?? ''),
      );
    }
    if (results.every(({ failure }) => failure === null)) assert.equal(exitCode, 0, all);
    assert.equal(hostile.connections('elsewhere'), 0, 'a redirection was followed');
    assert.equal(wordpress.complaints(), '');
  });
}

/** Addresses that the tests in PHP expect, one for each matter. */
async function provoke(daemon: Host): Promise<void> {
  const fail = (ip: string, user: string, site = 'blog.example.com') =>
    `${new Date().toISOString()} host wordpress(${site})[1]: Authentication failure for ${user} from ${ip}`;
  const hostile = [
    '<script>alert(1)</script>',
    '</script><img src=x onerror=alert(1)>',
    '\u202egnp.exe\u2066',
    'a\u0007b\u001b[31mc',
    '\'"--><svg/onload=alert(1)>',
    'x'.repeat(1500),
  ];
  const lines = [
    ...Array.from({ length: 20 }, (_, i) => fail(`203.0.113.${i + 1}`, 'heidi')),
    ...hostile.map((user) => fail('198.51.100.66', user)),
    ...['198.51.100.10', '198.51.100.11', '198.51.100.12'].flatMap((ip) => Array(3).fill(fail(ip, 'bob'))),
    ...Array(3).fill(fail('2001:db8:7::1', 'bob')),
    ...['198.51.100.20', '198.51.100.22'].flatMap((ip) =>
      Array(3).fill(fail(ip, 'carol', 'blog.example.com/shop')),
    ),
    ...Array(3).fill(fail('198.51.100.30', 'erin', 'other.example')),
    fail('198.51.100.31', 'frank', 'other.example'),
    ...Array(2).fill(fail('198.51.100.31', 'grace')),
    fail('198.51.100.21', 'dave'),
    ...Array(2).fill(fail('198.51.100.21', 'dave', 'blog.example.com/shop')),
  ];
  daemon.write(...lines);
  await daemon.caughtUp();
  await daemon.banned('198.51.100.21');
}
