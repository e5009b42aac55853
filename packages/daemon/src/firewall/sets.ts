import { setTimeout as wait } from 'node:timers/promises';
import { PortcullisError } from '@portcullis/contracts';
import { type Network, parseNetwork } from '@portcullis/core';
import type { Exec } from '../exec.ts';
import { type Family, ipv4, ipv6 } from './family.ts';
import { isOurName } from './names.ts';

/**
 * Entries that one set can hold. When it is full the kernel refuses the next one, `apply` rejects with its sentence,
 * and what is there stays enforced. Memory is used only for entries that are there, about 40 bytes each.
 */
export const maxEntries = 4_194_304;

/** What the kernel says of a set without listing it. */
export interface SetHeader {
  readonly type: string;
  /** As in `family inet hashsize 1024 maxelem 65536 timeout 0`. */
  readonly parameters: string;
  readonly entries: number;
}

/** What lists the sets without their entries: a command of `ipset`. */
export const listHeaders = ['list', '-t'] as const;

/** The sets whose names could be ours. */
export async function readSets(exec: Exec): Promise<Map<string, SetHeader>> {
  const { take, sets } = createHeaderReader();
  await exec.lines(['ipset', ...listHeaders], take);
  return sets;
}

/** Reads lines of that list; `sets` grows with them. */
export function createHeaderReader(): { take(line: string): void; sets: Map<string, SetHeader> } {
  const sets = new Map<string, SetHeader>();
  let name = '';
  let type = '';
  let parameters = '';
  const take = (line: string) => {
    const colon = line.indexOf(': ');
    const value = line.slice(colon + 2);
    switch (line.slice(0, colon)) {
      case 'Name':
        name = value;
        break;
      case 'Type':
        type = value;
        break;
      case 'Header':
        parameters = value;
        break;
      case 'Number of entries':
        if (isOurName(name)) sets.set(name, { type, parameters, entries: Number(value) });
    }
  };
  return { take, sets };
}

/** An entry with its kernel timeout in seconds; 0: it stays. */
export interface SetEntry {
  readonly network: Network;
  readonly timeout: number;
}

/** Reads all entries of a set. */
export async function readEntries(exec: Exec, set: string, take: (entry: SetEntry) => void): Promise<void> {
  await exec.lines(['ipset', 'save', set], (line) => {
    const [word, , spelled = '', , timeout = ''] = line.split(' ');
    const network = word === 'add' ? parseNetwork(spelled) : null;
    if (network !== null) take({ network, timeout: Number(timeout) });
  });
}

const wantedParameters = (family: Family): string => `family ${family.inet} maxelem ${maxEntries} timeout 0`;

/** Without what the kernel chooses and changes by itself. */
const chosenParameters = ({ parameters }: SetHeader): string =>
  parameters.replaceAll(/ ?(hashsize|bucketsize|initval) \S+/g, '').trim();

export const createSet = (set: string, family: Family): string =>
  `create ${set} hash:net ${wantedParameters(family)}`;

export const isOurSet = (header: SetHeader, family: Family): boolean =>
  header.type === 'hash:net' && chosenParameters(header) === wantedParameters(family);

/** @throws firewall_unavailable where the set is not as Portcullis makes it */
export function refuseForeignSet(set: string, header: SetHeader, family: Family): void {
  if (isOurSet(header, family)) return;
  throw new PortcullisError(
    'firewall_unavailable',
    `The set ${set} is not Portcullis's: it is ${header.type} ${chosenParameters(header)}, not hash:net ${wantedParameters(family)}.`,
    { hint: `If nobody needs it, remove it: ipset destroy ${set} (first the rules that use it).` },
  );
}

const restoreArgv = ['ipset', 'restore', '-exist'] as const;
/** A set is filled with 100,000 entries in about a second. */
const restoreTimeout = 60_000;

/**
 * Carries out lines for `ipset restore`, in order, and reads them as fast as `ipset` takes them. What exists is replaced,
 * what is missing need not be deleted.
 */
export async function restoreSets(exec: Exec, lines: Iterable<string>): Promise<void> {
  await exec(restoreArgv, { input: lines, timeoutMs: restoreTimeout });
}

/** In milliseconds: 5,000 entries take 50, and nothing else goes on meanwhile. */
const atOnceTimeout = 1_000;

/** The same, now, and without a word where it fails. */
export function restoreSetsAtOnce(exec: Exec, lines: Iterable<string>): void {
  const input = [...lines].join('\n');
  if (input !== '') exec.atOnce(restoreArgv, `${input}\n`, atOnceTimeout);
}

/** The sets that are as Portcullis makes them. */
export const ourSets = (sets: ReadonlyMap<string, SetHeader>): string[] =>
  [...sets].filter(([, header]) => isOurSet(header, ipv4) || isOurSet(header, ipv6)).map(([set]) => set);

/**
 * Destroys sets that no rule uses any more. The kernel releases a set a moment after the rule that used it is gone, so
 * for at most a second it is tried again.
 */
export async function destroySets(exec: Exec, sets: readonly string[]): Promise<void> {
  let left = sets;
  for (let tries = 1; left.length > 0; tries++) {
    try {
      return await restoreSets(
        exec,
        left.map((set) => `destroy ${set}`),
      );
    } catch (error) {
      if (tries === 20) throw error;
      await wait(50);
      const there = await readSets(exec);
      left = left.filter((set) => there.has(set));
    }
  }
}
