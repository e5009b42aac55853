import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createExec } from '../../packages/daemon/src/exec.ts';
import { type Container, containersLeftOut, createContainer, type Suite } from '../support/container.ts';
import { debianPackage, withVersion } from '../support/debian-package.ts';
import { waitFor } from '../support/wait-for.ts';

test('lintian finds no error in the Debian package', { skip: containersLeftOut }, async () => {
  const { stdout } = await createExec()(
    ['lintian', '--allow-root', '--fail-on=error', '--display-level=>=error', await debianPackage()],
    // It reads all of the executable: half a minute, on a loaded machine two.
    { timeoutMs: 400_000 },
  );
  assert.equal(stdout, '');
});

/** From a fresh Debian with systemd and rsyslog to a removed package, in this order. */
for (const suite of ['bookworm', 'trixie'] as const satisfies readonly Suite[]) {
  describe(`the Debian package on ${suite}`, { skip: containersLeftOut }, () => {
    let container: Container;
    let folder: string;
    let deb: string;

    before(async () => {
      folder = mkdtempSync(path.join(tmpdir(), 'install-'));
      deb = await debianPackage();
      container = await createContainer(suite);
    });
    after(async () => {
      await container?.[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true });
    });

    const bring = (file: string): string => {
      cpSync(file, container.file(`/root/${path.basename(file)}`));
      return `/root/${path.basename(file)}`;
    };
    const install = (file: string) => container.run('apt-get', 'install', '--yes', '--quiet', bring(file));
    const status = async () => JSON.parse(await container.run('portcullis', 'status', '--json'));
    const mainPid = async () =>
      (await container.run('systemctl', 'show', '--property=MainPID', '--value', 'portcullis')).trim();
    const isBanned = (ip: string) =>
      container.run('ipset', 'test', 'portcullis-wordpress', ip).then(
        () => true,
        () => false,
      );
    const healthy = () =>
      waitFor('the daemon is healthy', async () => (await status()).healthy, { timeout: 30_000 });
    /** What a site writes when somebody guesses passwords, through the real rsyslog. */
    const attack = async (ip: string) => {
      const line = `Authentication failure for alice from ${ip}`;
      for (let i = 0; i < 3; i++) {
        await container.run('logger', '-p', 'auth.notice', '-t', 'wordpress(blog.example.com)[4711]', line);
      }
    };

    test('an installation leaves a running, enabled service that protects', async () => {
      await install(deb);
      assert.equal((await container.run('systemctl', 'is-enabled', 'portcullis')).trim(), 'enabled');
      assert.equal((await container.run('systemctl', 'is-active', 'portcullis')).trim(), 'active');
      await healthy();
      await attack('198.51.100.7');
      await waitFor('the address is banned in the kernel', () => isBanned('198.51.100.7'), {
        timeout: 30_000,
      });
      assert.match(await container.run('iptables', '-S', 'INPUT'), /-j portcullis-wordpress/);
      // What waits beside the daemon may do what it must under the unit's restrictions.
      for (const program of ['ipset -exist -', 'nft monitor']) {
        await waitFor(program, async () =>
          (await container.run('ps', '-eo', 'args')).includes(`${program}\n`),
        );
      }
    });

    test('systemd finds nothing wrong with the unit, and little that an attacker could use', async () => {
      const unit = '/usr/lib/systemd/system/portcullis.service';
      const { stdout, stderr } = await container.exec(['systemd-analyze', 'verify', '--man=no', unit]);
      assert.equal(stdout + stderr, '');
      const report = await container.run('systemd-analyze', 'security', '--no-pager', 'portcullis.service');
      const level = Number(/Overall exposure level for portcullis\.service: ([0-9.]+)/.exec(report)?.[1]);
      assert.ok(level <= 2.5, report);
    });

    test('a reload takes a changed configuration, and systemd sees the service ready again', async () => {
      const file = container.file('/etc/portcullis/portcullis.toml');
      const before = await mainPid();
      writeFileSync(file, '[defaults]\nmaxretry = 2\n');
      await container.run('systemctl', 'reload', 'portcullis');
      await container.run(
        'logger',
        '-p',
        'auth.notice',
        '-t',
        'wordpress(a.example)[1]',
        'Authentication failure for a from 198.51.100.8',
      );
      await waitFor('the reload is over', async () => {
        const log = await container.run('journalctl', '--unit=portcullis', '--output=cat', '--no-pager');
        return /"Reloaded\."/.test(log);
      });
      await container.run(
        'logger',
        '-p',
        'auth.notice',
        '-t',
        'wordpress(a.example)[1]',
        'Authentication failure for a from 198.51.100.8',
      );
      await waitFor('two failures ban', () => isBanned('198.51.100.8'));
      assert.equal(await mainPid(), before);
    });

    test('a daemon that hangs is started anew by the watchdog, and one that lives is not', async () => {
      const dropIn = '/run/systemd/system/portcullis.service.d';
      await container.run('mkdir', '-p', dropIn);
      writeFileSync(
        container.file(`${dropIn}/watchdog.conf`),
        '[Service]\nWatchdogSec=4\nRestartSec=100ms\n',
      );
      await container.run('systemctl', 'daemon-reload');
      await container.run('systemctl', 'restart', 'portcullis');
      const pid = await mainPid();
      const signs = async () =>
        Number(
          await container.run(
            'systemctl',
            'show',
            '--property=WatchdogTimestampMonotonic',
            '--value',
            'portcullis',
          ),
        );
      const first = await signs();
      await waitFor('three signs of life', async () => (await signs()) - first > 5_000_000, {
        timeout: 30_000,
        every: 500,
      });
      assert.equal(await mainPid(), pid);
      await container.run('kill', '-STOP', pid);
      await waitFor('another process runs', async () => !['0', pid].includes(await mainPid()), {
        timeout: 60_000,
        every: 200,
      });
      assert.ok(await isBanned('198.51.100.7'));
      await container.run('rm', '-r', dropIn);
      await container.run('systemctl', 'daemon-reload');
    });

    test('an upgrade restarts the daemon, and bans are enforced at every instant of it', async () => {
      await container.run('systemctl', 'restart', 'portcullis');
      const before = await mainPid();
      const gaps = container.exec.follow(
        [
          'sh',
          '-c',
          'while :; do ipset -q test portcullis-wordpress 198.51.100.7 && iptables -C INPUT -p tcp -m multiport --dports 80,443 -j portcullis-wordpress || echo gap; echo .; done',
        ],
        (bytes) => seen.push(Buffer.from(bytes).toString()),
      );
      const seen: string[] = [];
      await install(await withVersion(deb, '9.9.9', folder));
      await healthy();
      await gaps.stop();
      assert.notEqual(await mainPid(), before);
      assert.match(await container.run('dpkg-query', '--show', 'portcullis'), /9\.9\.9/);
      assert.ok(seen.join('').split('.').length > 20);
      assert.doesNotMatch(seen.join(''), /gap/);
    });

    test('an upgrade keeps the configuration that the administrator changed', async () => {
      assert.match(await container.run('cat', '/etc/portcullis/portcullis.toml'), /maxretry = 2/);
    });

    test('after a reboot the bans are back in the kernel', async () => {
      await container.reboot();
      await waitFor('the ban is back', () => isBanned('198.51.100.7'), { timeout: 30_000 });
      await healthy();
    });

    test('a removal takes rules and sets out of the kernel, and leaves state and configuration', async () => {
      await container.run('apt-get', 'remove', '--yes', '--quiet', 'portcullis');
      assert.doesNotMatch(await container.run('iptables-save'), /portcullis/);
      assert.doesNotMatch(await container.run('ip6tables-save'), /portcullis/);
      assert.doesNotMatch(await container.run('ipset', 'list', '-n'), /portcullis/);
      await container.run('test', '-f', '/var/lib/portcullis/portcullis.db');
      await container.run('test', '-f', '/etc/portcullis/portcullis.toml');
      await assert.rejects(container.run('test', '-e', '/usr/bin/portcullis'));
    });

    test('a purge leaves nothing of ours behind', async () => {
      await container.run('apt-get', 'purge', '--yes', '--quiet', 'portcullis');
      const places = ['/etc', '/usr', '/var/lib', '/run', '/tmp', '/var/tmp'];
      const left = await container.run('find', ...places, '-xdev', '-iname', '*portcullis*');
      assert.equal(left, '');
    });
  });
}
