import assert from 'node:assert/strict';
import { isIPv4, isIPv6 } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { fullPrefix, Network, parseAddress, parseNetwork, readAddress } from './address.ts';

const word = fc.oneof(
  fc.constantFrom(0, 1, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff),
  fc.integer({ min: 0, max: 0xffffffff }),
);
const ipv4 = fc
  .tuple(word, fc.integer({ min: 0, max: 32 }))
  .map(([d, prefix]) => new Network(4, 0, 0, 0, d, prefix));
const ipv6 = fc
  .tuple(word, word, word, word, fc.integer({ min: 0, max: 128 }))
  .map(([a, b, c, d, prefix]) => new Network(6, a, b, c, d, prefix))
  .filter(({ a, b, c, prefix }) => !(a === 0 && b === 0 && c === 0xffff && prefix >= 96));
const network = fc.oneof(ipv4, ipv6);

/** The first and the last address, as one number. */
function range({ family, a, b, c, d, prefix }: Network): readonly [first: bigint, last: bigint] {
  const first = (BigInt(a) << 96n) | (BigInt(b) << 64n) | (BigInt(c) << 32n) | BigInt(d);
  return [first, first + (1n << BigInt(fullPrefix(family) - prefix)) - 1n];
}

test('what a network prints reads back as the same network', () => {
  fc.assert(
    fc.property(network, (one) => {
      const back = parseNetwork(String(one));
      assert.ok(back?.equals(one), String(one));
      assert.equal(JSON.stringify({ one }), JSON.stringify({ one: String(one) }));
    }),
  );
});

test('an address that Node takes for one is one, spelled as the URL standard spells it', () => {
  fc.assert(
    fc.property(fc.ipV6(), (text) => {
      const parsed = parseAddress(text);
      assert.ok(parsed, text);
      if (parsed.family === 6) assert.equal(`[${parsed}]`, new URL(`http://[${text}]`).hostname);
    }),
  );
  fc.assert(fc.property(fc.ipV4(), (text) => assert.equal(String(parseAddress(text)), text)));
});

test('text that is no address for Node is none, whatever stands in it', () => {
  const text = fc.string({ unit: fc.constantFrom(...'0123456789abcdefABCDEF.:/%[] xg-'), maxLength: 46 });
  fc.assert(
    fc.property(text, (spelled) => {
      const expected = isIPv4(spelled) || (isIPv6(spelled) && !spelled.includes('%'));
      assert.equal(parseAddress(spelled) !== null, expected, spelled);
    }),
    { numRuns: 2000 },
  );
});

test('pieces of addresses make an address exactly where they do for Node', () => {
  const piece = fc.constantFrom(
    ':',
    ':',
    '::',
    '0',
    '1',
    'ffff',
    'ABCD',
    '00001',
    '.',
    '1.2.3.4',
    '255',
    '256',
    '01',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 17, size: 'max' }), (pieces) => {
      const spelled = pieces.join('');
      assert.equal(parseAddress(spelled) !== null, isIPv4(spelled) || isIPv6(spelled), spelled);
    }),
    { numRuns: 5000 },
  );
  for (const spelled of [
    '1::2::3',
    '1:2:3:4:5:6:7:1.2.3.4',
    '1:2:3:4:5:6::1.2.3.4',
    ':::',
    '1:2:3:4:5:6:7:8::',
  ]) {
    assert.equal(parseAddress(spelled), null, spelled);
  }
});

