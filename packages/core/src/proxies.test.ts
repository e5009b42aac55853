import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Network, parseAddress, parseNetwork } from './address.ts';
import { cdnRanges } from './cdn-ranges.ts';
import { createProxies, Proxies } from './proxies.ts';
import { reservedWithin } from './reserved.ts';

const address = (text: string) => parseAddress(text)!;
const shipped = createProxies({ trustedProxies: [], cdns: true });

test('every shipped range is a canonical network, and its first and last address are found', () => {
  for (const { networks, checked, source } of cdnRanges) {
    assert.match(checked, /^20[0-9]{2}-[01][0-9]-[0-3][0-9]$/);
    assert.match(source, /^https:\/\//);
    for (const text of networks) {
      const network = parseNetwork(text)!;
      assert.equal(String(network), text);
      assert.equal(shipped.find(network)?.detail.includes(text), true, text);
    }
  }
});

test('no shipped range is reserved or private, and none has an address of another publisher', () => {
  const all = cdnRanges.flatMap(({ name, networks }) =>
    networks.map((text) => ({ name, network: parseNetwork(text)! })),
  );
  const never = ['10.0.0.0/8', '100.64.0.0/10', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'];
  for (const { name, network } of all) {
    assert.deepEqual(reservedWithin(network), [], String(network));
    for (const text of never) assert.ok(!network.overlaps(parseNetwork(text)!), `${network} is private`);
    for (const other of all)
      assert.ok(
        other.network === network || !other.network.overlaps(network),
        `${name}: ${network}, ${other.name}`,
      );
  }
});

for (const [text, whose] of [
  ['104.16.0.0', 'Cloudflare'],
  ['104.27.255.255', 'Cloudflare'],
  ['2606:4700::1', 'Cloudflare'],
  ['151.101.1.6', 'Fastly'],
  ['2a04:4e42::1', 'Fastly'],
  ['35.191.7.7', 'Google'],
  ['2600:2d00:1:1::9', 'Google'],
  ['130.176.76.255', 'CloudFront'],
  ['2600:9000:1fff::1', 'CloudFront'],
  ['45.60.1.1', 'Imperva'],
  ['192.88.135.9', 'Sucuri'],
] as const) {
  test(`${text} is ${whose}’s`, () => assert.match(shipped.find(address(text))!.detail, new RegExp(whose)));
}

for (const text of [
  '104.15.255.255',
  '104.32.0.0',
  '8.8.8.8',
  '0.0.0.0',
  '255.255.255.255',
  '::1',
  '2606:4701::1',
])
  test(`${text} is nobody’s`, () => assert.equal(shipped.find(address(text)), null));

test('a network is a proxy’s only if all of it is, and overlaps if a part is', () => {
  assert.equal(shipped.find(parseNetwork('104.0.0.0/8')!), null);
  assert.equal(shipped.overlapping(parseNetwork('104.0.0.0/8')!).length, 3);
});

test('trusted proxies are found beside the shipped ones, and inside them', () => {
  const proxies = createProxies({ trustedProxies: ['198.51.100.7', '104.16.1.0/24'], cdns: true });
  assert.match(proxies.find(address('198.51.100.7'))!.detail, /trusted_proxies/);
  assert.ok(proxies.find(address('104.16.1.9')));
  assert.ok(proxies.find(address('104.16.2.9')));
  assert.equal(createProxies({ trustedProxies: [], cdns: false }).find(address('104.16.1.9')), null);
});

test('the search finds what looking at all ranges finds', () => {
  const network = fc
    .tuple(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 16, max: 32 }))
    .map(([low, prefix]): Network => address(`198.51.${low >>> 8}.${low & 255}`).widen(prefix));
  const anyAddress = fc
    .integer({ min: 0, max: 0xffff })
    .map((low) => address(`198.51.${low >>> 8}.${low & 255}`));
  fc.assert(
    fc.property(fc.array(network, { maxLength: 30 }), anyAddress, (networks, wanted) => {
      const found = new Proxies(networks.map((each) => ({ network: each, detail: '' }))).find(wanted);
      assert.equal(
        found !== null,
        networks.some((each) => each.contains(wanted)),
      );
    }),
  );
});

test('ranges of any length are found, in both families', () => {
  const single = fc.oneof(
    fc.nat({ max: 0xffffffff }).map((word) => new Network(4, 0, 0, 0, word)),
    fc.nat({ max: 0xffffffff }).map((word) => new Network(6, word, word, 1, word)),
  );
  const within = fc
    .tuple(single, fc.nat({ max: 128 }))
    .map(([one, prefix]) => one.widen(Math.min(prefix, one.prefix)));
  fc.assert(
    fc.property(fc.array(within, { maxLength: 8 }), single, (networks, stranger) => {
      const proxies = new Proxies(networks.map((network) => ({ network, detail: '' })));
      for (const wanted of [...networks, stranger]) {
        assert.equal(
          proxies.find(wanted) !== null,
          networks.some((each) => each.contains(wanted)),
          `${wanted} in ${networks.join(' ')}`,
        );
      }
    }),
  );
});
