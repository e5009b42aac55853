import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { after, test } from 'node:test';
import { parseNetwork } from '@portcullis/core';
import { Reader } from 'maxmind';
import { RangeTable, shippedTable, unpackCountry } from './index.ts';
import { type CountryRecord, readSystems } from './read-sources.ts';

const country = new RangeTable(shippedTable('country') ?? assert.fail('the installation compiled no table'));
const asn = new RangeTable(shippedTable('asn') ?? assert.fail('the installation compiled no table'));
after(() => {
  country.close();
  asn.close();
});
const { resolve } = createRequire(import.meta.url);

const countryOf = (ip: string) => unpackCountry(country.find(parseNetwork(ip)!));
const systemOf = (ip: string) => asn.find(parseNetwork(ip)!);

test('addresses that everybody knows are where everybody knows them', () => {
  for (const [ip, code, system, name] of [
    ['8.8.8.8', 'US', 15169, 'Google LLC'],
    ['::ffff:8.8.8.8', 'US', 15169, 'Google LLC'],
    ['2001:4860:4860::8888', 'US', 15169, 'Google LLC'],
    ['2001:4860:4860::/64', 'US', 15169, 'Google LLC'],
    ['2a01:4f8::1', 'DE', 24940, 'Hetzner Online GmbH'],
    ['77.88.8.8', 'RU', 13238, 'YANDEX LLC'],
  ] as const) {
    assert.deepEqual([countryOf(ip), systemOf(ip), asn.nameOf(systemOf(ip))], [code, system, name], ip);
  }
});

test('nobody has private, shared, documentation, benchmark and reserved addresses, whatever the sources say', () => {
  for (const ip of [
    ...['0.0.0.0', '10.1.2.3', '100.64.0.1', '127.0.0.1', '169.254.1.1', '172.16.0.1', '192.168.1.1'],
    ...['192.0.2.1', '198.51.100.7', '203.0.113.9', '198.18.0.1', '224.0.0.1', '255.255.255.255'],
    ...['::1', 'fe80::1', 'fd00::1', '2001:db8::1', '2002:808:808::1', '3fff::1', 'ff02::1'],
  ]) {
    assert.deepEqual([country.find(parseNetwork(ip)!), systemOf(ip)], [0, 0], ip);
  }
});

test('the country table says what maxmind reads in its source', () => {
  const source = resolve('@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb');
  const reader = new Reader<CountryRecord>(fs.readFileSync(source));
  let compared = 0;
  for (let step = 0; step < 40_000; step++) {
    const word = Math.imul(step, 0x9e3779b1) >>> 0;
    const ip =
      step % 2 === 0
        ? [24, 16, 8, 0].map((shift) => (word >>> shift) & 255).join('.')
        : `2${(word >>> 20).toString(16).padStart(3, '0')}:${(word & 0xffff).toString(16)}::${step.toString(16)}`;
    const found = country.find(parseNetwork(ip)!);
    if (found === 0) continue;
    compared++;
    assert.equal(unpackCountry(found), reader.get(ip)?.country_code, ip);
  }
  assert.ok(compared > 15_000, `${compared} had a country`);
});

test('the AS table says what a scan of the source says', () => {
  const file = (name: string) => resolve(`@ip-location-db/asn/${name}`);
  const { ipv4, ipv6, names } = readSystems(file('asn-ipv4-num.csv'), file('asn-ipv6-num.csv'));
  const text = {
    4: (address: bigint) => [24n, 16n, 8n, 0n].map((shift) => (address >> shift) & 255n).join('.'),
    6: (address: bigint) => address.toString(16).padStart(32, '0').match(/.{4}/g)!.join(':'),
  };
  for (const [family, ranges] of [
    [4, ipv4],
    [6, ipv6],
  ] as const) {
    // A sample at both ends of the file and between: the scan is slow.
    for (let at = 0; at < ranges.length; at += Math.floor(ranges.length / 40)) {
      const { first, last } = ranges[at]!;
      for (const address of [first - 1n, first, last, last + 1n]) {
        const wanted = ranges.find((range) => range.first <= address && address <= range.last)?.value ?? 0;
        assert.equal(systemOf(text[family](address)), wanted, text[family](address));
      }
    }
  }
  for (const [number, name] of [...names].filter((_, at) => at % 500 === 0))
    assert.equal(asn.nameOf(number), name);
});
