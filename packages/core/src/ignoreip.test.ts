import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Network, parseNetwork } from './address.ts';
import { type Exemption, ExemptionList } from './ignoreip.ts';

const now = 1_764_000_000_000;

// Few addresses, so that they often meet; none of them reserved.
const network = fc.oneof(
  fc
    .tuple(fc.integer({ min: 0, max: 15 }), fc.integer({ min: 24, max: 32 }))
    .map(([low, prefix]) => new Network(4, 0, 0, 0, 0xc6336400 + low, prefix)),
  fc
    .tuple(
      fc.integer({ min: 0, max: 3 }),
      fc.integer({ min: 0, max: 3 }),
      fc.constantFrom(32, 62, 63, 64, 127, 128),
    )
    .map(([b, d, prefix]) => new Network(6, 0x20010db8, b, 0, d, prefix)),
);
const exemption: fc.Arbitrary<Exemption> = fc.record({
  network,
  source: fc.constantFrom('ignoreip', 'allow', 'host'),
  detail: fc.string(),
  until: fc.constantFrom(null, now - 1, now, now + 1),
});
const inForce = ({ until }: Exemption) => until === null || until > now;

test('an address is exempt exactly where an exemption in force holds it', () => {
  fc.assert(
    fc.property(fc.array(exemption, { maxLength: 10 }), network, (exemptions, asked) => {
      const found = new ExemptionList(exemptions).covering(asked, now);
      const holding = exemptions.filter((one) => inForce(one) && one.network.contains(asked));
      assert.equal(found !== null, holding.length > 0);
      assert.ok(found === null || holding.includes(found));
    }),
    { numRuns: 500 },
  );
});

test('every exemption in force that shares an address with a network is found, and no other', () => {
  fc.assert(
    fc.property(fc.array(exemption, { maxLength: 10 }), network, (exemptions, asked) => {
      const found = new ExemptionList(exemptions).overlapping(asked, now);
      const meeting = exemptions.filter((one) => inForce(one) && one.network.overlaps(asked));
      assert.equal(found.length, meeting.length);
      assert.deepEqual(new Set(found), new Set(meeting));
    }),
    { numRuns: 500 },
  );
});

test('reserved addresses are exempt without being named', () => {
  const list = new ExemptionList();
  for (const text of ['127.0.0.1', '::1', '0.0.0.0', '224.0.0.1', 'fe80::1', '127.0.0.0/16']) {
    const found = list.covering(parseNetwork(text)!, now);
    assert.equal(found?.source, 'reserved', text);
    assert.match(found.detail, new RegExp(`^${text.replaceAll('.', '\\.')} is an? `));
  }
  assert.equal(list.covering(parseNetwork('198.51.100.7')!, now), null);
});

test('a network around loopback is not exempt as a whole, but holds an exempt address', () => {
  const list = new ExemptionList();
  const wide = parseNetwork('126.0.0.0/7')!;
  assert.equal(list.covering(wide, now), null);
  assert.deepEqual(
    list.overlapping(wide, now).map((one) => String(one.network)),
    ['127.0.0.0/8'],
  );
});

test('a host name that resolves to twenty thousand addresses costs no more per question', () => {
  const exemptions = Array.from({ length: 20_000 }, (_, index) => ({
    network: new Network(4, 0, 0, 0, 0x0b000000 + index),
    source: 'ignoreip' as const,
    detail: '',
    until: null,
  }));
  const list = new ExemptionList(exemptions);
  assert.equal(list.covering(new Network(4, 0, 0, 0, 0x0b000000 + 19_999), now), exemptions[19_999]);
  assert.equal(list.covering(new Network(4, 0, 0, 0, 0x0b000000 + 20_000), now), null);
});
