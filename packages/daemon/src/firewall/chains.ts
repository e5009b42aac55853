import type { FirewallConfig } from '@portcullis/core';
import type { Exec } from '../exec.ts';
import { type Family, ipv4, ipv6 } from './family.ts';
import type { PortsOf } from './ports.ts';
import { dockerChain } from './rules.ts';
import { planStructure, refuseForeign, type Structure } from './structure.ts';
import { structureFaults } from './structure-faults.ts';
import { type FilterTable, readTable } from './table.ts';
import { unusable } from './unusable.ts';

/** The filter tables of the families that this kernel has. */
export type FilterTables = ReadonlyMap<Family, FilterTable>;

/** Chains and jumps in the kernel. */
export interface Chains {
  /** The families that can be enforced, as the last `probe` found. */
  readonly families: readonly Family[];
  readonly limits: readonly string[];
  /** Whether nf_tables held every table that was read last. */
  readonly inNfTables: boolean;
  /** Finds out which families there are, and reads their tables. Rejects where IPv4 cannot be read. */
  probe(): Promise<FilterTables>;
  /** One family after the other: to start a program stops everything else for some milliseconds. */
  read(families?: readonly Family[]): Promise<FilterTables>;
  /** @throws firewall_unavailable */
  refuseForeign(jails: readonly string[], tables: FilterTables): void;
  /** Puts right what is not; one transaction a family, none where nothing is to do. */
  write(jails: readonly string[], tables: FilterTables): Promise<void>;
  faults(jails: readonly string[], tables: FilterTables): string[];
  /** Carries out lines for `iptables-restore` in one transaction. */
  restore(family: Family, lines: Iterable<string>): Promise<void>;
}

/** Legacy iptables holds one lock for all; so long we wait for another program to release it. */
const lockSeconds = 5;
/** Twenty thousand rules take half a second; a hundred thousand on a slow machine may take far longer. */
const restoreTimeoutMs = 60_000;

/**
 * @param contents the rules that a jail's chain must hold, given those of ours that it holds
 */
export function createChains(
  config: FirewallConfig,
  ports: PortsOf,
  exec: Exec,
  contents: (family: Family, jail: string, present: readonly string[]) => readonly string[],
): Chains {
  let families: readonly Family[] = [ipv4, ipv6];
  let limits: readonly string[] = [];
  const inNfTables = new Set<Family>();
  const whole = new Set([...config.chains, dockerChain]);

  const structure = (family: Family, jails: readonly string[]): Structure => ({
    family,
    jails,
    chains: config.chains,
    protocols: config.protocols,
    ports,
    contents: (jail, present) => contents(family, jail, present),
  });

  const read = async (wanted: readonly Family[] = families): Promise<FilterTables> => {
    const tables = new Map<Family, FilterTable>();
    for (const family of wanted) {
      inNfTables.delete(family);
      tables.set(family, await readTable(exec, family, whole, () => inNfTables.add(family)));
    }
    return tables;
  };

  const restore = async (family: Family, lines: Iterable<string>): Promise<void> => {
    const argv = [`${family.iptables}-restore`, '--noflush', '-w', String(lockSeconds)] as const;
    await exec(argv, { input: transaction(lines), timeoutMs: restoreTimeoutMs });
  };

  return {
    get families() {
      return families;
    },
    get limits() {
      return limits;
    },
    get inNfTables() {
      return families.every((family) => inNfTables.has(family));
    },
    async probe() {
      const [four, six] = await Promise.allSettled([read([ipv4]), read([ipv6])]);
      if (four.status === 'rejected') throw unusable(four.reason, 'iptables');
      families = six.status === 'fulfilled' ? [ipv4, ipv6] : [ipv4];
      limits = six.status === 'fulfilled' ? [] : [`IPv6 bans are not enforced: ${messageOf(six.reason)}`];
      return new Map([...four.value, ...(six.status === 'fulfilled' ? six.value : [])]);
    },
    read,
    refuseForeign(jails, tables) {
      for (const [family, table] of tables) refuseForeign(structure(family, jails), table);
    },
    async write(jails, tables) {
      const writes = await Promise.allSettled(
        [...tables].map(async ([family, table]) => {
          const lines = planStructure(structure(family, jails), table);
          if (lines.length > 0) await restore(family, lines);
        }),
      );
      for (const write of writes) if (write.status === 'rejected') throw write.reason;
    },
    faults: (jails, tables) =>
      [...tables].flatMap(([family, table]) => structureFaults(structure(family, jails), table)),
    restore,
  };
}

function* transaction(lines: Iterable<string>): Generator<string> {
  yield '*filter';
  yield* lines;
  yield 'COMMIT';
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
