import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type BantimePolicy, banDuration } from './bantime.ts';

const hour = 3_600_000;
const year = 365 * 24 * hour;
const policy: BantimePolicy = {
  bantime: hour,
  increment: true,
  factor: 1,
  multipliers: [],
  maxtime: null,
  rndtime: 0,
};
const hours = (changes: Partial<BantimePolicy>, random = 0) =>
  [0, 1, 2, 3, 4].map((earlier) => banDuration({ ...policy, ...changes }, earlier, random)! / hour);

test('without increments every ban lasts bantime, and no random part is added', () => {
  assert.deepEqual(
    hours({ increment: false, rndtime: hour, multipliers: [5], factor: 3 }, 0.9),
    [1, 1, 1, 1, 1],
  );
});

test('with increments each ban is twice as long as the one before', () => {
  assert.deepEqual(hours({}), [1, 2, 4, 8, 16]);
});

test('doubling stops after twenty bans', () => {
  const second = { ...policy, bantime: 1000 };
  assert.equal(banDuration(second, 20, 0), 1000 * 2 ** 20);
  assert.equal(banDuration(second, 21, 0), 1000 * 2 ** 20);
});

test('multipliers take the place of doubling, and the last one repeats', () => {
  assert.deepEqual(hours({ multipliers: [1, 5, 30] }), [1, 5, 30, 30, 30]);
  assert.deepEqual(hours({ multipliers: [2] }), [2, 2, 2, 2, 2]);
});

test('the factor multiplies each ban', () => {
  assert.deepEqual(hours({ factor: 0.5 }), [0.5, 1, 2, 4, 8]);
  assert.deepEqual(hours({ factor: 3, multipliers: [1, 2] }), [3, 6, 6, 6, 6]);
});

test('a random part comes on top, below rndtime', () => {
  assert.deepEqual(hours({ rndtime: 2 * hour }, 0.5), [2, 3, 5, 9, 17]);
});

test('a jail that bans for ever does so from the first ban on', () => {
  assert.equal(banDuration({ ...policy, bantime: null, maxtime: hour }, 3, 0.5), null);
  assert.equal(banDuration({ ...policy, bantime: null, increment: false }, 0, 0), null);
});

test('what would be longer than a hundred years is for ever, and no date overflows', () => {
  assert.equal(banDuration({ ...policy, bantime: 100 * year }, 0, 0), 100 * year);
  assert.equal(banDuration({ ...policy, bantime: 60 * year }, 1, 0), null);
  assert.equal(banDuration({ ...policy, factor: 1e300 }, 20, 0), null);
  assert.equal(banDuration({ ...policy, factor: 1e300, maxtime: hour }, 20, 0), hour);
});

test('no ban is longer than maxtime, the random part included, nor shorter than the one before', () => {
  const policies = fc.record({
    bantime: fc.integer({ min: 1000, max: 100 * hour }),
    increment: fc.constant(true),
    factor: fc.double({ min: 0.01, max: 100, noNaN: true }),
    multipliers: fc.constant([]),
    maxtime: fc.integer({ min: 1000, max: 1000 * hour }),
    rndtime: fc.integer({ min: 0, max: 1000 * hour }),
  });
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(policies, fc.nat({ max: 1_000_000 }), random, (one, earlier, chance) => {
      const duration = banDuration(one, earlier, chance)!;
      assert.ok(duration <= one.maxtime && duration >= 0 && Number.isInteger(duration));
      assert.ok(banDuration(one, earlier + 1, chance)! >= duration);
    }),
  );
});
