import fs from 'node:fs/promises';
import type { Network } from '@portcullis/core';
import { packCountry, type TableName } from '@portcullis/origin-data';
import type { Reader, Response } from 'maxmind';
import type { OriginFile } from './origins.ts';

/** Larger files are refused: they are held in memory. GeoLite2 has 10 MB a file. */
const maxBytes = 256 * 1024 * 1024;
/** Names of systems, as AS names have 169 bytes at most. */
const maxName = 200;

/** Fields of MaxMind's GeoLite2 and GeoIP2 and of ip-location-db. */
interface Fields {
  readonly country?: { readonly iso_code?: unknown };
  readonly registered_country?: { readonly iso_code?: unknown };
  readonly country_code?: unknown;
  readonly autonomous_system_number?: unknown;
  readonly autonomous_system_organization?: unknown;
}

/**
 * An administrator's own .mmdb file, read with maxmind. It is loaded in the background: until it is there, nothing is known. It
 * stays in memory as a whole, so 10 MB for each of the GeoLite2 files.
 */
export class GeoFile implements OriginFile {
  readonly #kind: TableName;
  readonly #names = new Map<number, string>();
  #reader: Reader<Response> | null = null;
  #closed = false;
  /** When it is loaded, or has failed. */
  readonly loaded: Promise<void>;

  /** @param onTrouble told once, where the file cannot be read or is no .mmdb file */
  constructor(path: string, kind: TableName, onTrouble: (error: unknown) => void) {
    this.#kind = kind;
    this.loaded = this.#load(path).catch((error) => {
      if (!this.#closed) onTrouble(error);
    });
  }

  find(network: Network): number {
    if (this.#reader === null) return 0;
    if (network.family === 6 && this.#reader.metadata.ipVersion === 4) return 0;
    const [address] = String(network).split('/');
    const [record, prefix] = this.#reader.getWithPrefixLength(address!);
    if (record === null || prefix > network.prefix) return 0;
    return this.#kind === 'country' ? countryOf(record as Fields) : this.#systemOf(record as Fields);
  }

  nameOf(value: number): string | null {
    return this.#names.get(value) ?? null;
  }

  close(): void {
    this.#closed = true;
    this.#reader = null;
  }

  async #load(path: string): Promise<void> {
    const { size } = await fs.stat(path);
    if (size > maxBytes) throw new Error(`it has ${size} bytes, more than ${maxBytes}`);
    const [{ Reader: MaxmindReader }, bytes] = await Promise.all([import('maxmind'), fs.readFile(path)]);
    if (this.#closed) return;
    try {
      this.#reader = new MaxmindReader<Response>(bytes);
    } catch (cause) {
      throw new Error('it is no whole .mmdb file', { cause });
    }
  }

  #systemOf(fields: Fields): number {
    const { autonomous_system_number: asn, autonomous_system_organization: name } = fields;
    if (!Number.isInteger(asn)) return 0;
    // Asked for right after it was found, so that one is enough.
    this.#names.clear();
    if (typeof name === 'string') this.#names.set(asn as number, name.slice(0, maxName));
    return asn as number;
  }
}

function countryOf({ country, registered_country, country_code }: Fields): number {
  const code = country?.iso_code ?? registered_country?.iso_code ?? country_code;
  return typeof code === 'string' && /^[A-Z]{2}$/.test(code) ? packCountry(code) : 0;
}
