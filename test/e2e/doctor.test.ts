import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createHost } from '../support/daemon-process.ts';
import { namespacesLeftOut } from '../support/network-namespace.ts';
import { startRsyslog } from '../support/rsyslog.ts';
import { waitFor } from '../support/wait-for.ts';

test('doctor follows a marked line through a real rsyslog to the jails, and nobody is banned', {
  skip: namespacesLeftOut,
}, async () => {
  await using host = await createHost();
  host.configure('[jails.wordpress]\nmaxretry = 1\n');
  await using _rsyslog = await startRsyslog({
    directory: host.directory,
    log: host.log,
    format: 'traditional',
  });
  await host.start();
  const syslog = join(host.directory, 'syslog.sock');
  const doctor = (...argv: string[]) =>
    host.portcullis('doctor', '--config', host.configPath, '--syslog-socket', syslog, ...argv);
  const found = await doctor('--json');
  const { findings } = JSON.parse(found.stdout);
  const of = (check: string) => findings.find((one: { check: string }) => one.check === check);
  assert.equal(of('self-test').level, 'ok', found.stdout);
  assert.match(of('self-test').sentence, /auth\.log in \d+ ms, and counts in: wordpress\.$/);
  // This rsyslog writes facility auth only.
  assert.equal(of('facility user').level, 'warning');
  assert.equal((await host.bans()).size, 0);
  assert.deepEqual((await host.client.call('listSites')).items, []);
  assert.deepEqual((await host.client.call('listFailures')).items, []);
  const said = await host.portcullis('match', host.log, '--json');
  assert.equal(JSON.parse(said.stdout).reason, 'self_test');
});

test('doctor finds stamps without microseconds, and a real rsyslog takes the line that it says helps', {
  skip: namespacesLeftOut,
}, async () => {
  await using host = await createHost();
  host.configure('');
  const { directory, log } = host;
  const stamps = async () => {
    const { stdout } = await host.portcullis(
      'doctor',
      '--config',
      host.configPath,
      '--no-self-test',
      '--json',
    );
    return JSON.parse(stdout).findings.find(({ check }: { check: string }) => check === 'stamps');
  };
  const write = async (dropIn: string) => {
    await using rsyslog = await startRsyslog({ directory, log, format: 'traditional', dropIn });
    const lines = () => readFileSync(log, 'utf8').split('\n').length;
    const before = lines();
    await rsyslog.send('sshd', 'Accepted publickey for root');
    await waitFor('the line is written', () => lines() > before);
  };
  assert.equal(await stamps(), undefined, 'an empty log tells nothing');
  await write('');
  const found = await stamps();
  assert.deepEqual([found.level, found.sentence.includes('no microseconds')], ['warning', true]);
  await write(/echo '(.*)' \| sudo tee \/etc\/rsyslog\.d\//.exec(found.do)![1]!);
  assert.match(readFileSync(log, 'utf8'), /T\d\d:\d\d:\d\d\.\d{6}[+-]\d\d:\d\d \S+ sshd/);
  assert.equal((await stamps()).level, 'ok');
});