test('an address is printed as RFC 5952 says', () => {
  const table: [spelled: string, canonical: string][] = [
    // Section 1 and 2: ways to write the same address.
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:0db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8::1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8::0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:0db8::1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:DB8:0:0:1::1', '2001:db8::1:0:0:1'],
    // 4.2.1: as short as possible. 4.2.2: never for one group. 4.2.3: the longest run, else the first.
    ['2001:db8:0:0:0:0:2:1', '2001:db8::2:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:db8::1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:0', '2001:db8:0:0:1::'],
    // 4.3: lower case. The ends.
    ['2001:DB8::ABCD', '2001:db8::abcd'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['1:0:0:0:0:0:0:0', '1::'],
    ['0:0:1:0:0:0:0:0', '0:0:1::'],
    // IPv4-mapped addresses are IPv4.
    ['::ffff:198.51.100.7', '198.51.100.7'],
    ['::FFFF:C633:6407', '198.51.100.7'],
    ['0:0:0:0:0:ffff:198.51.100.7', '198.51.100.7'],
    ['::198.51.100.7', '::c633:6407'],
    ['64:ff9b::198.51.100.7', '64:ff9b::c633:6407'],
  ];
  for (const [spelled, canonical] of table) assert.equal(String(parseAddress(spelled)), canonical, spelled);
});

test('a network holds another exactly where its range holds the other range', () => {
  const related = fc
    .tuple(network, fc.integer({ min: 0, max: 128 }), fc.integer({ min: 0, max: 128 }))
    .map(([one, left, right]) => [one.widen(left), one.widen(right)] as const);
  fc.assert(
    fc.property(fc.oneof(related, fc.tuple(network, network)), ([one, other]) => {
      const [first, last] = range(one);
      const [otherFirst, otherLast] = range(other);
      const same = one.family === other.family;
      assert.equal(one.contains(other), same && first <= otherFirst && otherLast <= last);
      assert.equal(one.overlaps(other), same && first <= otherLast && otherFirst <= last);
      assert.equal(one.equals(other), same && first === otherFirst && last === otherLast);
    }),
  );
});

test('a widened network is the smallest of its length around the other', () => {
  fc.assert(
    fc.property(network, fc.integer({ min: 0, max: 128 }), (one, prefix) => {
      const wide = one.widen(prefix);
      assert.equal(wide.prefix, Math.min(prefix, one.prefix));
      assert.ok(wide.contains(one));
      const [first, last] = range(wide);
      assert.equal(first % (last - first + 1n), 0n);
    }),
  );
});

test('host bits of a CIDR are cleared, and a mapped network is IPv4', () => {
  assert.equal(String(parseNetwork('198.51.100.7/24')), '198.51.100.0/24');
  assert.equal(String(parseNetwork('0.0.0.0/0')), '0.0.0.0/0');
  assert.equal(String(parseNetwork('255.255.255.255/1')), '128.0.0.0/1');
  assert.equal(String(parseNetwork('198.51.100.7/32')), '198.51.100.7');
  assert.equal(String(parseNetwork('2001:db8:1:2:3::/64')), '2001:db8:1:2::/64');
  assert.equal(String(parseNetwork('::/0')), '::/0');
  assert.equal(String(parseNetwork('::ffff:198.51.100.7/120')), '198.51.100.0/24');
  assert.equal(String(parseNetwork('::ffff:0:0/96')), '0.0.0.0/0');
});

test('a prefix that is out of range or spelled oddly makes no network', () => {
  for (const text of [
    '1.2.3.4/33',
    '1.2.3.4/',
    '1.2.3.4/ 8',
    '1.2.3.4/08',
    '1.2.3.4/-1',
    '1.2.3.4/8.0',
    '1.2.3.4/1e1',
  ]) {
    assert.equal(parseNetwork(text), null, text);
  }
  for (const text of [
    '::/129',
    '::1/128/1',
    '::ffff:1.2.3.4/95',
    '/8',
    '',
    'example.com/8',
    '1.2.3.4/255.255.255.0',
  ]) {
    assert.equal(parseNetwork(text), null, text);
  }
});

test('an address ends where its bytes end, whatever follows them', () => {
  const out = new Uint32Array(4);
  for (const text of [
    '198.51.100.7',
    '2001:db8::1',
    '::ffff:1.2.3.4',
    '1.2.3',
    '2001:db8:',
    '1:2:3:4:5:6:7',
    '::',
  ]) {
    const alone = Buffer.from(text);
    const family = readAddress(alone, 0, alone.length, out);
    const words = [...out];
    for (const neighbours of ['7', '.7', ':7', 'f', '::', ' ', '\n']) {
      const among = Buffer.from(neighbours + text + neighbours);
      assert.equal(
        readAddress(among, neighbours.length, neighbours.length + alone.length, out),
        family,
        text,
      );
      if (family !== 0) assert.deepEqual([...out], words);
    }
  }
});
