import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Generations } from './generations.ts';

test('it never holds more than it may, and always what was set or asked for within the last half', () => {
  const step = fc.record({ key: fc.nat(40), asks: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const table = new Generations<number, string>(16);
      let recent: number[] = [];
      for (const { key, asks } of steps) {
        const known = asks ? table.get(key) : undefined;
        if (!asks) table.set(key, `of ${key}`);
        if (known !== undefined || !asks) recent = [key, ...recent.filter((other) => other !== key)];
        assert.ok(table.size <= 16);
        for (const each of recent.slice(0, 7)) assert.equal(table.peek(each), `of ${each}`);
      }
      assert.equal(new Set(table.keys()).size, [...table.keys()].length);
    }),
  );
});

test('what is to be spared stays, up to a quarter, and what goes is told', () => {
  const gone: number[] = [];
  const table = new Generations<number, number>(
    16,
    (value) => value < 100,
    (value) => gone.push(value),
  );
  for (let i = 0; i < 3; i++) table.set(i, i);
  for (let i = 100; i < 200; i++) table.set(i, i);
  assert.deepEqual(
    [0, 1, 2].map((key) => table.peek(key)),
    [0, 1, 2],
  );
  assert.ok(gone.length > 70 && gone.every((value) => value >= 100));
  const many = new Generations<number, number>(16, () => true);
  for (let i = 0; i < 1_000; i++) many.set(i, i);
  assert.ok(many.size <= 16);
  table.forget((value) => value < 100);
  assert.equal(table.peek(1), undefined);
  table.clear();
  assert.equal(table.size, 0);
});
