import assert from 'node:assert/strict';
import { chmodSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { curl } from '../support/curl.ts';
import { createHost, type Host, type Running } from '../support/daemon-process.ts';
import { failureLines, loginLine } from '../support/log-lines.ts';
import { namespacesLeftOut } from '../support/network-namespace.ts';

/* A proposed configuration, tried where a daemon runs that has an allow list and sites of its own. */

const hour = 3_600_000;

describe('a configuration that is tried beside a running daemon', { skip: namespacesLeftOut }, () => {
  let host: Host;
  let daemon: Running;
  let log: string;
  let proposed: string;

  before(async () => {
    host = await createHost();
    for (let path = host.directory; path !== dirname(path); path = dirname(path)) {
      if (statSync(path).uid === process.getuid?.()) chmodSync(path, statSync(path).mode | 0o111);
    }
    host.configure('');
    daemon = await host.start();
    const done = [
      await host.portcullis('site', 'add', 'mine.example', '--user', 'games'),
      await host.portcullis('allow', 'add', '203.0.113.1'),
      await host.portcullis('allow', 'add', '203.0.113.2', '--for', '1h'),
    ];
    for (const { code, stderr } of done) assert.equal(code, 0, stderr);
    const body = { ip: '203.0.113.3', for: '7d' };
    const socket = join(host.directory, 'run/sites/mine.example.sock');
    const allowed = await curl(socket, 'POST /v1/allow', { user: 'games', body });
    assert.equal(allowed.status, 201, allowed.body);

    log = join(host.directory, 'tried.log');
    proposed = join(host.directory, 'proposed.toml');
    writeFileSync(proposed, '[jails.wordpress]\nmaxretry = 2\n');
    const now = Date.now();
    const lines = [
      ...failureLines('203.0.113.1', 2, { time: now - hour }),
      ...failureLines('203.0.113.2', 2, { time: now - hour }),
      ...failureLines('203.0.113.3', 2, { time: now - hour, site: 'mine.example/shop' }),
      ...failureLines('203.0.113.4', 2, { time: now - hour, site: 'mine.example' }),
      ...failureLines('203.0.113.3', 2, { time: now - hour + 1, site: 'other.example' }),
      ...failureLines('203.0.113.2', 2, { time: now + 2 * hour }),
    ];
    writeFileSync(log, lines.map((line) => `${line}\n`).join(''));
  });
  after(() => host[Symbol.asyncDispose]());

  async function added(): Promise<{ ips: string[]; allow_entries: unknown; sites_by_command: unknown }> {
    const { stdout, stderr } = await host.portcullis(
      ...['policy', 'try', proposed, log, '--against', host.configPath, '--json'],
    );
    assert.equal(stderr, '');
    const told = stdout.trimEnd().split('\n');
    const { allow_entries, sites_by_command } = JSON.parse(told.pop()!);
    const ips = told.map((text) => JSON.parse(text)).map(({ ip, after }) => `${ip} ${after.failures}`);
    return { ips, allow_entries, sites_by_command };
  }

  test('bans nobody whom its allow list holds: not on the host, not on lines of the site that allows, not before an entry ends', async () => {
    assert.deepEqual(await added(), {
      ips: ['203.0.113.4 2', '203.0.113.3 2', '203.0.113.2 2'],
      allow_entries: 3,
      sites_by_command: 1,
    });
    const words = ['policy', 'try', proposed, log, '--against', host.configPath];
    const { stdout } = await host.portcullis(...words);
    assert.match(
      stdout,
      /^Both with 3 entries of the allow list and 1 site registered by command, of the running daemon$/m,
    );
    assert.doesNotMatch(stdout, /203\.0\.113\.1/);
  });

  test('a login is not held against a ban that the daemon would not make either', async () => {
    const ip = '198.51.100.7';
    const now = Date.now();
    const login = [3, 2, 1].map((ago) => loginLine(ip, { time: now - (ago + 1) * hour }));
    const known = join(host.directory, 'known.log');
    const lines = [...login, ...failureLines(ip, 2, { time: now })];
    writeFileSync(known, lines.map((line) => `${line}\n`).join(''));
    const { code, stdout } = await host.portcullis('policy', 'try', proposed, known);
    assert.match(stdout, /^0 addresses banned besides/m);
    assert.equal(code, 0);
  });

  test('replay says what the log alone would have led to', async () => {
    const { stdout } = await host.portcullis('replay', '--config', proposed, log, '--json');
    assert.match(stdout, /"ip":"203\.0\.113\.1"/);
  });

  test('without a daemon it says that nobody was asked', async () => {
    await daemon.end();
    const { ips, ...asked } = await added();
    assert.ok(ips.includes('203.0.113.1 2'));
    assert.deepEqual(asked, { allow_entries: null, sites_by_command: null });
    const { stdout } = await host.portcullis('policy', 'try', proposed, log, '--against', host.configPath);
    assert.match(stdout, /^Both without the allow list: the daemon does not answer\. There is no socket /m);
  });
});
