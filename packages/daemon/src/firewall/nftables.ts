import { PortcullisError } from '@portcullis/contracts';
import type {
  Alone,
  Clock,
  EnforcedBan,
  Firewall,
  FirewallChange,
  FirewallConfig,
  StructureReport,
} from '@portcullis/core';
import type { Exec } from '../exec.ts';
import { refuseUnbannable } from './bannable.ts';
import { refuseFaults } from './faults.ts';
import { maxTimeoutSeconds } from './ipset.ts';
import { chainName } from './names.ts';
import {
  firstSets,
  hooksOf,
  type NftStructure,
  refuseForeignTable,
  refuseStrangeChains,
  wantedRules,
  writeStructure,
} from './nft-structure.ts';
import { type NftSet, type NftTable, parseSetName, readNftTable, setOf, tableName } from './nft-table.ts';
import type { PortsOf } from './ports.ts';
import { createTurns } from './turns.ts';
import { unusable } from './unusable.ts';

/** Changes that one transaction of the kernel carries: its message must fit the socket's buffer. */
const changesAtOnce = 20_000;
const elementsAtOnce = 1000;

/**
 * Bans as elements with timeouts in sets of a table of our own, `inet portcullis`: one set a jail, family and length of
 * network. Each change of rules is one transaction, so there is never a moment without them.
 *
 * A ban that ends later than ipset can count gets the time that ipset would give it, for the same reason and with the
 * same renewal: nft's own limit lies between one year and 68, depending on its release.
 *
 * nft has no way to count the elements of a set without listing it: `inspect` costs 10 µs of processor time a ban.
 *
 * @throws firewall_unavailable for a chain of the configuration that only iptables has
 */
export function createNftables(config: FirewallConfig, ports: PortsOf, exec: Exec, clock: Clock): Firewall {
  refuseStrangeChains(config);
  const inTurn = createTurns();
  let installed: readonly string[] = [];
  let sets = new Map<string, NftSet>();
  /** The chains as nft printed them when they had just been written. */
  let written: ReadonlyMap<string, readonly string[]> = new Map();

  const nft = async (input: Iterable<string>): Promise<void> => {
    await exec(['nft', '-f', '-'], { input, timeoutMs: 60_000 });
  };

  const structureOf = async (jails: readonly string[]): Promise<NftStructure> => ({
    config,
    ports,
    hooks: hooksOf(config, await hasDocker(exec)),
    jails,
    sets: [...sets.values()],
  });

  const write = async (jails: readonly string[], present: NftTable | null): Promise<void> => {
    const structure = await structureOf(jails);
    await nft(writeStructure(structure, present));
    const table = await readNftTable(exec);
    const rules = [...(table?.chains.values() ?? [])]
      .flat()
      .filter((line) => !line.startsWith('type filter'));
    const missing = wantedRules(structure).length - rules.length;
    refuseFaults({
      faults: missing === 0 ? [] : [`The table ${tableName} has ${rules.length} rules.`],
      entries: new Map(),
    });
    written = table!.chains;
  };

  const install = async (jails: readonly string[]): Promise<StructureReport> => {
    const present = await read(exec);
    if (present !== null) refuseForeignTable(present);
    if (jails.length === 0) {
      if (present !== null) await nft([`delete table ${tableName}`]);
      sets = new Map();
      written = new Map();
    } else {
      const kept = [...(present?.sets.keys() ?? [])].map((name) => parseSetName(name)!);
      sets = new Map(
        [...jails.flatMap(firstSets), ...kept.filter(({ jail }) => jails.includes(jail))].map((set) => [
          set.name,
          set,
        ]),
      );
      await write(jails, present);
    }
    installed = jails;
    return refuseFaults(await inspect());
  };

  const inspect = async (alone: Alone = (read) => read()): Promise<StructureReport> => {
    const docker = await hasDocker(exec);
    const table = await alone(() => readNftTable(exec));
    const entries = new Map(installed.map((jail) => [jail, 0]));
    for (const [name, count] of table?.entries ?? []) {
      const { jail } = parseSetName(name)!;
      if (entries.has(jail)) entries.set(jail, entries.get(jail)! + count);
    }
    return { faults: installed.length === 0 ? [] : faults(table, hooksOf(config, docker)), entries };
  };

  /** Makes the sets, and the rules that look them up, for lengths of networks that were not banned before. */
  const provideSets = async (changes: readonly FirewallChange[]): Promise<void> => {
    const wanted = changes.filter(({ action }) => action === 'add');
    const unknown = wanted
      .map(({ jail, network }) => setOf(jail, network))
      .filter(({ name }) => !sets.has(name));
    if (unknown.length === 0) return;
    const before = sets;
    sets = new Map([...sets, ...unknown.map((set) => [set.name, set] as const)]);
    try {
      await write(installed, await read(exec));
    } catch (error) {
      sets = before;
      throw error;
    }
  };

  return {
    backend: 'nftables',
    sparesPorts: false,
    families: [4, 6],
    limits: [],
    install: (jails) => inTurn(() => install(jails)),
    apply: (changes) =>
      inTurn(async () => {
        const last = lastOfEach(changes, clock.now());
        last.forEach(refuseUnbannable);
        const strange = last.find(({ jail }) => !installed.includes(jail));
        if (strange !== undefined) throw notInstalled(strange.jail);
        await provideSets(last);
        const known = last.filter(({ jail, network }) => sets.has(setOf(jail, network).name));
        for (let from = 0; from < known.length; from += changesAtOnce) {
          await nft(elementLines(known.slice(from, from + changesAtOnce), clock));
        }
      }),
    inspect,
    async list() {
      const bans: EnforcedBan[] = [];
      await readNftTable(exec, ({ jail }, { network, expires }) => {
        if (installed.includes(jail))
          bans.push({ jail, network, until: expires === null ? null : clock.now() + expires });
      });
      return bans;
    },
    uninstall: () => inTurn(() => install([]).then(() => undefined)),
    close() {},
  };

  function faults(table: NftTable | null, hooks: readonly string[]): string[] {
    if (table === null) return [`The table ${tableName} of nftables is missing.`];
    const missing = [...sets.keys()]
      .filter((set) => !table.sets.has(set))
      .map((set) => `Set ${set} is missing.`);
    const altered = [...new Set([...hooks, ...installed.map(chainName), ...table.chains.keys()])]
      .filter((chain) => {
        const rules = table.chains.get(chain)?.join('\n');
        return rules === undefined || rules !== written.get(chain)?.join('\n');
      })
      .map((chain) => `Chain ${chain} of the table ${tableName} is not as Portcullis wrote it.`);
    return [...missing, ...altered];
  }
}

