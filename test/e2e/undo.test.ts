import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { createHost, type Host } from '../support/daemon-process.ts';
import { failureLines } from '../support/log-lines.ts';
import { createNamespace, type NetworkNamespace, namespacesLeftOut } from '../support/network-namespace.ts';
import { waitFor } from '../support/wait-for.ts';

const attacker = '198.51.100.7';
const neighbour = '198.51.100.8';

/** Accepts connections and lets them be; ends with its standard input. */
const server = `
const net = require('node:net');
process.stdin.on('end', () => process.exit()).resume();
net.createServer((socket) => socket.on('error', () => {}).resume())
  .listen(443, '198.51.100.1', () => console.log('listening'));
`;
/** Holds a connection from each address. */
const visitors = `
const net = require('node:net');
process.stdin.on('end', () => process.exit()).resume();
for (const localAddress of ['${attacker}', '${neighbour}']) {
  net.connect({ host: '198.51.100.1', port: 443, localAddress }).on('error', () => {});
}
`;

function start(namespace: NetworkNamespace, script: string) {
  const argv = ['netns', 'exec', namespace.name, process.execPath, '-e', script];
  const child = spawn('ip', argv, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  return {
    child,
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await ended;
    },
  };
}

/** Whose connections the host's server holds. */
async function held({ namespace }: Host): Promise<string[]> {
  const sockets = await namespace.run('ss', '-Htn', 'state', 'established', '( sport = :443 )');
  return [...sockets.matchAll(/(198\.51\.100\.[78]):\d+\s*$/gm)].map(([, ip]) => ip!).sort();
}

/** Rules and entries, without their times. */
async function kernelOf({ namespace }: Host): Promise<string> {
  const [rules, sets] = await Promise.all([
    namespace.run('iptables-save', '-t', 'filter'),
    namespace.run('ipset', 'save'),
  ]);
  const entries = sets
    .replace(/ timeout \d+$/gm, '')
    .split('\n')
    .sort();
  return [...rules.split('\n').filter((line) => !/^[#:]/.test(line)), ...entries].join('\n');
}

test('a ban closes what its address holds open and nothing of its neighbour; an unban puts all back, is audited, and the audit log is whole', {
  skip: namespacesLeftOut,
}, async () => {
  await using host = await createHost();
  await using outside = await createNamespace();
  const { name } = host.namespace;
  await outside.run(
    'ip',
    'link',
    'add',
    'web',
    'netns',
    name,
    'type',
    'veth',
    'peer',
    'name',
    'web',
    'netns',
    outside.name,
  );
  await host.namespace.exec(['ip', '-batch', '-'], {
    input: 'addr add 198.51.100.1/24 dev web\nlink set web up\n',
  });
  await outside.exec(['ip', '-batch', '-'], {
    input: `addr add ${attacker}/24 dev web\naddr add ${neighbour}/24 dev web\nlink set web up\n`,
  });
  host.configure('[firewall]\nbackend = "ipset"\n[defaults]\nbantime_increment = true\n');
  const daemon = await host.start();
  await using web = start(host.namespace, server);
  await once(web.child.stdout, 'data');
  await using _visitors = start(outside, visitors);
  await waitFor('both are connected', async () => (await held(host)).length === 2);
  const before = await kernelOf(host);

  host.write(...failureLines(attacker, 3));
  await host.banned(attacker);
  const receipt = await host.client.call('why', { params: { ip: attacker } });
  assert.deepEqual([receipt.exemptions, receipt.not_counted], [[], {}]);
  assert.ok(receipt.compared['host']! > 0, JSON.stringify(receipt.compared));
  await waitFor('its connection is closed', async () => !(await held(host)).includes(attacker));
  assert.deepEqual(await held(host), [neighbour]);

  const unban = await host.portcullis('unban', attacker, '--forget-history');
  assert.equal(unban.code, 0, unban.stderr);
  assert.equal(await kernelOf(host), before);
  const marker = '198.18.0.1';
  host.write(...failureLines(attacker, 2), ...failureLines(marker, 3));
  await host.banned(marker);
  assert.deepEqual([...(await host.bans()).keys()], [marker], 'the count began anew');
  host.write(...failureLines(attacker, 1));
  assert.equal((await host.banned(attacker)).times_banned, 1);

  const many = await host.portcullis('unban', '--site', 'blog.example.com', '--since', '1h', '--json');
  assert.deepEqual([many.code, JSON.parse(many.stdout)], [0, { ended: 2 }], many.stderr);
  const audit = await host.portcullis('audit', 'verify', '--json');
  const { whole, head } = JSON.parse(audit.stdout);
  assert.deepEqual([audit.code, whole], [0, true]);
  const again = await host.portcullis('audit', 'verify', '--copy', `${head.id}:${head.hash}`);
  assert.equal(again.code, 0);
  const { stderr } = await daemon.end();
  assert.match(stderr, /"audit_head":"\d+:[0-9a-f]{64}"/);
  assert.doesNotMatch(stderr, /are not closed/);
});
