import assert from 'node:assert/strict';
import { request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import type { Problem } from '@portcullis/contracts';
import { type Served, serveFake } from '../../../../test/support/serve.ts';
import { maxBodyBytes } from './server.ts';

interface Answered {
  status: number;
  type: string;
  body: string;
  json: Record<string, unknown> & Problem;
}

/** One request over the socket; the body is sent as it is where it is text. */
async function ask(served: Served, call: string, body?: unknown): Promise<Answered> {
  const [method, path] = call.split(' ') as [string, string];
  const { promise, resolve, reject } = Promise.withResolvers<Answered>();
  const headers = body === undefined ? {} : { 'content-type': 'application/json' };
  const sent = request(
    { socketPath: served.socketPath, method, path, headers, agent: false },
    async (answer) => {
      const received = await text(answer);
      const type = answer.headers['content-type'] ?? '';
      const json = type.includes('json') ? JSON.parse(received) : {};
      resolve({ status: answer.statusCode!, type, body: received, json });
    },
  );
  sent.once('error', reject);
  sent.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
  return promise;
}

test('a ban made through the API is listed, read by id, and lifted', async () => {
  await using served = await serveFake();
  const made = await ask(served, 'POST /v1/bans', { ip: '198.51.100.7', bantime: '1h', reason: 'by hand' });
  assert.equal(made.status, 201);
  assert.equal(made.json['ip'], '198.51.100.7');
  const list = await ask(served, 'GET /v1/bans');
  assert.deepEqual(list.json, { items: [made.json], next: null, total: 1 });
  const one = await ask(served, `GET /v1/bans/${made.json['id']}`);
  assert.equal((one.json as unknown as { reason: string }).reason, 'by hand');
  const lifted = await ask(served, 'DELETE /v1/bans/198.51.100.7');
  assert.equal((lifted.json as unknown as { ended: unknown[] }).ended.length, 1);
  assert.equal(served.operations.audit[0]?.actor, 'admin');
});

test('the slash of a network is read from its percent-encoding', async () => {
  await using served = await serveFake();
  await ask(served, 'POST /v1/bans', { ip: '2001:db8:5::/48' });
  const lifted = await ask(served, 'DELETE /v1/bans/2001:db8:5::%2F48');
  assert.equal(lifted.status, 200, lifted.body);
});

test('pages of a list follow each other by cursor', async () => {
  await using served = await serveFake();
  for (const last of [1, 2, 3]) await ask(served, 'POST /v1/bans', { ip: `198.51.100.${last}` });
  const first = await ask(served, 'GET /v1/bans?limit=2&sort=ip');
  const { items, next, total } = first.json as unknown as {
    items: { ip: string }[];
    next: string;
    total: number;
  };
  assert.deepEqual([items.map((ban) => ban.ip), total], [['198.51.100.1', '198.51.100.2'], 3]);
  const second = await ask(served, `GET /v1/bans?limit=2&sort=ip&cursor=${next}`);
  const rest = second.json as unknown as { items: { ip: string }[]; next: null };
  assert.deepEqual([rest.items.map((ban) => ban.ip), rest.next], [['198.51.100.3'], null]);
});

test('every problem of a request is named with its path, its value and what is allowed', async () => {
  await using served = await serveFake();
  const query = await ask(served, 'GET /v1/bans?limit=5000&sort=colour&nonsense=1');
  assert.equal(query.status, 400);
  assert.equal(query.type, 'application/problem+json; charset=utf-8');
  assert.equal(query.json.code, 'invalid_request');
  const messages = Object.fromEntries(query.json.problems!.map(({ path, message }) => [path, message]));
  assert.equal(messages['limit'], 'is 5000, must be <= 1000');
  assert.match(messages['sort']!, /^is "colour", allowed: since, -since, until/);
  assert.equal(messages['nonsense'], 'is not known here');

  const body = await ask(served, 'POST /v1/bans', { reason: 5, force: 'yes' });
  assert.deepEqual(body.json.problems!.map(({ path }) => path).sort(), ['force', 'ip', 'reason']);
});

test('a query value that is no number is refused with that value', async () => {
  await using served = await serveFake();
  const answer = await ask(served, 'GET /v1/bans?limit=ten');
  assert.equal(answer.json.detail, 'limit is "ten", must be integer.');
});

test('an error of the daemon is answered with its code, status and hint', async () => {
  await using served = await serveFake();
  const exempt = await ask(served, 'POST /v1/bans', { ip: '127.0.0.1' });
  assert.deepEqual([exempt.status, exempt.json.code], [409, 'exempt_address']);
  const jail = await ask(served, 'POST /v1/bans', { ip: '198.51.100.1', jail: 'ssh' });
  assert.deepEqual([jail.status, jail.json.hint], [404, 'There is: wordpress']);
});

test('an unexpected error is logged, and answered without its details', async () => {
  await using served = await serveFake();
  Object.assign(served.operations, {
    status() {
      throw new Error('hooks.slack.com/secret');
    },
  });
  const answer = await ask(served, 'GET /v1/status');
  assert.deepEqual([answer.status, answer.json.code], [500, 'internal']);
  assert.doesNotMatch(answer.body, /secret|at .*\.ts/);
  assert.equal((served.errors[0] as { err: Error }).err.message, 'hooks.slack.com/secret');
});

test('an answer that lacks what its schema promises is an error of the daemon, not an answer', async () => {
  await using served = await serveFake();
  Object.assign(served.operations, { status: () => ({ version: '0.1.0' }) });
  assert.equal((await ask(served, 'GET /v1/status')).json.code, 'internal');
});

const refusals: readonly [string, string, unknown, string, number][] = [
  ['an unknown route', 'GET /v1/nothing', undefined, 'unknown_route', 404],
  ['a known path with another method', 'PUT /v1/bans', undefined, 'unknown_route', 404],
  ['a broken percent-encoding', 'GET /v1/why/%zz', undefined, 'invalid_request', 400],
  ['a body that is not JSON', 'POST /v1/bans', '{"ip":', 'invalid_request', 400],
  ['an empty body', 'POST /v1/bans', '', 'invalid_request', 400],
  ['a body beyond the limit', 'POST /v1/bans', 'x'.repeat(maxBodyBytes + 1), 'payload_too_large', 413],
  ['an id that is no number', 'GET /v1/bans/abc', undefined, 'invalid_request', 400],
  ['an address that is none', 'GET /v1/why/198.51.100.999', undefined, 'invalid_address', 400],
];
for (const [what, call, body, code, status] of refusals) {
  test(`${what} is answered with the problem ${code}`, async () => {
    await using served = await serveFake();
    const answer = await ask(served, call, body);
    assert.deepEqual([answer.json.code, answer.status], [code, status], answer.body);
    assert.match(answer.type, /^application\/problem\+json/);
    assert.deepEqual(served.errors, []);
  });
}

test('what is not HTTP is answered with a problem, too', async () => {
  await using served = await serveFake();
  const socket = connect(served.socketPath);
  socket.end('hello?\r\n\r\n');
  assert.match(await text(socket), /^HTTP\/1\.1 400 [\s\S]*"code":"invalid_request"/);
});

test('the OpenAPI document and the metrics are served', async () => {
  await using served = await serveFake();
  const openApi = await ask(served, 'GET /v1/openapi.json');
  assert.equal(openApi.json['openapi'], '3.1.1');
  const metrics = await ask(served, 'GET /metrics');
  assert.match(metrics.type, /^text\/plain; version=0\.0\.4/);
  assert.match(metrics.body, /^portcullis_bans 0$/m);
});

test('every list and every document of the table can be asked for, and answers what its schema says', async () => {
  await using served = await serveFake();
  await served.operations.ban('admin', { ip: '198.51.100.7' });
  const paths = [
    'status',
    'bans?state=all',
    'sites',
    'jails',
    'allow',
    'failures',
    'stats',
    'requests',
    'audit',
  ];
  for (const path of [...paths, 'why/198.51.100.7', `bans/${served.operations.bans[0]!.id}`]) {
    const answer = await ask(served, `GET /v1/${path}`);
    assert.equal(answer.status, 200, `${path}: ${answer.body}`);
  }
  const instant = await ask(served, 'GET /v1/stats?since=2026-11-21T19:00:00.000Z');
  assert.equal(instant.json['since'], '2026-11-21T19:00:00.000Z');
  assert.equal((await ask(served, 'GET /v1/stats?since=yesterday')).json.code, 'invalid_request');
});
