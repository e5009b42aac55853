import fs from 'node:fs';
import type { CountryResponse, Reader } from 'maxmind';
import { packCountry } from './country-code.ts';
import { withoutSpecial } from './special-ranges.ts';
import type { Range, TableContents } from './write-range-table.ts';

/** `1.0.0.0` as number, `1.0.0.255` as number, AS number, and its name, in quotes where it has a comma. */
const row = /^([0-9]+),([0-9]+),([0-9]+),(?:"((?:[^"]|"")*)"|(.*))$/;

/**
 * Ranges and names of autonomous systems from the `asn-…-num.csv` files of `@ip-location-db/asn`.
 * @throws Error at a line that is something else
 */
export function readSystems(ipv4File: string, ipv6File: string): Omit<TableContents, 'madeAt'> {
  const names = new Map<number, string>();
  const read = (path: string): Range[] =>
    fs
      .readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const [, first, last, number, quoted, plain] = row.exec(line) ?? [];
        if (number === undefined) throw new Error(`${path}: not a range: ${line.slice(0, 100)}`);
        const value = Number(number);
        names.set(value, plain ?? quoted!.replaceAll('""', '"'));
        return { first: BigInt(first!), last: BigInt(last!), value };
      });
  return { ipv4: withoutSpecial(4, read(ipv4File)), ipv6: withoutSpecial(6, read(ipv6File)), names };
}

/** A record of `@ip-location-db/geo-whois-asn-country-mmdb`. */
export type CountryRecord = CountryResponse & { readonly country_code?: string };

/** Every network of the data base, one after the other; of IPv6 those that are assigned, 2000::/3 (RFC 4291). */
export function readCountries(reader: Reader<CountryRecord>): Omit<TableContents, 'madeAt'> {
  const walk = (bits: 32 | 128, begin: bigint, end: bigint, write: (address: bigint) => string) => {
    const ranges: Range[] = [];
    for (let first = begin; first < end; ) {
      const [record, prefix] = reader.getWithPrefixLength(write(first));
      const next = first + (1n << BigInt(bits - prefix));
      const code = record?.country_code ?? '';
      if (/^[A-Z]{2}$/.test(code)) ranges.push({ first, last: next - 1n, value: packCountry(code) });
      first = next;
    }
    return ranges;
  };
  return {
    ipv4: withoutSpecial(4, walk(32, 0n, 1n << 32n, writeIpv4)),
    ipv6: withoutSpecial(6, walk(128, 1n << 125n, 2n << 125n, writeIpv6)),
    names: new Map(),
  };
}

const writeIpv4 = (address: bigint): string =>
  [24n, 16n, 8n, 0n].map((shift) => (address >> shift) & 255n).join('.');

const writeIpv6 = (address: bigint): string =>
  address.toString(16).padStart(32, '0').match(/.{4}/g)!.join(':');
