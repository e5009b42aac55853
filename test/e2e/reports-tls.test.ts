import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createReportingDaemon, type ReportingDaemon, writeSecret } from '../support/reporting-daemon.ts';
import { createSlackServer } from '../support/slack-server.ts';
import { waitFor } from '../support/wait-for.ts';

/** Of 127.0.0.1, signed by itself, valid from 2020 to 2120. */
const certificate = fileURLToPath(new URL('../fixtures/tls/loopback.crt', import.meta.url));
const tls = {
  cert: readFileSync(certificate),
  key: readFileSync(new URL('../fixtures/tls/loopback.key', import.meta.url)),
};
const trusting = { NODE_EXTRA_CA_CERTS: certificate };

const sendTo = (daemon: ReportingDaemon, url: string) =>
  daemon.configure(
    `[slack]\nwebhook_url_file = "${writeSecret(daemon, 'webhook', url)}"\nmin_severity = "warning"\n`,
  );
const sendTest = (daemon: ReportingDaemon) => daemon.client.call('testReport', { body: {} });

test('over TLS a certificate that nobody vouches for gets no message, and one of a known authority does', async () => {
  await using daemon = createReportingDaemon();
  await using server = await createSlackServer({ tls });
  sendTo(daemon, server.url);
  await daemon.start();
  daemon.attack('203.0.113.9');
  const refused = await sendTest(daemon);
  assert.deepEqual([refused.result, refused.status], ['retry', null]);
  assert.match(refused.answer, /^No answer: [A-Z_]*SIGNED_CERT[A-Z_]*\.$/);
  assert.deepEqual(server.received, []);
  await daemon.signal('SIGTERM');
  await daemon.start(trusting);
  const [message] = await waitFor('it is told', () => server.accepted.length > 0 && server.accepted);
  assert.match(String(message!.body['text']), /203\.0\.113\.9 is banned/);
});

test('a TLS server that takes its time delays no ban, and gets the message', async () => {
  await using daemon = createReportingDaemon();
  await using server = await createSlackServer({ tls });
  await using slow = await createSlowRoad(server.port);
  sendTo(daemon, server.url.replace(`:${server.port}`, `:${slow.port}`));
  await daemon.start(trusting);
  daemon.attack('203.0.113.9');
  await waitFor('the handshake has begun', () => slow.passed > 0);
  daemon.attack('203.0.113.10');
  await waitFor('the next address is banned', async () => {
    const { total } = await daemon.client.call('listBans', { query: { ip: '203.0.113.10' } });
    return total > 0;
  });
  assert.deepEqual(server.accepted, [], 'it was banned while the message was under way');
  slow.open();
  await waitFor('it is told', () => server.accepted.length > 0);
});

/** A way to a port of this machine on which nothing but the first bytes gets through until it is opened. */
async function createSlowRoad(port: number) {
  const opened = new AbortController();
  const sockets: Socket[] = [];
  let passed = 0;
  const road = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    sockets.push(near, far);
    for (const socket of [near, far]) socket.on('error', () => {});
    near.pipe(far);
    far.on('data', (bytes: Buffer) => {
      const rest = () => near.write(bytes.subarray(1));
      near.write(bytes.subarray(0, 1));
      passed++;
      if (opened.signal.aborted) rest();
      else {
        far.pause();
        opened.signal.addEventListener('abort', () => {
          rest();
          far.resume();
        });
      }
    });
  }).listen(0, '127.0.0.1');
  await once(road, 'listening');
  return {
    port: (road.address() as AddressInfo).port,
    get passed() {
      return passed;
    },
    open: () => opened.abort(),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      road.close();
      await once(road, 'close');
    },
  };
}
