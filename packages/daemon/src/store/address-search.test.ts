import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Network, parseNetwork } from '@portcullis/core';
import fc from 'fast-check';
import { type AddressColumn, fromColumn, toColumn } from './address-column.ts';
import { addressesBeginning } from './address-search.ts';

const network = (text: string): Network => parseNetwork(text)!;
const rangesOf = (text: string) =>
  addressesBeginning(text)?.map(([from, to]) => [String(fromColumn(from)), String(fromColumn(to))]) ?? null;
const isFound = (text: string, address: Network) => {
  const value = toColumn(address);
  const order = (one: AddressColumn) =>
    typeof one === 'number' ? one - (value as number) : Buffer.compare(one, value as Uint8Array);
  return addressesBeginning(text)!.some(([low, high]) => order(low) <= 0 && order(high) >= 0);
};

test('whole groups are one range', () => {
  assert.deepEqual(rangesOf('198.51.'), [['198.51.0.0', '198.51.255.255']]);
  assert.deepEqual(rangesOf('2001:db8:'), [['2001:db8::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff']]);
});

test('a group that is begun stands for all that begin so, within what a group can be', () => {
  assert.deepEqual(rangesOf('10.2'), [
    ['10.2.0.0', '10.2.255.255'],
    ['10.20.0.0', '10.29.255.255'],
    ['10.200.0.0', '10.255.255.255'],
  ]);
  assert.deepEqual(rangesOf('10.0'), [['10.0.0.0', '10.0.255.255']]);
  assert.deepEqual(rangesOf('198.51.100.7'), [
    ['198.51.100.7', '198.51.100.7'],
    ['198.51.100.70', '198.51.100.79'],
  ]);
});

test('what no address begins with finds none, and what is no beginning of one is told apart', () => {
  assert.deepEqual(rangesOf('300.1'), []);
  assert.deepEqual(rangesOf('1.999'), []);
  for (const text of ['', '10', 'bob', 'a.b', '1.2.3.4.5', '10..1', 'dead', '::1', 'fe80::', '2001:db8::1']) {
    assert.equal(addressesBeginning(text), null, text);
  }
});

test('an address is found by each of its beginnings', () => {
  fc.assert(
    fc.property(fc.ipV4(), fc.nat(15), (text, cut) => {
      const beginning = text.slice(0, cut);
      if (beginning.includes('.')) assert.ok(isFound(beginning, network(text)), `${beginning} of ${text}`);
    }),
  );
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 0xffff }), { minLength: 8, maxLength: 8 }),
      fc.nat(39),
      (groups, cut) => {
        const text = groups.map((group) => group.toString(16)).join(':');
        const beginning = text.slice(0, cut);
        if (beginning.includes(':')) assert.ok(isFound(beginning, network(text)), `${beginning} of ${text}`);
      },
    ),
  );
});

test('an address is found by no beginning of another', () => {
  fc.assert(
    fc.property(fc.ipV4(), fc.ipV4(), fc.nat(15), (one, other, cut) => {
      const beginning = one.slice(0, cut);
      if (beginning.includes('.'))
        assert.equal(isFound(beginning, network(other)), other.startsWith(beginning));
    }),
  );
});