/** @throws firewall_unavailable where nft cannot be used, saying what to install or grant */
export async function requireNftables(exec: Exec): Promise<void> {
  await exec(['nft', 'list', 'tables']).catch((error: unknown) => {
    throw unusable(error, 'nftables');
  });
}

const read = (exec: Exec): Promise<NftTable | null> =>
  readNftTable(exec).catch((error: unknown) => {
    throw unusable(error, 'nftables');
  });

/** Docker writes through iptables, or from version 29 on into tables of its own. */
const hasDocker = async (exec: Exec): Promise<boolean> =>
  /^table ip docker-|chain DOCKER-USER /m.test((await exec(['nft', 'list', 'chains', 'ip'])).stdout);

/** The last change of each network in a jail: what a batch comes to. A ban that has ended changes nothing. */
function lastOfEach(changes: Iterable<FirewallChange>, now: number): FirewallChange[] {
  const last = new Map<string, FirewallChange>();
  for (const change of changes) {
    if (change.action === 'add' && change.until !== null && change.until <= now) continue;
    const key = `${change.jail} ${change.network}`;
    last.delete(key);
    last.set(key, change);
  }
  return [...last.values()];
}

/** nft refuses to delete what is not there and leaves the timeout of what is: so each is added, deleted, and added. */
function* elementLines(changes: readonly FirewallChange[], clock: Clock): Generator<string> {
  const bySet = Map.groupBy(changes, ({ jail, network }) => setOf(jail, network).name);
  for (const [set, all] of bySet) {
    const keys = all.map(({ network }) => addressOf(network.toString()));
    yield* commands('add', set, keys);
    yield* commands('delete', set, keys);
    const added = all.filter(({ action }) => action === 'add');
    yield* commands(
      'add',
      set,
      added.map(({ network, until }) => {
        const address = addressOf(network.toString());
        if (until === null) return address;
        return `${address} timeout ${Math.min(Math.max(1, Math.ceil((until - clock.now()) / 1000)), maxTimeoutSeconds)}s`;
      }),
    );
  }
}

function* commands(verb: 'add' | 'delete', set: string, elements: readonly string[]): Generator<string> {
  for (let from = 0; from < elements.length; from += elementsAtOnce) {
    const some = elements.slice(from, from + elementsAtOnce).join(', ');
    yield `${verb} element ${tableName} ${set} { ${some} }`;
  }
}

/** Without the length, which the set stands for. */
const addressOf = (network: string): string => network.split('/', 1)[0]!;

const notInstalled = (jail: string): PortcullisError =>
  new PortcullisError('firewall_unavailable', `The firewall has no chain for jail ${jail}.`);
