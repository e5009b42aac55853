/** Makes the tables from the data packages, unless they are there: `node compile.ts`, run by the installation. */
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Reader } from 'maxmind';
import { magic } from './format.ts';
import { type CountryRecord, readCountries, readSystems } from './read-sources.ts';
import { type TableContents, writeRangeTable } from './write-range-table.ts';

const folder = path.join(import.meta.dirname, '../data');
const { resolve } = createRequire(import.meta.url);

/** Versions end in the hour of the data: `2.3.2026061719`. */
function sourceOf(name: string): { version: string; madeAt: number } {
  const { version } = JSON.parse(fs.readFileSync(resolve(`${name}/package.json`), 'utf8')) as {
    version: string;
  };
  const [, year, month, day, hour] = /\.(\d{4})(\d\d)(\d\d)(\d\d)$/.exec(version) ?? [];
  return { version, madeAt: Date.parse(`${year}-${month}-${day}T${hour}:00:00Z`) };
}

function compile(table: string, name: string, read: () => Omit<TableContents, 'madeAt'>): void {
  const { version, madeAt } = sourceOf(name);
  const file = path.join(folder, `${table}.bin`);
  const stamp = path.join(folder, `${table}.version`);
  const made = `${magic} ${version}`;
  if (fs.existsSync(file) && fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === made) return;
  fs.mkdirSync(folder, { recursive: true });
  // Renamed into place: whoever reads sees a whole table, the one of before or the new one.
  const unfinished = `${file}.${process.pid}`;
  fs.writeFileSync(unfinished, writeRangeTable({ ...read(), madeAt }));
  fs.renameSync(unfinished, file);
  fs.writeFileSync(stamp, made);
  console.log(`${table}.bin: ${fs.statSync(file).size} bytes, from ${name} ${version}`);
}

compile('asn', '@ip-location-db/asn', () =>
  readSystems(
    resolve('@ip-location-db/asn/asn-ipv4-num.csv'),
    resolve('@ip-location-db/asn/asn-ipv6-num.csv'),
  ),
);
compile('country', '@ip-location-db/geo-whois-asn-country-mmdb', () =>
  readCountries(
    new Reader<CountryRecord>(
      fs.readFileSync(resolve('@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb')),
    ),
  ),
);
