import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bucket, createCommonBudget, siteLimits, Throttle } from './throttle.ts';

test('a bucket gives what is in it, and refills with time up to its brim', () => {
  let now = 0;
  const bucket = new Bucket(3, 2, () => now);
  assert.deepEqual(
    [1, 1, 1, 1].map((amount) => bucket.take(amount)),
    [true, true, true, false],
  );
  assert.equal(bucket.secondsUntil(3), 2);
  now += 500;
  assert.deepEqual([bucket.take(1), bucket.take(1)], [true, false]);
  now += 3_600_000;
  assert.deepEqual([bucket.take(4), bucket.take(3), bucket.isEmpty], [false, true, true]);
});

test('what is spent beyond the bucket is paid back before anything is given', () => {
  let now = 0;
  const bucket = new Bucket(10, 10, () => now);
  bucket.spend(25);
  now += 1000;
  assert.ok(bucket.isEmpty);
  now += 1000;
  assert.ok(!bucket.isEmpty);
});

test('requests of a site that run at once are counted, each once', () => {
  const throttle = new Throttle(createCommonBudget());
  const ends = Array.from({ length: siteLimits.concurrent }, () => {
    throttle.admit();
    return throttle.begin();
  });
  assert.throws(() => throttle.admit(), { code: 'rate_limited' });
  ends[0]!();
  ends[0]!();
  throttle.admit();
  throttle.begin();
  assert.throws(() => throttle.admit(), { code: 'rate_limited' });
});

test('a site that keeps the daemon busy waits, and does not make its neighbour wait', () => {
  const common = createCommonBudget();
  const busy = new Throttle(common);
  busy.spend(siteLimits.busyMs + 500);
  assert.throws(() => busy.admit(), { code: 'rate_limited', message: /too busy/ });
  new Throttle(common).admit();
});

test('many sites together may not keep it busy either', () => {
  const common = createCommonBudget();
  for (let site = 0; site < 3; site++) new Throttle(common).spend(siteLimits.busyMs - 1);
  assert.throws(() => new Throttle(common).admit(), { code: 'rate_limited' });
});
