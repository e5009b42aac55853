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
import { isRemoval, refuseUnbannable } from './bannable.ts';
import { createChains, type FilterTables } from './chains.ts';
import { EntrySession } from './entry-session.ts';
import { type Family, familyOf, ipv6 } from './family.ts';
import { refuseFaults } from './faults.ts';
import { chainName, setName } from './names.ts';
import type { PortsOf } from './ports.ts';
import { bannedNetwork, setRule, verdicts } from './rules.ts';
import {
  createSet,
  destroySets,
  isOurSet,
  ourSets,
  readEntries,
  readSets,
  refuseForeignSet,
  restoreSetsAtOnce,
} from './sets.ts';
import { createTurns } from './turns.ts';
import { WatchedTables } from './watched-tables.ts';

/** The kernel counts a timeout in milliseconds of 31 bits: `ipset` refuses more than this many seconds. */
export const maxTimeoutSeconds = 2_147_483;

/**
 * Bans as entries of one set a jail and family, and one rule a chain that looks them up: the cost of a packet does not
 * depend on the number of bans.
 *
 * An entry ends by the kernel's own timeout, so a ban ends even if the daemon is dead. A ban for ever has timeout 0. A
 * ban that ends later than the kernel can count (24.8 days) gets the longest timeout there is, so that it still ends
 * without the daemon; `list` tells that nearer end, `planRepair` takes it for the wanted one until it is 11.6 days
 * away, and the next repair gives it the rest. So plans must be made at least every 13 days.
 */
export function createIpset(config: FirewallConfig, ports: PortsOf, exec: Exec, clock: Clock): Firewall {
  const inTurn = createTurns();
  const session = new EntrySession(exec);
  const chains = createChains(config, ports, exec, (family, jail) =>
    verdicts(config, family).map((verdict) => setRule(setName(jail, family), verdict)),
  );
  const tablesNow = new WatchedTables(exec, chains);
  let installed: readonly string[] = [];

  const setsOf = (jails: readonly string[], families: readonly Family[]) =>
    jails.flatMap((jail) =>
      families.map((family) => ({ jail, family, set: setName(jail, family), chain: chainName(jail) })),
    );

  const install = async (
    jails: readonly string[],
    bans: Iterable<EnforcedBan> = [],
  ): Promise<StructureReport> => {
    refuseSameSet(jails);
    const [tables, sets] = await Promise.all([chains.probe(), readSets(exec)]);
    const wanted = setsOf(jails, chains.families);
    chains.refuseForeign(jails, tables);
    for (const { set, family } of wanted) {
      const header = sets.get(set);
      if (header !== undefined) refuseForeignSet(set, header, family);
    }
    // Sets first, with what a chain of the iptables backend bans, so that no ban is out of force for a moment.
    const creations = wanted.map(({ set, family }) => createSet(set, family));
    const taken = wanted.flatMap(({ set, family, chain }) =>
      bansOneByOne(tables, family, chain).map((network) => `add ${set} ${network} timeout 0`),
    );
    if (creations.length > 0) await session.create(creations);
    await session.apply(taken, creations);
    const works = await Promise.allSettled([
      ourSets(sets).length === 0 ? session.apply(entryLines(bans, chains.families, clock), creations) : null,
      chains.write(jails, tables),
    ]);
    tablesNow.changed();
    for (const work of works) if (work.status === 'rejected') throw work.reason;
    const needed = new Set(wanted.map(({ set }) => set));
    await destroySets(
      exec,
      ourSets(sets).filter((set) => !needed.has(set)),
    );
    installed = jails;
    if (jails.length > 0) tablesNow.open();
    return refuseFaults(await inspect());
  };

  const inspect = async (alone: Alone = (read) => read()) => {
    const tables = await tablesNow.read();
    const sets = await alone(() => session.headers());
    const faults = chains.faults(installed, tables);
    const entries = new Map(installed.map((jail) => [jail, 0]));
    for (const { jail, set, family } of setsOf(installed, chains.families)) {
      const header = sets.get(set);
      if (header === undefined) faults.push(`Set ${set} is missing.`);
      else if (!isOurSet(header, family)) faults.push(`Set ${set} is not as Portcullis made it.`);
      else entries.set(jail, entries.get(jail)! + header.entries);
    }
    return { faults, entries };
  };

  const close = () => {
    session.close();
    tablesNow.close();
  };

  return {
    backend: 'ipset',
    sparesPorts: false,
    get families() {
      return chains.families.map(({ number }) => number);
    },
    get limits() {
      return chains.limits;
    },
    install: (jails, bans) => inTurn(() => install(jails, bans)),
    apply: (changes) => inTurn(() => session.apply(entryLines(changes, chains.families, clock))),
    advance(changes) {
      try {
        restoreSetsAtOnce(exec, entryLines(changes, chains.families, clock));
      } catch {
        // `apply` is given the same and says what is wrong with it.
      }
    },
    inspect,
    async list() {
      const bans: EnforcedBan[] = [];
      const read = ({ jail, set }: { jail: string; set: string }) => {
        return readEntries(exec, set, ({ network, timeout }) => {
          bans.push({ jail, network, until: timeout === 0 ? null : clock.now() + timeout * 1000 });
        });
      };
      for (const jail of installed) await Promise.all(setsOf([jail], chains.families).map(read));
      return bans;
    },
    async uninstall() {
      close();
      await inTurn(() => install([]));
      close();
    },
    close,
  };
}

function* entryLines(
  changes: Iterable<EnforcedBan | FirewallChange>,
  families: readonly Family[],
  clock: Clock,
): Generator<string> {
  for (const change of changes) {
    refuseUnbannable(change);
    const { jail, network, until } = change;
    const family = familyOf(network);
    if (!families.includes(family)) continue;
    const entry = `${setName(jail, family)} ${network}`;
    if (isRemoval(change)) yield `del ${entry}`;
    else if (until === null) yield `add ${entry} timeout 0`;
    else {
      // Asked for each entry: many take their time, and each timeout begins when the kernel gets it.
      const now = clock.now();
      if (until <= now) continue;
      yield `add ${entry} timeout ${Math.min(Math.ceil((until - now) / 1000), maxTimeoutSeconds)}`;
    }
  }
}

const bansOneByOne = (tables: FilterTables, family: Family, chain: string) => [
  ...new Set((tables.get(family)?.get(chain) ?? []).flatMap((rule) => bannedNetwork(rule)?.toString() ?? [])),
];

/** Jail `a-v6` would have the set that jail `a` has for IPv6. */
function refuseSameSet(jails: readonly string[]): void {
  const both = jails.find((jail) => jails.includes(`${jail}${ipv6.setSuffix}`));
  if (both === undefined) return;
  const name = `${both}${ipv6.setSuffix}`;
  throw new PortcullisError(
    'firewall_unavailable',
    `The jails ${both} and ${name} would share the set portcullis-${name}.`,
    {
      hint: `Give jail ${name} another name.`,
    },
  );
}
