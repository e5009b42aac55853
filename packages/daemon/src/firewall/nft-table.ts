import { fullPrefix, type Network, parseNetwork } from '@portcullis/core';
import type { Exec } from '../exec.ts';
import { ExecError } from '../exec-error.ts';
import { type Family, familyOf, ipv4, ipv6 } from './family.ts';
import { chainName } from './names.ts';

/** All that the nftables backend has in the kernel: one table for both families, which belongs to it alone. */
export const tableName = 'inet portcullis';

/** A set holds networks of one length only, so that a look-up is one hash and networks may lie in each other. */
export interface NftSet {
  readonly name: string;
  readonly jail: string;
  readonly family: Family;
  readonly prefix: number;
}

/** `/` is in no place's name, so two places never share a set. */
export const setFor = (jail: string, family: Family, prefix: number): NftSet => ({
  name: `${chainName(jail)}/v${family.number}-${prefix}`,
  jail,
  family,
  prefix,
});

export const setOf = (jail: string, network: Network): NftSet =>
  setFor(jail, familyOf(network), network.prefix);

const setShape = /^portcullis(?:-|(?=\.))(\.?[a-z0-9-]+)\/v([46])-(\d{1,3})$/;

/** The set that a name stands for; null for a name of another form. */
export function parseSetName(name: string): NftSet | null {
  const [, jail, number, prefix] = setShape.exec(name) ?? [];
  return jail === undefined ? null : setFor(jail, number === '4' ? ipv4 : ipv6, Number(prefix));
}

export interface NftEntry {
  readonly network: Network;
  /** Milliseconds until it ends; null: it stays. */
  readonly expires: number | null;
}

/** What the kernel holds of the table. Rules and declarations are in nft's own words. */
export interface NftTable {
  readonly chains: ReadonlyMap<string, readonly string[]>;
  /** The lines that declare each set, without its elements. */
  readonly sets: ReadonlyMap<string, readonly string[]>;
  readonly entries: ReadonlyMap<string, number>;
}

/**
 * Reads the table, elements included: nft has no cheaper way to tell how many there are (5 µs of processor time each
 * with nft 1.0.6).
 *
 * @param take gets each element of sets whose names are of our form
 * @returns null where there is no such table
 */
export async function readNftTable(
  exec: Exec,
  take: (set: NftSet, entry: NftEntry) => void = () => undefined,
): Promise<NftTable | null> {
  const chains = new Map<string, string[]>();
  const sets = new Map<string, string[]>();
  const entries = new Map<string, number>();
  let lines: string[] = [];
  let set: NftSet | null = null;
  let inElements = false;
  const elements = (text: string): void => {
    const closed = text.endsWith('}');
    for (const spelled of (closed ? text.slice(0, -1) : text).split(',')) {
      const [address = '', ...words] = spelled.trim().split(' ');
      if (address === '' || set === null) continue;
      entries.set(set.name, entries.get(set.name)! + 1);
      const expires = words.indexOf('expires');
      const network = parseNetwork(`${address}/${set.prefix}`);
      if (network !== null)
        take(set, { network, expires: expires < 0 ? null : readDuration(words[expires + 1] ?? '') });
    }
    inElements = !closed;
  };
  const readLine = (line: string): void => {
    const text = line.trim();
    if (inElements) {
      elements(text);
      return;
    }
    const [, kind, name] = /^(set|chain) (\S+) \{$/.exec(text) ?? [];
    if (kind !== undefined) {
      lines = [];
      (kind === 'set' ? sets : chains).set(name!, lines);
      set = kind === 'set' ? parseSetName(name!) : null;
      if (set !== null) entries.set(set.name, 0);
    } else if (text.startsWith('elements = {')) elements(text.slice('elements = {'.length).trim());
    else if (text !== '' && text !== '}' && !text.startsWith('table ')) lines.push(text);
  };
  try {
    await exec.lines(['nft', 'list', 'table', ...tableName.split(' ')], readLine, { timeoutMs: 60_000 });
  } catch (error) {
    if (error instanceof ExecError && /No such file or directory/.test(error.facts.stderr)) return null;
    throw error;
  }
  return { chains, sets, entries };
}

/** Whether there is a table of our name. */
export const holdsNftTable = async (exec: Exec): Promise<boolean> =>
  `\n${(await exec(['nft', 'list', 'tables'])).stdout}`.includes(`\ntable ${tableName}\n`);

const units = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const;

/** A time as nft prints it, such as `23h59m52s656ms`, in milliseconds. */
function readDuration(spelled: string): number {
  let sum = 0;
  for (const [, number, unit] of spelled.matchAll(/(\d+)(ms|[dhms])/g))
    sum += Number(number) * units[unit as keyof typeof units];
  return sum;
}

/** The part of an address that a set of networks of this length looks up, in nft's words. */
export function sourceOf({ family, prefix }: NftSet): string {
  const address = family === ipv4 ? 'ip saddr' : 'ip6 saddr';
  return prefix === fullPrefix(family.number) ? address : `${address} & ${netmask(family, prefix)}`;
}

/** The netmask of a prefix length, as an address. */
function netmask({ number }: Family, prefix: number): string {
  const parts = number === 4 ? { count: 4, bits: 8 } : { count: 8, bits: 16 };
  const values = Array.from({ length: parts.count }, (_, index) => {
    const set = Math.min(parts.bits, Math.max(0, prefix - index * parts.bits));
    return ((1 << parts.bits) - 1) & ~((1 << (parts.bits - set)) - 1);
  });
  return number === 4 ? values.join('.') : values.map((value) => value.toString(16)).join(':');
}
