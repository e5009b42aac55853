import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Network, parseAddress, parseNetwork } from './address.ts';
import { isReserved, reservedRange, reservedWithin } from './reserved.ts';

const rangeOf = (text: string): string | null => {
  const { family, a, b, c, d } = parseAddress(text)!;
  return reservedRange(family, [a, b, c, d]);
};

test('reserved ranges begin and end where their RFCs say', () => {
  const table: [inside: string[], name: string, outside: string[]][] = [
    [['0.0.0.0', '0.255.255.255'], 'unspecified', ['1.0.0.0']],
    [['127.0.0.0', '127.255.255.255', '::1'], 'loopback', ['126.255.255.255', '128.0.0.0']],
    [
      ['169.254.0.0', '169.254.255.255', 'fe80::', 'febf:ffff::1'],
      'link-local',
      ['169.253.255.255', '169.255.0.0', 'fe7f::1', 'fec0::1'],
    ],
    [['224.0.0.0', '239.255.255.255', 'ff00::', 'ffff::1'], 'multicast', ['223.255.255.255', 'feff::1']],
    [['240.0.0.0', '255.255.255.254'], 'class E', []],
    [['255.255.255.255'], 'broadcast', []],
    [['::'], 'unspecified', []],
    [['::2', '::ffff:ffff'], 'IPv4-compatible', []],
    [
      ['::1:0:0', '::1:0:0:0', '1::', 'ff:ffff::1', '64:ff9a::', '64:ff9c::'],
      'reserved',
      ['100::1', '64:ff9b::1', '64:ff9b:1::1'],
    ],
    [
      [],
      '',
      [
        '10.0.0.1',
        '172.16.0.1',
        '192.168.1.1',
        '100.64.0.1',
        '192.0.2.1',
        '198.18.0.1',
        'fd00::1',
        '2001:db8::1',
      ],
    ],
  ];
  for (const [inside, name, outside] of table) {
    for (const text of inside) assert.equal(rangeOf(text), name, text);
    for (const text of outside) assert.equal(rangeOf(text), null, text);
  }
});

const edge = fc.constantFrom(
  0,
  1,
  0x0064ff9a,
  0x0064ff9b,
  0x0064ff9c,
  0x00ffffff,
  0x01000000,
  0x7effffff,
  0x7f000000,
);
const word = fc.oneof(
  edge,
  fc.constantFrom(0x80000000, 0xa9fe0000, 0xe0000000, 0xfe800000, 0xfec00000, 0xff000000, 0xffffffff),
  fc.integer({ min: 0, max: 0xffffffff }),
);
const address = fc
  .tuple(fc.constantFrom<4 | 6>(4, 6), word, word, word, word)
  .map(([family, a, b, c, d]) => new Network(family, a, b, c, d));

test('an address is in a reserved range exactly where a reserved network holds it', () => {
  fc.assert(
    fc.property(address, (one) => {
      const reserved = reservedRange(one.family, [one.a, one.b, one.c, one.d]) !== null;
      assert.equal(isReserved(one), reserved, String(one));
      assert.equal(reservedWithin(one).length > 0, reserved, String(one));
    }),
    { numRuns: 1000 },
  );
});

test('a network that meets a reserved range says so, however wide it is', () => {
  const meeting = (text: string) => reservedWithin(parseNetwork(text)!).map(String);
  assert.deepEqual(meeting('126.0.0.0/7'), ['127.0.0.0/8']);
  assert.deepEqual(meeting('0.0.0.0/0'), ['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/3']);
  assert.deepEqual(meeting('::/64'), ['::/8']);
  assert.deepEqual(meeting('fc00::/6'), ['fe80::/10', 'ff00::/8']);
  assert.deepEqual(meeting('198.51.100.0/24'), []);
  assert.deepEqual(meeting('64:ff9b::/96'), []);
  assert.equal(isReserved(parseNetwork('126.0.0.0/7')!), false);
  assert.equal(isReserved(parseNetwork('127.0.0.0/9')!), true);
  assert.equal(isReserved(parseNetwork('::/8')!), false, 'NAT64 lies in it');
});
