import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { createRelay } from './relay.ts';

/** What the script of a page has, and how many a browser fetches at a time. */
const size = 800_000;
const atOnce = 24;

test('what a server sends before it closes arrives whole, through two relays', async () => {
  // As PHP's own server does: it closes without waiting for the client to end, too.
  const answer = (socket: Socket) =>
    socket.once('data', () => {
      socket.write(Buffer.alloc(size));
      socket.destroySoon();
    });
  await using far = await listening(createServer(answer));
  await using middle = await listening(createRelay({ port: far.port }));
  await using near = await listening(createRelay({ port: middle.port }));
  const fetched = Array.from({ length: atOnce }, async () => {
    const client = connect(near.port);
    client.write('a request');
    return (await buffer(client)).length;
  });
  assert.deepEqual(new Set(await Promise.all(fetched)), new Set([size]));
});

test('what a client sends arrives, and its leaving is noticed', async () => {
  const accepted = Promise.withResolvers<Socket>();
  await using far = await listening(createServer(accepted.resolve));
  await using near = await listening(createRelay({ port: far.port }));
  const client = connect(near.port);
  client.write('hello');
  const socket = await accepted.promise;
  assert.equal(String((await once(socket, 'data'))[0]), 'hello');
  client.destroy();
  await once(socket, 'close');
});

test('a client is let go when nobody answers behind the relay', async () => {
  const port = await unusedPort();
  await using near = await listening(createRelay({ port }));
  const client = connect(near.port).on('error', () => undefined);
  await once(client, 'close');
});

async function unusedPort(): Promise<number> {
  await using server = await listening(createServer());
  return server.port;
}

async function listening(server: Server) {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
}
