import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCli } from '../../../test/support/cli.ts';
import { createFakeOperations } from '../../../test/support/operations.ts';
import { serveFake } from '../../../test/support/serve.ts';

const hostile = 'Evil\u001b[2J \u202eHosting';
const google = { country: 'US', asn: 15169, as_name: 'Google LLC', host_name: 'dns.google' };

async function serveBans() {
  const operations = createFakeOperations();
  await operations.ban('admin', { ip: '8.8.8.8' });
  await operations.ban('admin', { ip: '203.0.113.7' });
  await operations.ban('admin', { ip: '198.51.100.7' });
  const of = (ip: string) => operations.bans.find((ban) => ban.ip === ip)!;
  Object.assign(of('8.8.8.8'), google);
  Object.assign(of('203.0.113.7'), { country: null, asn: 64500, as_name: hostile, host_name: null });
  return serveFake({
    ...operations,
    why: (ip) => ({ ...operations.why(ip), ...(ip === '8.8.8.8' ? google : {}) }),
  });
}

test('bans says where addresses come from, in a pipe and on a wide terminal', async () => {
  await using served = await serveBans();
  for (const options of [{}, { terminal: 200 }]) {
    const { stdout } = await runCli(['--socket', served.socketPath, 'bans', '--no-color'], options);
    assert.match(stdout, /USERS TRIED +FROM$/m);
    assert.match(stdout, /^8\.8\.8\.8 .* US, Google LLC \(AS15169\)$/m);
    assert.match(stdout, /^203\.0\.113\.7 .* Evil\\u\{1b\}\[2J \\u\{202e\}Hosting \(AS64500\)$/m);
  }
});

test('bans leaves that out on a terminal that has no room, and where nothing is known', async () => {
  await using served = await serveBans();
  const narrow = await runCli(['--socket', served.socketPath, 'bans'], { terminal: 100 });
  assert.doesNotMatch(narrow.stdout, /FROM|Google/);
  await using unknown = await serveFake();
  await unknown.operations.ban('admin', { ip: '198.51.100.7' });
  const { stdout } = await runCli(['--socket', unknown.socketPath, 'bans']);
  assert.doesNotMatch(stdout, /FROM/);
});

test('why says where the address comes from and how it calls itself', async () => {
  await using served = await serveBans();
  const known = await runCli(['--socket', served.socketPath, 'why', '8.8.8.8']);
  assert.match(
    known.stdout,
    /^8\.8\.8\.8 is banned by wordpress\nFrom US, Google LLC \(AS15169\)\nCalls itself dns\.google \(reverse DNS\)\n\n/,
  );
  const other = await runCli(['--socket', served.socketPath, 'why', '198.51.100.7']);
  assert.doesNotMatch(other.stdout, /^From|^Calls itself/m);
});

test('--help names who made the data, as its licence asks', async () => {
  const { stdout } = await runCli(['--help']);
  for (const part of ['routeviews.org', 'nro.net', 'db-ip.com', 'CC BY 4.0'])
    assert.ok(stdout.includes(part), part);
});
