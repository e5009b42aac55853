import type { Origin } from '@portcullis/contracts';
import type { Network, OriginConfig } from '@portcullis/core';
import { RangeTable, shippedTable, type TableName, unpackCountry } from '@portcullis/origin-data';
import { GeoFile } from './geo-file.ts';
import type { ReverseNames } from './reverse-names.ts';

export type Place = Omit<Origin, 'host_name'>;

/** What one file says of addresses: 0 and null where it says nothing. */
export interface OriginFile {
  /** @throws Error where the file can no longer be read */
  find(network: Network): number;
  /** What a value found stands for. */
  nameOf(value: number): string | null;
  close(): void;
}

export interface OriginsOptions {
  readonly settings: () => OriginConfig;
  readonly reverseNames: ReverseNames;
  /** What is wrong with a file, once; null: nothing any more. */
  readonly onTrouble: (subject: TableName, sentence: string | null) => void;
  /** The tables that came with the program; for tests. */
  readonly shipped?: (name: TableName) => string | null;
}

/** Names of systems that are kept: attacks come from few networks at a time. */
const maxNames = 1_000;

/**
 * Where addresses come from. Everything is opened at the first look-up: a daemon that nobody asks holds nothing. No method
 * throws: what cannot be read is not known, and `onTrouble` says why.
 */
export class Origins {
  readonly #options: OriginsOptions;
  readonly #files = new Map<TableName, OriginFile | null>();
  readonly #names = new Map<number, string | null>();

  constructor(options: OriginsOptions) {
    this.#options = options;
  }

  /** All that is known of a network as a whole; of one that lies in two countries, no country. */
  of(network: Network): Origin {
    const { reverseNames, settings } = this.#options;
    return {
      ...this.placeOf(network),
      host_name: settings().reverseDns ? reverseNames.get(network) : null,
    };
  }

  /** The same without its host name, for counts over many: asks nobody. */
  placeOf(network: Network): Place {
    const country = this.#find('country', network);
    const asn = this.#find('asn', network);
    return {
      country: country === 0 ? null : unpackCountry(country),
      asn: asn === 0 ? null : asn,
      as_name: asn === 0 ? null : this.#nameOf(asn),
    };
  }

  /** The number of the autonomous system alone: 2 µs at most, for whoever asks for each failure. */
  systemOf(network: Network): number | null {
    return this.#find('asn', network) || null;
  }

  /** Opens what the configuration names now, at the next look-up. */
  refresh(): void {
    this.close();
    for (const name of ['country', 'asn'] as const) this.#options.onTrouble(name, null);
  }

  close(): void {
    for (const file of this.#files.values()) file?.close();
    this.#files.clear();
    this.#names.clear();
  }

  #find(name: TableName, network: Network): number {
    if (!this.#files.has(name)) this.#files.set(name, this.#open(name));
    try {
      return this.#files.get(name)?.find(network) ?? 0;
    } catch (error) {
      this.#giveUp(name, this.#pathOf(name), error);
      return 0;
    }
  }

  #nameOf(asn: number): string | null {
    const known = this.#names.get(asn);
    if (known !== undefined) return known;
    const name = this.#files.get('asn')?.nameOf(asn) ?? null;
    if (this.#names.size >= maxNames) this.#names.delete(this.#names.keys().next().value!);
    this.#names.set(asn, name);
    return name;
  }

  #open(name: TableName): OriginFile | null {
    const path = this.#pathOf(name);
    if (path === null) return null;
    try {
      if (this.#ownPath(name) === '') return new RangeTable(path);
      return new GeoFile(path, name, (error) => this.#giveUp(name, path, error));
    } catch (error) {
      this.#giveUp(name, path, error);
      return null;
    }
  }

  #giveUp(name: TableName, path: string | null, error: unknown): void {
    this.#files.get(name)?.close();
    this.#files.set(name, null);
    const what = name === 'country' ? 'Countries' : 'Networks';
    const reason = error instanceof Error ? error.message : String(error);
    const advice =
      this.#ownPath(name) === ''
        ? 'Install Portcullis again'
        : `Set enrichment.${name}_file to a .mmdb file that the daemon can read`;
    this.#options.onTrouble(
      name,
      `${what} of addresses are not known: ${path} cannot be used: ${reason}. ${advice}, then reload.`,
    );
  }

  #ownPath(name: TableName): string {
    const { countryFile, asnFile } = this.#options.settings();
    return name === 'country' ? countryFile : asnFile;
  }

  #pathOf(name: TableName): string | null {
    return this.#ownPath(name) || (this.#options.shipped ?? shippedTable)(name);
  }
}
