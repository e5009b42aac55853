import assert from 'node:assert/strict';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type Served, serveFake } from '../../../../test/support/serve.ts';
import { createEventQueue, maxListeners } from './events.ts';

function listenTo(served: Served, headers: Record<string, string> = {}): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  request({ socketPath: served.socketPath, path: '/v1/events', headers, agent: false }, resolve)
    .once('error', reject)
    .end();
  return promise;
}

/** Waits, at most 5 s, until the condition holds. */
async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition(); waited += 10) {
    assert.ok(waited < 5000, `still not: ${condition}`);
    await delay(10);
  }
}

test('an event reaches the client as server-sent event with its id, type and data', async () => {
  await using served = await serveFake();
  const stream = await listenTo(served);
  assert.match(stream.headers['content-type']!, /^text\/event-stream/);
  stream.setEncoding('utf8');
  let received = '';
  stream.on('data', (part) => {
    received += part;
  });
  await until(() => served.operations.listeners.size === 1);
  served.operations.emit('ban', { ip: '198.51.100.7' });
  await until(() => received.includes('event: ban'));
  const data = JSON.parse(/^data: (.*)$/m.exec(received)![1]!);
  assert.deepEqual([data.type, data.data], ['ban', { ip: '198.51.100.7' }]);
  assert.match(received, new RegExp(`^id: ${data.id}$`, 'm'));
  stream.destroy();
});

test('a client that leaves is no longer listened for', async () => {
  await using served = await serveFake();
  const stream = await listenTo(served);
  await until(() => served.operations.listeners.size === 1);
  stream.destroy();
  await until(() => served.operations.listeners.size === 0);
});

test('a client that does not read is dropped, and the daemon keeps nothing for it', async () => {
  await using served = await serveFake();
  const socket = connect(served.socketPath);
  socket.on('error', () => {});
  socket.write('GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n');
  socket.pause();
  await until(() => served.operations.listeners.size === 1);
  const filler = 'x'.repeat(1000);
  for (let sent = 0; sent < 10_000 && served.operations.listeners.size > 0; sent++) {
    served.operations.emit('ban', { filler });
    if (sent % 100 === 0) await delay(1);
  }
  assert.equal(served.operations.listeners.size, 0);
  let received = '';
  socket.on('data', (part) => {
    received += part;
  });
  socket.resume();
  await until(() => received.includes('event: dropped'));
  assert.match(received, /"code":"rate_limited"/);
  await until(() => received.endsWith('0\r\n\r\n'));
  socket.destroy();
});

test('listeners beyond the limit are refused', async () => {
  await using served = await serveFake();
  const streams = [];
  for (let opened = 0; opened < maxListeners.admin; opened++) streams.push(await listenTo(served));
  const refused = await listenTo(served);
  assert.equal(refused.statusCode, 429);
  for (const stream of [...streams, refused]) stream.destroy();
});

test('closing the server ends its event streams', async () => {
  const served = await serveFake();
  const stream = await listenTo(served);
  stream.resume();
  const ended = new Promise((resolve) => stream.once('close', resolve));
  await served[Symbol.asyncDispose]();
  await ended;
  assert.equal(served.operations.listeners.size, 0);
});

test('a queue that overflows forgets what waits and says so', async () => {
  const queue = createEventQueue(2);
  for (const id of [1, 2, 3, 4]) queue.push({ id, type: 'ban', at: '', data: {} });
  const messages = await Array.fromAsync(queue.messages());
  assert.deepEqual(
    messages.map((message) => message.event),
    ['dropped'],
  );
});
