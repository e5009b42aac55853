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
import { createChains, type FilterTables } from './chains.ts';
import { type Family, familyOf } from './family.ts';
import { refuseFaults } from './faults.ts';
import { chainName, setName } from './names.ts';
import { planBans } from './plan-bans.ts';
import type { PortsOf } from './ports.ts';
import { bannedNetwork, banRule, isOurRule, verdicts } from './rules.ts';
import { destroySets, ourSets, readEntries, readSets, type SetHeader } from './sets.ts';
import { createTurns } from './turns.ts';

/**
 * Each ban is a REJECT rule of its own in its jail's chain, so that `iptables -nL portcullis-<jail>` lists the banned
 * addresses as fail2ban's view does. That listing is this backend's purpose: each packet to the web server is compared
 * with every rule, so from a few thousand bans on ipset is the better choice.
 *
 * A rule has no timeout: whatever iptables offers for that would change the listing. So the daemon must end each ban,
 * and the ends are known to this process only: `list` tells null for a rule that another process wrote, and the plan
 * that follows gives it its end without touching the kernel.
 */
export function createIptables(config: FirewallConfig, ports: PortsOf, exec: Exec, clock: Clock): Firewall {
  const inTurn = createTurns();
  const chains = createChains(config, ports, exec, (family, _jail, present) =>
    banRules(config, family, present),
  );
  let installed: readonly string[] = [];
  /** By jail and network; at most one for each rule. */
  let ends = new Map<string, number>();

  const install = async (jails: readonly string[]): Promise<StructureReport> => {
    const tables = await chains.probe();
    chains.refuseForeign(jails, tables);
    const sets = ourSets(await existingSets(exec));
    if (sets.length > 0) await takeOver(jails, tables, sets);
    await chains.write(jails, sets.length > 0 ? await chains.read() : tables);
    await destroySets(exec, sets);
    installed = jails;
    return refuseFaults(await inspect());
  };

  /** What a chain of the ipset backend enforces becomes rules behind its own, before that one goes. */
  const takeOver = async (jails: readonly string[], tables: FilterTables, sets: readonly string[]) => {
    for (const [family, table] of tables) {
      const lines: string[] = [];
      for (const jail of jails) {
        const present = table.get(chainName(jail));
        const set = setName(jail, family);
        if (present === undefined || !sets.includes(set)) continue;
        const entries: FirewallChange[] = [];
        await readEntries(exec, set, ({ network }) => {
          entries.push({ action: 'add', jail, network, until: null });
        });
        lines.push(...planBans(jail, present, entries, verdicts(config, family), clock.now()));
      }
      if (lines.length > 0) await chains.restore(family, lines);
    }
  };

  const apply = async (changes: readonly FirewallChange[]): Promise<void> => {
    changes.forEach(refuseUnbannable);
    const now = clock.now();
    const byFamily = Map.groupBy(changes, ({ network }) => familyOf(network));
    const touched = chains.families.filter((family) => byFamily.has(family));
    for (const [family, table] of await chains.read(touched)) {
      const byJail = Map.groupBy(byFamily.get(family)!, ({ jail }) => jail);
      const lines = [...byJail].flatMap(([jail, ofJail]) =>
        planBans(jail, table.get(chainName(jail)) ?? [], ofJail, verdicts(config, family), now),
      );
      if (lines.length > 0) await chains.restore(family, lines);
    }
    for (const { action, jail, network, until } of changes) {
      if (action === 'add' && until !== null && until > now) ends.set(`${jail} ${network}`, until);
      else if (action === 'remove' || until === null) ends.delete(`${jail} ${network}`);
    }
  };

  const inspect = async (alone: Alone = (read) => read()) => {
    const tables = await alone(() => chains.read());
    const entries = new Map(installed.map((jail) => [jail, 0]));
    for (const [family, table] of tables) {
      for (const jail of installed) {
        const rules = (table.get(chainName(jail)) ?? []).filter(isOurRule).length;
        entries.set(jail, entries.get(jail)! + Math.ceil(rules / verdicts(config, family).length));
      }
    }
    return { faults: chains.faults(installed, tables), entries };
  };

  const list = async (): Promise<readonly EnforcedBan[]> => {
    const bans = new Map<string, EnforcedBan>();
    for (const table of (await chains.read()).values()) {
      for (const jail of installed) {
        for (const rule of table.get(chainName(jail)) ?? []) {
          const network = bannedNetwork(rule);
          if (network === null) continue;
          const key = `${jail} ${network}`;
          bans.set(key, { jail, network, until: ends.get(key) ?? null });
        }
      }
    }
    ends = new Map([...ends].filter(([key]) => bans.has(key)));
    return [...bans.values()];
  };

  return {
    backend: 'iptables',
    sparesPorts: false,
    get families() {
      return chains.families.map(({ number }) => number);
    },
    get limits() {
      return chains.limits;
    },
    install: (jails) => inTurn(() => install(jails)),
    apply: (changes) => inTurn(() => apply([...changes])),
    inspect,
    list: () => inTurn(list),
    uninstall: () => inTurn(() => install([]).then(() => undefined)),
    close() {},
  };
}

/** The rules of a chain, with the verdict that is configured now; themselves where they have it. */
function banRules(config: FirewallConfig, family: Family, present: readonly string[]): readonly string[] {
  const answers = verdicts(config, family);
  const [{ match, target }] = answers;
  const end = ` ${match}${target}`;
  if (answers.length === 1 && present.every((rule) => rule.startsWith('-s ') && rule.endsWith(end))) {
    return present;
  }
  const networks = new Map(
    present.flatMap((rule) => bannedNetwork(rule) ?? []).map((network) => [network.toString(), network]),
  );
  return [...networks.values()].flatMap((network) => answers.map((verdict) => banRule(network, verdict)));
}

/** Where ipset does not work there are no sets. */
const existingSets = (exec: Exec): Promise<ReadonlyMap<string, SetHeader>> =>
  readSets(exec).catch(() => new Map());
