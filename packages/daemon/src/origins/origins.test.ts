import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { type OriginConfig, parseNetwork } from '@portcullis/core';
import { shippedTable } from '@portcullis/origin-data';
import { waitFor } from '../../../../test/support/wait-for.ts';
import { writeMmdb } from '../../../../test/support/write-mmdb.ts';
import { Origins } from './origins.ts';
import { ReverseNames } from './reverse-names.ts';
import { topOrigins } from './with-origins.ts';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'origins-'));
after(() => fs.rmSync(folder, { recursive: true }));
const inFolder = (name: string) => path.join(folder, name);

function create(settings: Partial<OriginConfig> = {}, shipped: typeof shippedTable = shippedTable) {
  const troubles: (string | null)[] = [];
  const origins = new Origins({
    settings: () => ({ countryFile: '', asnFile: '', reverseDns: false, ...settings }),
    reverseNames: new ReverseNames({ clock: { now: () => 0 }, servers: ['127.0.0.1:1'] }),
    onTrouble: (_, sentence) => troubles.push(sentence),
    shipped,
  });
  after(() => origins.close());
  return { origins, troubles, of: (ip: string) => origins.of(parseNetwork(ip)!) };
}

const unknown = { country: null, asn: null, as_name: null, host_name: null };

test('the data of the release says country, number and name of a network', () => {
  const { of, origins, troubles } = create();
  const google = { country: 'US', asn: 15169, as_name: 'Google LLC', host_name: null };
  for (const ip of ['8.8.8.8', '2001:4860:4860::8888', '2001:4860:4860::/64', '::ffff:8.8.8.8']) {
    assert.deepEqual(of(ip), google, ip);
  }
  assert.equal(origins.systemOf(parseNetwork('8.8.8.8')!), 15169);
  assert.deepEqual(troubles, []);
});

test('a network that lies in several countries or systems is in none', () => {
  const { of } = create();
  for (const ip of ['0.0.0.0/0', '8.0.0.0/6', '2000::/3', '::/0']) assert.deepEqual(of(ip), unknown, ip);
});

test('documentation and private addresses are nowhere', () => {
  const { of, origins } = create();
  for (const ip of ['198.51.100.7', '10.0.0.1', '127.0.0.1', '2001:db8::1', 'fe80::1', '::']) {
    assert.deepEqual(of(ip), unknown, ip);
    assert.equal(origins.systemOf(parseNetwork(ip)!), null);
  }
});

test('where no data was installed nothing is known, and that is no trouble', () => {
  const { of, troubles } = create({}, () => null);
  assert.deepEqual(of('8.8.8.8'), unknown);
  assert.deepEqual(troubles, []);
});

test('a table of the release that is broken is told once, and the other one goes on', () => {
  const file = inFolder('cut.bin');
  fs.writeFileSync(file, fs.readFileSync(shippedTable('country')!).subarray(0, 5000));
  const { of, troubles } = create({}, (name) => (name === 'country' ? file : shippedTable(name)));
  for (let again = 0; again < 3; again++) {
    assert.deepEqual(of('8.8.8.8'), { country: null, asn: 15169, as_name: 'Google LLC', host_name: null });
  }
  assert.deepEqual(troubles, [
    `Countries of addresses are not known: ${file} cannot be used: it has 5000 bytes instead of ${fs.statSync(shippedTable('country')!).size}. Install Portcullis again, then reload.`,
  ]);
});

test('a table that is cut while it is in use is told, and nobody fails', () => {
  const file = inFolder('shrinking.bin');
  fs.copyFileSync(shippedTable('asn')!, file);
  const { of, troubles } = create({}, (name) => (name === 'asn' ? file : shippedTable(name)));
  assert.equal(of('8.8.8.8').asn, 15169);
  fs.truncateSync(file, 100_000);
  assert.deepEqual(of('77.88.8.8'), { ...unknown, country: 'RU' });
  assert.match(
    troubles.join(),
    /^Networks of addresses are not known: .*shrinking\.bin cannot be used: it has become shorter/,
  );
});

