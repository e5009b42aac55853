import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { type Clock, type Reporter, Secret } from '@portcullis/core';
import { hostileNames } from './hostile-names.ts';
import { reportMessages } from './report-messages.ts';
import { createSlackServer, type Manner, type SlackServer } from './slack-server.ts';
import { waitFor } from './wait-for.ts';

/** An adapter as the suite sees it. */
export interface ReporterUnderTest {
  readonly name: string;
  create(url: Secret, clock: Clock): Reporter;
  /** Everything that a reader of the message sees, as text. */
  read(server: SlackServer): string;
  /** What is wrong with the last request that the server got. */
  faults(server: SlackServer): readonly string[];
}

const clock: Clock = { now: () => Date.parse('2026-11-21T12:00:00Z') };
const never = () => new AbortController().signal;

/** The laws of `Reporter`, on a real server that misbehaves. */
export function testReporter({ name, create, read, faults }: ReporterUnderTest): void {
  const open = async () => {
    const server = await createSlackServer();
    return {
      server,
      reporter: create(new Secret(server.url), clock),
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  };
  const [message] = reportMessages();

  test(`${name}: every kind of message is delivered, once, within all limits`, async () => {
    await using place = await open();
    const { server, reporter } = place;
    for (const [index, one] of reportMessages().entries()) {
      const outcome = await reporter.send(one, never());
      assert.deepEqual(outcome, { result: 'delivered', status: 200, answer: 'ok' }, one.content.kind);
      assert.deepEqual(faults(server), [], one.content.kind);
      assert.equal(server.received.length, index + 1);
    }
  });

  const cases: [Manner, Partial<Awaited<ReturnType<Reporter['send']>>>][] = [
    ['no_service', { result: 'revoked', status: 404, answer: 'no_service' }],
    ['channel_not_found', { result: 'revoked', status: 404, answer: 'channel_not_found' }],
    ['redirect', { result: 'revoked', status: 302 }],
    ['invalid_payload', { result: 'refused', status: 400, answer: 'invalid_payload' }],
    ['server_error', { result: 'retry', status: 500, answer: 'rollup_error' }],
    ['close_mid_body', { result: 'retry', status: null }],
    [{ retryAfter: '7' }, { result: 'retry', status: 429, retryAfter: 7_000 }],
    [{ retryAfter: 'Sat, 21 Nov 2026 12:02:00 GMT' }, { result: 'retry', status: 429, retryAfter: 120_000 }],
    [{ retryAfter: 'soon' }, { result: 'retry', status: 429 }],
  ];
  for (const [manner, expected] of cases) {
    test(`${name}: an answer of ${JSON.stringify(manner)} is ${expected.result}, and nothing is sent again`, async () => {
      await using place = await open();
      place.server.manner = manner;
      const outcome = await place.reporter.send(message!, never());
      assert.deepEqual({ ...outcome, ...expected }, outcome);
      if (!('retryAfter' in expected)) assert.equal(outcome.retryAfter, undefined);
      assert.equal(place.server.received.length, 1);
    });
  }

  test(`${name}: an answer without end is read no further than its bound`, async () => {
    await using place = await open();
    place.server.manner = 'endless_body';
    const outcome = await place.reporter.send(message!, never());
    assert.equal(outcome.result, 'retry');
    assert.ok(outcome.answer.length <= 210);
  });

  test(`${name}: a place that hangs is left as soon as the signal says so`, async () => {
    await using place = await open();
    place.server.manner = 'hang';
    const stop = new AbortController();
    const sending = place.reporter.send(message!, stop.signal);
    await waitFor('the message has arrived', () => place.server.received.length === 1);
    stop.abort();
    assert.equal((await sending).result, 'retry');
  });

  test(`${name}: nobody listens, and a TLS server that says nothing: retry, and no exception`, async () => {
    const silent = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as { port: number };
    const slow = create(new Secret(`https://127.0.0.1:${port}/services/secret`), clock);
    assert.equal((await slow.send(message!, AbortSignal.timeout(200))).result, 'retry');
    silent.close();
    await once(silent, 'close');
    const gone = create(new Secret(`http://127.0.0.1:${port}/services/secret`), clock);
    const outcome = await gone.send(message!, never());
    assert.deepEqual({ ...outcome, answer: '' }, { result: 'retry', status: null, answer: '' });
    assert.match(outcome.answer, /ECONNREFUSED/);
  });

  test(`${name}: no hostile name is taken for mark-up, and each is still there`, async () => {
    await using place = await open();
    const { server, reporter } = place;
    for (const hostile of hostileNames()) {
      for (const one of reportMessages(hostile)) {
        assert.equal((await reporter.send(one, never())).result, 'delivered');
        assert.deepEqual(faults(server), [], `${one.content.kind}: ${JSON.stringify(hostile)}`);
      }
      const kept = /[A-Za-z0-9]{3,20}/.exec(hostile.slice(0, 40))?.[0] ?? '';
      assert.ok(read(server).includes(kept), `${kept} of ${JSON.stringify(hostile)}`);
    }
  });

  test(`${name}: the URL shows nowhere, even where the place repeats it`, async () => {
    await using place = await open();
    const { server, reporter } = place;
    server.manner = 'echo';
    const outcome = await reporter.send(message!, never());
    const shown =
      inspect([outcome, reporter], { depth: 9, showHidden: true }) + JSON.stringify([outcome, reporter]);
    for (const part of [server.secret, ...server.secret.split('/')]) assert.ok(!shown.includes(part), part);
    assert.match(shown, /127\.0\.0\.1/);
  });

  test(`${name}: two reporters share an endpoint if they share the URL`, () => {
    const at = (url: string) => create(new Secret(url), clock).endpoint;
    assert.equal(at('https://hooks.slack.com/services/a'), at('https://hooks.slack.com/services/a'));
    assert.notEqual(at('https://hooks.slack.com/services/a'), at('https://hooks.slack.com/services/b'));
  });
}
