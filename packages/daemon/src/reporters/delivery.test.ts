import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type DeliveryOutcome, parseConfig, type Reporter, type ReportMessage } from '@portcullis/core';
import { createStore } from '../store/sqlite.ts';
import { Delivery } from './delivery.ts';
import { createMessages } from './next-message.ts';
import { Pacer } from './pacer.ts';

const start = Date.parse('2026-11-21T12:00:00Z');
const delivered = { result: 'delivered', status: 200, answer: 'ok' } as const;
const failed = { result: 'retry', status: 500, answer: 'rollup_error' } as const;
const [destination] = parseConfig('[slack]\nwebhook_url = "http://127.0.0.1/secret"').config!.destinations;
const drift = (fault: string) => ({ kind: 'drift', faults: [fault] }) as const;

/** A delivery on a real outbox, a place that answers as it is told, and time that passes only when it is made to. */
function createBench(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: start });
  const clock = { now: () => Date.now() };
  const retention = { historyMs: null, failuresMs: null, auditMs: null };
  const { outbox, close } = createStore({ path: ':memory:', clock, retention });
  const sent: { at: number; message: ReportMessage }[] = [];
  const outcomes: DeliveryOutcome[] = [];
  const troubles: (string | null)[] = [];
  const dropped: string[] = [];
  const reporter: Reporter = {
    host: 'hooks.slack.com',
    endpoint: 'one',
    async send(message) {
      sent.push({ at: Date.now() - start, message });
      return outcomes.shift() ?? delivered;
    },
  };
  const delivery = new Delivery({
    destination: destination!,
    reporter,
    outbox,
    messages: createMessages({ outbox, host: 'web01', view: () => null }),
    pacer: new Pacer(clock),
    clock,
    random: () => 0.5,
    minuteOf: () => 0,
    onTrouble: (sentence) => troubles.push(sentence),
    onRefused: (sentence) => dropped.push(sentence),
  });
  t.after(close);
  return {
    outbox,
    sent,
    outcomes,
    troubles,
    dropped,
    delivery,
    tell(fault: string) {
      outbox.add(['slack'], drift(fault), Date.now());
      delivery.wake();
    },
    /** Lets time pass in small steps, with everything that it brings. */
    async pass(ms: number) {
      const step = ms > 60_000 ? 1_000 : 100;
      for (let passed = 0; passed < ms; passed += step) {
        t.mock.timers.tick(step);
        for (let turn = 0; turn < 12; turn++) await Promise.resolve();
      }
    },
  };
}

test('an attempt that failed is made again, each after a longer wait, until it is delivered', async (t) => {
  const { outcomes, sent, tell, pass, outbox } = createBench(t);
  outcomes.push(failed, failed, failed);
  tell('a');
  await pass(30_000);
  const gaps = sent.slice(1).map(({ at }, index) => at - sent[index]!.at);
  assert.equal(gaps.length, 3);
  for (const [index, expected] of [1_500, 3_000, 6_000].entries())
    assert.ok(Math.abs(gaps[index]! - expected) <= 200, `${gaps}`);
  assert.deepEqual(outbox.waiting('slack'), []);
});

test('the longest wait is 5 min, and after five failures a person is told, once it works again, too', async (t) => {
  const { outcomes, sent, tell, pass, troubles } = createBench(t);
  outcomes.push(...Array(12).fill(failed));
  tell('a');
  await pass(60 * 60_000);
  const gaps = sent.slice(1).map(({ at }, index) => at - sent[index]!.at);
  assert.equal(gaps.length, 12);
  assert.ok(Math.max(...gaps) <= 302_000, `${gaps}`);
  assert.match(
    troubles[0]!,
    /^Reports to \[slack\] wait: 5 attempts failed, the last with: 500 rollup_error$/,
  );
  assert.equal(troubles.at(-1), null);
});

test('the place is left alone for as long as it asks for, at most an hour', async (t) => {
  const { outcomes, sent, tell, pass } = createBench(t);
  outcomes.push({ ...failed, retryAfter: 120_000 }, { ...failed, retryAfter: 1e9 });
  tell('a');
  await pass(65 * 60_000);
  const gaps = sent.slice(1).map(({ at }, index) => at - sent[index]!.at);
  assert.deepEqual(
    gaps.map((gap) => Math.round(gap / 60_000)),
    [2, 60],
  );
});

test('a message that is refused is dropped and told, and the next one goes', async (t) => {
  const { outcomes, sent, tell, pass, dropped, outbox } = createBench(t);
  outcomes.push({ result: 'refused', status: 400, answer: 'invalid_payload' });
  tell('a');
  outbox.add(['slack'], { kind: 'reload_failed', problems: [] }, Date.now());
  await pass(5_000);
  assert.deepEqual(
    sent.map(({ message }) => message.content.kind),
    ['drift', 'reload_failed'],
  );
  assert.match(
    dropped.join(),
    /hooks\.slack\.com does not take a message for \[slack\].*400 invalid_payload/,
  );
});

test('a place that is gone is asked once, and what waits is kept', async (t) => {
  const { outcomes, sent, tell, pass, outbox } = createBench(t);
  outcomes.push({ result: 'revoked', status: 404, answer: 'no_service' });
  tell('a');
  await pass(60_000);
  tell('b');
  await pass(60 * 60_000);
  assert.equal(sent.length, 1);
  assert.equal(outbox.waiting('slack')[0]!.count, 2);
});

test('a place that is known to work again gets what waits, whether it was gone or failed', async (t) => {
  for (const outcome of [{ result: 'revoked', status: 404, answer: 'no_service' } as const, failed]) {
    const { outcomes, sent, tell, pass, delivery, outbox, troubles } = createBench(t);
    outcomes.push(...Array(8).fill(outcome));
    tell('a');
    await pass(5 * 60_000);
    const asked = sent.length;
    outcomes.length = 0;
    delivery.resume();
    await pass(2_000);
    assert.equal(sent.length, asked + 1);
    assert.deepEqual(outbox.waiting('slack'), []);
    assert.equal(troubles.at(-1), null);
    t.mock.timers.reset();
  }
});

test('messages of several kinds go one a second', async (t) => {
  const { sent, tell, pass, outbox } = createBench(t);
  outbox.add(['slack'], { kind: 'start', version: '1', firewall: 'ipset', bans: 0 }, Date.now());
  outbox.add(['slack'], { kind: 'reload_failed', problems: [] }, Date.now());
  tell('a');
  await pass(10_000);
  assert.equal(sent.length, 3);
  for (const [index, { at }] of sent.slice(1).entries()) assert.ok(at - sent[index]!.at >= 1_000);
});

test('what is told again within the hour is one message, that says how often', async (t) => {
  const { sent, tell, pass } = createBench(t);
  tell('a');
  await pass(1_000);
  for (const fault of ['b', 'c', 'd']) tell(fault);
  await pass(61 * 60_000);
  assert.equal(sent.length, 2);
  assert.deepEqual(sent[1]!.message.content, { ...drift('d'), more: 2, since: start + 1_000 });
  assert.notEqual(sent[0]!.message.id, sent[1]!.message.id);
});
