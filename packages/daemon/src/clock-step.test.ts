import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClockStep } from './clock-step.ts';

const hour = 3_600_000;

function createTime() {
  const time = { wall: Date.UTC(2026, 10, 21), seconds: 100, pass: (_ms: number) => {} };
  time.pass = (ms) => {
    time.wall += ms;
    time.seconds += ms / 1000;
  };
  const step = createClockStep({ now: () => time.wall }, () => time.seconds);
  return { time, step };
}

test('time that goes by is no step of the clock, however much it is', () => {
  const { time, step } = createTime();
  time.pass(30 * 24 * hour);
  assert.equal(step(), 0);
});

test('a clock that is set tells how far, once, in both directions', () => {
  const { time, step } = createTime();
  time.pass(10_000);
  time.wall += hour;
  assert.equal(step(), hour);
  assert.equal(step(), 0);
  time.pass(10_000);
  time.wall -= 2 * hour;
  assert.equal(step(), -2 * hour);
  assert.equal(step(), 0);
});

test('a clock that is slewed makes no step until it is off by more than five seconds', () => {
  const { time, step } = createTime();
  time.wall += 4_900;
  assert.equal(step(), 0);
  time.wall += 200;
  assert.equal(step(), 5_100);
});

test('a process that is stopped while it reads the clock takes another reading', () => {
  let wall = Date.UTC(2026, 10, 21);
  let seconds = 100;
  let stopFor = 0;
  const step = createClockStep(
    {
      now() {
        wall += stopFor;
        seconds += stopFor / 1000;
        stopFor = 0;
        return wall;
      },
    },
    () => seconds,
  );
  stopFor = hour;
  assert.equal(step(), 0);
});

test("the system's own uptime agrees with its clock", () => {
  const step = createClockStep({ now: () => Date.now() });
  assert.equal(step(), 0);
});
