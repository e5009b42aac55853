import { PortcullisError } from '@portcullis/contracts';
import type { FirewallConfig } from '@portcullis/core';
import { type Family, ipv4, ipv6 } from './family.ts';
import { chainName } from './names.ts';
import { type NftSet, type NftTable, parseSetName, setFor, sourceOf, tableName } from './nft-table.ts';
import type { PortsOf } from './ports.ts';
import { dockerChain, verdicts } from './rules.ts';
import { maxEntries } from './sets.ts';

/*
 * Chains and sets of the nftables backend as text for `nft -f`: what they must be. Pure.
 */

/** The names that `firewall.chains` has for the kernel's hooks. */
const hooks: Readonly<Record<string, 'input' | 'forward'>> = {
  INPUT: 'input',
  FORWARD: 'forward',
  [dockerChain]: 'forward',
};
export type Hook = 'input' | 'forward';

/** @throws firewall_unavailable for a chain that only iptables has */
export function refuseStrangeChains({ chains }: FirewallConfig): void {
  const strange = chains.find((chain) => hooks[chain] === undefined);
  if (strange === undefined) return;
  throw new PortcullisError('firewall_unavailable', `The nftables backend has no chain ${strange}.`, {
    hint: 'Name INPUT or FORWARD in firewall.chains; packets pass its hooks whatever other tables hold.',
  });
}

/**
 * The hooks for the configured chains; packets to containers pass `forward`.
 *
 * @throws firewall_unavailable where there is none
 */
export function hooksOf({ chains }: FirewallConfig, docker: boolean): Hook[] {
  const wanted = chains.filter((chain) => chain !== dockerChain).map((chain) => hooks[chain]!);
  const all = [...new Set<Hook>([...wanted, ...(docker ? (['forward'] as const) : [])])];
  if (all.length > 0) return all;
  throw new PortcullisError('firewall_unavailable', 'No chain of firewall.chains exists: no Docker here.', {
    hint: 'Add INPUT or FORWARD to firewall.chains.',
  });
}

/** The sets that every jail has; others come with the first ban of their length. */
export const firstSets = (jail: string): NftSet[] => [setFor(jail, ipv4, 32), setFor(jail, ipv6, 64)];

export interface NftStructure {
  readonly config: FirewallConfig;
  readonly ports: PortsOf;
  readonly hooks: readonly Hook[];
  readonly jails: readonly string[];
  readonly sets: readonly NftSet[];
}

/** Before the priority of everybody's filter chains; a packet that they accept is still rejected here. */
const priority = -10;

/**
 * One transaction that makes the table what it must be, whatever of ours is there: rules are written anew, sets of the
 * jails stay with their elements, other sets and chains go.
 */
export function* writeStructure(structure: NftStructure, present: NftTable | null): Generator<string> {
  const { jails, sets } = structure;
  const chains = new Set([...structure.hooks, ...jails.map(chainName)]);
  const setNames = new Set(sets.map(({ name }) => name));
  yield `add table ${tableName}`;
  for (const { name, family } of sets) {
    yield `add set ${tableName} ${name} { type ${addressType(family)}; size ${maxEntries}; flags timeout; }`;
  }
  for (const hook of structure.hooks) {
    yield `add chain ${tableName} ${hook} { type filter hook ${hook} priority ${priority}; policy accept; }`;
  }
  for (const jail of jails) yield `add chain ${tableName} ${chainName(jail)}`;
  for (const chain of new Set([...(present?.chains.keys() ?? []), ...chains])) {
    yield `flush chain ${tableName} ${chain}`;
  }
  for (const [chain, rule] of wantedRules(structure)) yield `add rule ${tableName} ${chain} ${rule}`;
  for (const chain of present?.chains.keys() ?? []) {
    if (!chains.has(chain)) yield `delete chain ${tableName} ${chain}`;
  }
  for (const set of present?.sets.keys() ?? []) {
    if (!setNames.has(set)) yield `delete set ${tableName} ${set}`;
  }
}

/** Chain and rule, in the order in which they must stand. */
export function wantedRules({ config, ports, hooks, jails, sets }: NftStructure): [string, string][] {
  const lookUps = sets.flatMap((set) =>
    verdicts(config, set.family).map(({ match, target }): [string, string] => [
      chainName(set.jail),
      `${match === '' ? '' : 'meta l4proto tcp '}${sourceOf(set)} @${set.name} ${spellVerdict(target, set.family)}`,
    ]),
  );
  const jumps = hooks.flatMap((hook) =>
    jails.flatMap((jail) => {
      const dports = `{ ${ports(jail)
        .map((port) => port.replace(':', '-'))
        .join(', ')} }`;
      return config.protocols.map((protocol): [string, string] => [
        hook,
        hook === 'input'
          ? `${protocol} dport ${dports} jump ${chainName(jail)}`
          : // Docker has put the container's own port into the packet: the connection knows what the client asked for.
            `meta l4proto ${protocol} ct direction original ct original proto-dst ${dports} jump ${chainName(jail)}`,
      ]);
    }),
  );
  return [...lookUps, ...jumps];
}

/** iptables' target in nft's words. */
function spellVerdict(target: string, family: Family): string {
  if (target === '-j DROP') return 'drop';
  const type = target.replace('-j REJECT --reject-with ', '');
  if (type === 'tcp-reset') return 'reject with tcp reset';
  return family === ipv4
    ? `reject with icmp type ${type.replace('icmp-', '')}`
    : `reject with icmpv6 type ${type.replace(/^icmp6-/, '').replace('adm-', 'admin-')}`;
}

const addressType = (family: Family): string => (family === ipv4 ? 'ipv4_addr' : 'ipv6_addr');

const ourRule =
  /^(?:meta l4proto \S+ )?ip6? saddr .*@portcullis[-.]\S+ (?:.* )?(?:drop|reject.*)$|\bjump portcullis[-.]\S+$/;
const isOurRule = (rule: string): boolean => ourRule.test(rule) || rule.startsWith('type filter hook ');

/** @throws firewall_unavailable where the table holds what Portcullis never writes */
export function refuseForeignTable({ chains, sets }: NftTable): void {
  const strangeSet = [...sets].find(([name, lines]) => !isOurSet(name, lines))?.[0];
  const strangeRule = [...chains].flatMap(([, rules]) => rules).find((rule) => !isOurRule(rule));
  if (strangeSet === undefined && strangeRule === undefined) return;
  const what = strangeSet === undefined ? `the rule: ${strangeRule}` : `the set ${strangeSet}`;
  throw new PortcullisError(
    'firewall_unavailable',
    `The table ${tableName} of nftables is not Portcullis's alone: it holds ${what}.`,
    { hint: `If nobody needs it, remove the table: nft delete table ${tableName}` },
  );
}

function isOurSet(name: string, lines: readonly string[]): boolean {
  const set = parseSetName(name);
  return (
    set !== null &&
    lines.includes(`type ${addressType(set.family)}`) &&
    lines.some((line) => /^size \d+/.test(line)) &&
    lines.includes('flags timeout')
  );
}
