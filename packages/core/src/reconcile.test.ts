import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Network } from './address.ts';
import type { EnforcedBan, FirewallChange } from './ports.ts';
import { endHorizonMs, planRepair, sameEnd } from './reconcile.ts';

const now = 1_764_000_000_000;
const toleranceMs = 2000;
const day = 86_400_000;

const ban = (address: number, until: number | null, jail = 'wordpress'): EnforcedBan => ({
  jail,
  network: new Network(4, 0, 0, 0, address),
  until,
});

// A few addresses and ends, so that wanted and applied often meet.
const bans = fc.uniqueArray(
  fc.record({
    jail: fc.constantFrom('wordpress', 'extra'),
    network: fc.oneof(
      fc.integer({ min: 1, max: 6 }).map((word) => new Network(4, 0, 0, 0, word)),
      fc.integer({ min: 1, max: 3 }).map((word) => new Network(6, 0x20010db8, word, 0, 0, 64)),
    ),
    until: fc.oneof(
      fc.constant(null),
      fc.integer({ min: now - 5000, max: now + 10_000 }),
      fc.integer({ min: now, max: now + 100 * day }),
    ),
  }),
  { selector: keyOf, maxLength: 15 },
);

test('a plan makes what is applied enforce what is wanted, and nothing is left to do then', () => {
  fc.assert(
    fc.property(bans, bans, (wanted, applied) => {
      const after = carryOut(applied, planRepair(wanted, applied, now, toleranceMs));
      const lasting = wanted.filter(({ until }) => until === null || until > now);
      assert.deepEqual([...after.keys()].sort(), lasting.map(keyOf).sort());
      for (const { until, ...rest } of lasting) {
        const held = after.get(keyOf(rest))!.until;
        assert.ok(sameEnd(until, held, now, toleranceMs), `${held} is not ${until}`);
      }
      assert.deepEqual(planRepair(wanted, after.values(), now, toleranceMs), []);
    }),
  );
});

test('a plan names each ban at most once', () => {
  fc.assert(
    fc.property(bans, bans, (wanted, applied) => {
      const keys = planRepair(wanted, applied, now, toleranceMs).map(keyOf);
      assert.equal(new Set(keys).size, keys.length);
    }),
  );
});

test('adds what is missing, corrects ends, removes what is not wanted', () => {
  const wanted = [ban(1, now + day), ban(2, now + day), ban(3, null), ban(4, now + day)];
  const applied = [ban(2, now + 2 * day), ban(3, null), ban(4, now + day - 1500), ban(5, null)];
  assert.deepEqual(planRepair(wanted, applied, now, toleranceMs), [
    { action: 'remove', ...ban(5, null) },
    { action: 'add', ...ban(1, now + day) },
    { action: 'add', ...ban(2, now + day) },
  ]);
});

test('the same network in two jails is two bans', () => {
  assert.deepEqual(planRepair([ban(1, null, 'a')], [ban(1, null, 'b')], now, toleranceMs), [
    { action: 'remove', ...ban(1, null, 'b') },
    { action: 'add', ...ban(1, null, 'a') },
  ]);
});

test('a ban that closes other ports than wanted is added again, which moves it', () => {
  const [gentle, ordinary] = [{ ...ban(1, now + day), gentle: true }, ban(1, now + day)];
  assert.deepEqual(planRepair([gentle], [ordinary], now, toleranceMs), [{ action: 'add', ...gentle }]);
  assert.deepEqual(planRepair([ordinary], [gentle], now, toleranceMs), [{ action: 'add', ...ordinary }]);
  assert.deepEqual(planRepair([gentle], [gentle], now, toleranceMs), []);
  assert.deepEqual(planRepair([{ ...ordinary, gentle: false }], [ordinary], now, toleranceMs), []);
});

test('a ban that is held both gently and not is put right, whichever is wanted', () => {
  const [gentle, ordinary] = [{ ...ban(1, null), gentle: true }, ban(1, null)];
  for (const wanted of [gentle, ordinary])
    for (const applied of [
      [gentle, ordinary],
      [ordinary, gentle],
    ])
      assert.deepEqual(planRepair([wanted], applied, now, toleranceMs), [{ action: 'add', ...wanted }]);
});

test('an end beyond what a kernel can hold is no difference until it comes near', () => {
  const forever = ban(1, null);
  const capped = ban(1, now + 2_147_483_000);
  assert.deepEqual(planRepair([forever], [capped], now, toleranceMs), []);
  const later = now + 2_147_483_000 - endHorizonMs + 3000;
  assert.deepEqual(planRepair([forever], [capped], later, toleranceMs), [{ action: 'add', ...forever }]);
});

test('finds the one ban that is missing among a hundred thousand', () => {
  const many = Array.from({ length: 100_000 }, (_, index) => ban(index + 1, now + day));
  const plan = planRepair(many, many.slice(0, 99_999), now, toleranceMs);
  assert.deepEqual(plan, [{ action: 'add', ...many.at(-1)! }]);
});

function keyOf({ jail, network }: Pick<EnforcedBan, 'jail' | 'network'>): string {
  return `${jail} ${network}`;
}

function carryOut(
  applied: readonly EnforcedBan[],
  plan: readonly FirewallChange[],
): Map<string, EnforcedBan> {
  const held = new Map(applied.map((entry) => [keyOf(entry), entry]));
  for (const { action, ...change } of plan) {
    if (action === 'add') held.set(keyOf(change), change);
    else held.delete(keyOf(change));
  }
  return held;
}
