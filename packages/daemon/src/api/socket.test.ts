import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { PortcullisError } from '@portcullis/contracts';
import { createFakeOperations } from '../../../../test/support/operations.ts';
import { createAdminCaller } from './caller.ts';
import { createServer } from './server.ts';
import { listen, maxSocketPathBytes } from './socket.ts';

async function makeDirectory(context: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'portcullis-socket-'));
  context.after(() => rm(directory, { recursive: true }));
  return directory;
}

const silent = { info: () => {}, warn: () => {}, error: () => {} };
async function makeServer() {
  const caller = createAdminCaller(createFakeOperations());
  const { http } = await createServer({ admit: () => caller, log: silent });
  return http;
}

test('the socket has its rights, is alone in its directory, and goes with the server', async (context) => {
  const directory = await makeDirectory(context);
  const path = join(directory, 'admin.sock');
  const listening = await listen(await makeServer(), path, { mode: 0o600 });
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.deepEqual(await readdir(directory), ['admin.sock']);
  await listening.close();
  assert.deepEqual(await readdir(directory), []);
});

test('the socket of a daemon that was killed is replaced', async (context) => {
  const directory = await makeDirectory(context);
  const path = join(directory, 'admin.sock');
  const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.ok((await stat(path)).isSocket());
  const listening = await listen(await makeServer(), path, { mode: 0o660 });
  assert.equal((await stat(path)).mode & 0o777, 0o660);
  await listening.close();
});

test('the socket of a live daemon is refused and stays', async (context) => {
  const path = join(await makeDirectory(context), 'admin.sock');
  const listening = await listen(await makeServer(), path, { mode: 0o600 });
  const second = await makeServer();
  await assert.rejects(listen(second, path, { mode: 0o600 }), { code: 'already_running' });
  await second.close();
  assert.ok((await stat(path)).isSocket());
  await listening.close();
});

test('a path beyond the limit of Linux is refused with the limit', async (context) => {
  const directory = await makeDirectory(context);
  const path = join(directory, 'x'.repeat(maxSocketPathBytes - directory.length));
  const server = await makeServer();
  await assert.rejects(listen(server, path, { mode: 0o600 }), (error: PortcullisError) => {
    assert.equal(error.code, 'invalid_config');
    assert.match(error.message, /has 108 bytes; Linux allows 107/);
    return true;
  });
  await server.close();
});

test('a path of exactly the limit can be listened on', async (context) => {
  const directory = await makeDirectory(context);
  const path = join(directory, 'x'.repeat(maxSocketPathBytes - directory.length - 1));
  const listening = await listen(await makeServer(), path, { mode: 0o600 });
  await listening.close();
});

test('a file that is no socket is left alone', async (context) => {
  const path = join(await makeDirectory(context), 'admin.sock');
  await writeFile(path, 'precious');
  const server = await makeServer();
  await assert.rejects(listen(server, path, { mode: 0o600 }), {
    code: 'invalid_config',
    message: /not a socket/,
  });
  await server.close();
});

test('a directory that does not exist is named', async (context) => {
  const path = join(await makeDirectory(context), 'missing', 'admin.sock');
  await assert.rejects(listen(await makeServer(), path, { mode: 0o600 }), {
    code: 'invalid_config',
    message: /its directory does not exist/,
  });
});
