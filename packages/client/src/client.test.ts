import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { PortcullisError } from '@portcullis/contracts';
import { serveFake } from '../../../test/support/serve.ts';
import { createClient } from './client.ts';

/** A socket behind which a server does with each connection what it is told. */
async function serveRaw(context: TestContext, answer: (socket: Socket) => void): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'portcullis-client-'));
  const path = join(directory, 'admin.sock');
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    answer(socket);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  context.after(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
    await rm(directory, { recursive: true });
  });
  return path;
}

const http = (status: string, type: string, body: string) =>
  `HTTP/1.1 ${status}\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

test('a call takes and gives what the route table says', async () => {
  await using served = await serveFake();
  await using client = createClient({ socketPath: served.socketPath });
  const ban = await client.call('ban', { body: { ip: '2001:DB8::/64', bantime: '-1' } });
  assert.deepEqual([ban.ip, ban.until], ['2001:db8::/64', null]);
  const { ended } = await client.call('unban', { params: { ip: '2001:db8::/64' } });
  assert.equal(ended[0]?.id, ban.id);
  assert.match(await client.call('metrics'), /portcullis_bans 0/);
});

test('the iteration over a list goes through all of its pages', async () => {
  await using served = await serveFake();
  await using client = createClient({ socketPath: served.socketPath });
  for (let last = 1; last <= 7; last++) await client.call('ban', { body: { ip: `198.51.100.${last}` } });
  const bans = await Array.fromAsync(client.all('listBans', { limit: 3, sort: 'ip' }));
  assert.deepEqual(
    bans.map((ban) => ban.ip.split('.')[3]),
    ['1', '2', '3', '4', '5', '6', '7'],
  );
});

test('a problem of the daemon is thrown with its code, sentence and hint', async () => {
  await using served = await serveFake();
  await using client = createClient({ socketPath: served.socketPath });
  await assert.rejects(client.call('ban', { body: { ip: '198.51.100.1', jail: 'ssh' } }), {
    code: 'unknown_jail',
    message: 'There is no jail ssh.',
    hint: 'There is: wordpress',
  });
});

test('events arrive as they happen', async () => {
  await using served = await serveFake();
  await using client = createClient({ socketPath: served.socketPath });
  const events = client.events();
  const first = events.next();
  // What is asked on the same server after the stream began is answered after it listens.
  while (served.operations.listeners.size === 0) await client.call('status');
  await client.call('ban', { body: { ip: '198.51.100.1' } });
  const { value } = await first;
  assert.deepEqual([value?.type, value?.data], ['ban', { ip: '198.51.100.1', jail: 'wordpress' }]);
  await events.return();
});

test('a missing socket is answered with how to start the daemon', async () => {
  await using client = createClient({ socketPath: '/nonexistent/admin.sock' });
  await assert.rejects(client.call('status'), (error: PortcullisError) => {
    assert.equal(error.code, 'daemon_unreachable');
    assert.equal(error.message, 'There is no socket /nonexistent/admin.sock.');
    assert.match(error.hint!, /systemctl status portcullis.*portcullis daemon --config/);
    return true;
  });
});

test('a file in place of a socket is not reachable', async (context) => {
  const directory = await mkdtemp(join(tmpdir(), 'portcullis-client-'));
  context.after(() => rm(directory, { recursive: true }));
  await writeFile(join(directory, 'file'), '');
  await using client = createClient({ socketPath: join(directory, 'file') });
  await assert.rejects(client.call('status'), { code: 'daemon_unreachable' });
});

test('a socket that only root may use is answered with sudo', {
  skip: process.getuid!() !== 0 && 'needs root to give up its rights',
}, async (context) => {
  const path = await serveRaw(context, () => {});
  await chmod(join(path, '..'), 0o755);
  await chmod(path, 0o600);
  process.seteuid!(65534);
  try {
    await using client = createClient({ socketPath: path });
    await assert.rejects(client.call('status'), { code: 'daemon_unreachable', hint: /sudo/ });
  } finally {
    process.seteuid!(0);
  }
});

test('a daemon that hangs is given up after the timeout', async (context) => {
  const path = await serveRaw(context, () => {});
  await using client = createClient({ socketPath: path, timeout: 100 });
  await assert.rejects(client.call('status'), { code: 'daemon_unreachable', message: /for 0\.1 s/ });
});

test('a daemon that hangs in the middle of its answer is given up after the timeout', async (context) => {
  const path = await serveRaw(context, (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"ver');
  });
  await using client = createClient({ socketPath: path, timeout: 100 });
  await assert.rejects(client.call('status'), { code: 'daemon_unreachable', message: /for 0\.1 s/ });
});

test('a daemon that closes the connection is not reachable', async (context) => {
  const path = await serveRaw(context, (socket) => socket.once('data', () => socket.destroy()));
  await using client = createClient({ socketPath: path });
  await assert.rejects(client.call('status'), { code: 'daemon_unreachable' });
});

const garbage: readonly [string, string][] = [
  ['bytes that are not HTTP', 'SSH-2.0-OpenSSH_9.2\r\n'],
  ['HTML', http('200 OK', 'text/html', '<h1>nginx</h1>')],
  ['JSON that is no object', http('200 OK', 'application/json', '5')],
  ['half a JSON document', http('200 OK', 'application/json', '{"version":')],
  [
    'a problem with an unknown code',
    http('500 Oops', 'application/problem+json', '{"code":"nope","detail":"x"}'),
  ],
  ['a redirect', http('302 Found', 'application/json', '{}')],
];
for (const [what, bytes] of garbage) {
  test(`${what} for an answer is a bad answer`, async (context) => {
    const path = await serveRaw(context, (socket) => socket.once('data', () => socket.end(bytes)));
    await using client = createClient({ socketPath: path, timeout: 2000 });
    await assert.rejects(client.call('status'), { code: 'bad_answer' });
  });
}
