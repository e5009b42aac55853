import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DeliverySettings, planDelivery } from './delivery-plan.ts';
import type { Waiting } from './ports.ts';
import type { OutboxKind } from './report.ts';

const minute = 60_000;
const hour = 60 * minute;
const start = Date.parse('2026-11-21T12:00:00Z');
const noon = 12 * 60;
const settings: DeliverySettings = { window: 10 * minute, quietHours: null };

const waits = (kind: OutboxKind, firstAt: number, count = 1): Waiting => ({
  kind,
  count,
  firstAt,
  lastId: count,
});
const plan = (
  waiting: Waiting[],
  { sent = {}, now = start, at = noon, quietHours = null as DeliverySettings['quietHours'] } = {},
) =>
  planDelivery(waiting, new Map(Object.entries(sent) as [OutboxKind, number][]), now, at, {
    ...settings,
    quietHours,
  });

test('nothing waits: nothing is planned', () => {
  assert.equal(plan([]), null);
});

test('the first ban after a quiet time is due within 2 s, and not before others could join it', () => {
  const step = plan([waits('ban', start)]);
  assert.ok(step !== null && 'at' in step);
  assert.ok(step.at > start && step.at <= start + 1_000);
  assert.deepEqual(plan([waits('ban', start, 7)], { now: step.at }), { kind: 'ban', upTo: 7 });
});

test('what follows waits until the window that the last message opened is over', () => {
  const sent = { ban: start };
  const waiting = [waits('ban', start + 1_000, 50)];
  assert.deepEqual(plan(waiting, { sent, now: start + 2_000 }), { at: start + 10 * minute });
  assert.deepEqual(plan(waiting, { sent, now: start + 10 * minute }), { kind: 'ban', upTo: 50 });
});

test('a thousand bans in a minute are two messages', () => {
  let sentAt: number | undefined;
  let pending: number[] = [];
  let messages = 0;
  for (let now = start; now < start + 20 * minute; now += 60) {
    if (now < start + minute) pending.push(now);
    if (pending.length === 0) continue;
    const step = plan([waits('ban', pending[0]!, pending.length)], {
      now,
      sent: sentAt === undefined ? {} : { ban: sentAt },
    });
    if (step === null || 'at' in step) continue;
    messages++;
    sentAt = now;
    pending = [];
  }
  assert.equal(messages, 2);
});

test('every other kind is sent at once, and then once an hour', () => {
  for (const kind of ['start', 'stop', 'reload_failed', 'drift', 'silent_site'] as const) {
    assert.deepEqual(plan([waits(kind, start)]), { kind, upTo: 1 });
    const sent = { [kind]: start - minute };
    assert.deepEqual(plan([waits(kind, start)], { sent }), { at: start - minute + hour });
    assert.deepEqual(plan([waits(kind, start)], { sent, now: start + hour }), { kind, upTo: 1 });
  }
});

test('one kind does not hold up another', () => {
  const sent = { ban: start - 1_000, start: start - 1_000 };
  const waiting = [waits('ban', start), waits('start', start), { ...waits('drift', start), lastId: 9 }];
  assert.deepEqual(plan(waiting, { sent }), { kind: 'drift', upTo: 9 });
});

test('in quiet hours only what is critical is sent, and the rest when they are over', () => {
  const night = { from: 22 * 60, to: 7 * 60 };
  for (const [at, minutes] of [
    [22 * 60, 9 * 60],
    [23 * 60 + 59, 7 * 60 + 1],
    [0, 7 * 60],
    [6 * 60 + 59, 1],
  ] as const) {
    const step = plan([waits('ban', start - minute)], { at, quietHours: night });
    assert.deepEqual(step, { at: start + minutes * minute }, `minute ${at}`);
    assert.deepEqual(plan([waits('drift', start)], { at, quietHours: night }), { kind: 'drift', upTo: 1 });
  }
  for (const at of [7 * 60, noon, 21 * 60 + 59]) {
    assert.deepEqual(plan([waits('ban', start - minute)], { at, quietHours: night }), {
      kind: 'ban',
      upTo: 1,
    });
  }
});

test('quiet hours may lie within one day', () => {
  const lunch = { from: noon, to: noon + 60 };
  assert.deepEqual(plan([waits('ban', start - minute)], { quietHours: lunch }), { at: start + hour });
  const after = { quietHours: lunch, at: noon + 60 };
  assert.deepEqual(plan([waits('ban', start - minute)], after), { kind: 'ban', upTo: 1 });
});

test('a clock that was set back holds nothing up', () => {
  const tomorrow = start + 24 * hour;
  const sent = { ban: tomorrow, drift: tomorrow };
  assert.deepEqual(plan([waits('ban', tomorrow)], { sent }), { kind: 'ban', upTo: 1 });
  assert.deepEqual(plan([waits('drift', tomorrow)], { sent }), { kind: 'drift', upTo: 1 });
});
