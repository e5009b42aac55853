import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Network } from './address.ts';
import { Beginnings } from './beginnings.ts';

const word = fc.integer({ min: 0, max: 0xffffffff });
const network = fc
  .tuple(fc.constantFrom(4 as const, 6 as const), word, word, word, word, fc.integer({ min: 0, max: 128 }))
  .map(
    ([family, a, b, c, d, prefix]) => new Network(family, a, b, c, d, family === 4 ? prefix >> 2 : prefix),
  );

describe('the beginnings of networks', () => {
  test('never deny a network that one of them holds', () => {
    fc.assert(
      fc.property(fc.array(network), network, (list, one) => {
        const beginnings = new Beginnings(list);
        for (const holder of list) {
          const { family, a, b, c, d } = one;
          const masked = new Network(family, a, b, c, d);
          if (holder.contains(masked)) assert.ok(beginnings.mayHold(masked));
          assert.ok(beginnings.mayHold(holder));
          if (holder.contains(one)) assert.ok(beginnings.mayHold(one));
        }
      }),
    );
  });

  test('deny what begins otherwise', () => {
    const beginnings = new Beginnings([new Network(4, 0, 0, 0, 0xc6336400, 24)]);
    assert.equal(beginnings.mayHold(new Network(4, 0, 0, 0, 0xc6400001)), false);
    assert.equal(beginnings.mayHold(new Network(4, 0, 0, 0, 0x0a000001)), false);
    assert.equal(beginnings.mayHold(new Network(6, 0x20010db8, 0, 0, 1)), false);
    assert.equal(new Beginnings([]).mayHold(new Network(4, 0, 0, 0, 0)), false);
  });
});