const geoLite = {
  ...{ '198.51.100.0/24': { country: { iso_code: 'FR' }, registered_country: { iso_code: 'US' } } },
  ...{ '203.0.113.0/25': { registered_country: { iso_code: 'JP' } } },
  ...{ '192.0.2.0/24': { country: { iso_code: '<b>' } }, '2001:db8::/32': { country: { iso_code: 'SE' } } },
};
const geoAsn = {
  '198.51.100.0/24': {
    autonomous_system_number: 64500,
    autonomous_system_organization: 'Example <!channel>',
  },
  '203.0.113.0/25': { autonomous_system_number: 64501 },
  '192.0.2.0/24': { autonomous_system_number: 'many' },
};

test('files of one’s own in the form of GeoLite2 replace the data of the release', async () => {
  const [countryFile, asnFile] = [inFolder('country.mmdb'), inFolder('asn.mmdb')];
  fs.writeFileSync(countryFile, writeMmdb(geoLite));
  fs.writeFileSync(asnFile, writeMmdb(geoAsn));
  const { of, troubles } = create({ countryFile, asnFile });
  await waitFor(
    'both are loaded',
    () => of('198.51.100.7').country === 'FR' && of('198.51.100.7').asn === 64500,
  );
  assert.deepEqual(of('198.51.100.7'), {
    country: 'FR',
    asn: 64500,
    as_name: 'Example <!channel>',
    host_name: null,
  });
  assert.deepEqual(of('203.0.113.1'), { country: 'JP', asn: 64501, as_name: null, host_name: null });
  assert.deepEqual(of('203.0.113.0/24'), unknown);
  assert.deepEqual(of('203.0.113.200'), unknown);
  assert.deepEqual(of('192.0.2.1'), unknown);
  assert.deepEqual(of('8.8.8.8'), unknown);
  assert.equal(of('2001:db8::/64').country, 'SE');
  assert.deepEqual(troubles, []);
});

test('a file of one’s own that is missing, or no .mmdb file, is told with what to do', async () => {
  for (const [name, content, reason] of [
    ['missing.mmdb', null, /ENOENT/],
    ['text.mmdb', 'not a data base', /it is no whole \.mmdb file\./],
    ['empty.mmdb', '', /it is no whole \.mmdb file\./],
    [
      'table.mmdb',
      fs.readFileSync(shippedTable('country')!).subarray(0, 100_000),
      /it is no whole \.mmdb file\./,
    ],
  ] as const) {
    const countryFile = inFolder(name);
    if (content !== null) fs.writeFileSync(countryFile, content);
    const { of, troubles } = create({ countryFile });
    assert.equal(of('8.8.8.8').country, null);
    await waitFor('the trouble is told', () => troubles.length > 0);
    assert.match(troubles[0]!, reason);
    assert.ok(
      troubles[0]!.startsWith(`Countries of addresses are not known: ${countryFile} cannot be used: `),
    );
    assert.ok(
      troubles[0]!.endsWith(
        'Set enrichment.country_file to a .mmdb file that the daemon can read, then reload.',
      ),
    );
    assert.deepEqual(of('8.8.8.8'), { country: null, asn: 15169, as_name: 'Google LLC', host_name: null });
    assert.equal(troubles.length, 1);
  }
});

test('a file that is there after a reload is used, and the trouble is over', async () => {
  const countryFile = inFolder('later.mmdb');
  const { origins, of, troubles } = create({ countryFile });
  of('198.51.100.7');
  await waitFor('the trouble is told', () => troubles.length > 0);
  fs.writeFileSync(countryFile, writeMmdb(geoLite));
  origins.refresh();
  assert.deepEqual(troubles.slice(1), [null, null]);
  await waitFor('it is loaded', () => of('198.51.100.7').country === 'FR');
});

test('top lists name the ten with most bans, unknown ones among them', () => {
  const { origins } = create();
  const bans = ['8.8.8.8', '8.8.4.4', '77.88.8.8', '198.51.100.7'].map((ip) => ({
    network: parseNetwork(ip)!,
    failures: 3,
  }));
  assert.deepEqual(
    topOrigins(bans, (network) => origins.placeOf(network)),
    {
      top_countries: [
        { country: 'US', bans: 2, failures: 6 },
        { country: 'RU', bans: 1, failures: 3 },
        { country: null, bans: 1, failures: 3 },
      ],
      top_networks: [
        { asn: 15169, as_name: 'Google LLC', bans: 2, failures: 6 },
        { asn: 13238, as_name: 'YANDEX LLC', bans: 1, failures: 3 },
        { asn: null, as_name: null, bans: 1, failures: 3 },
      ],
      origins_of: 4,
    },
  );
});
