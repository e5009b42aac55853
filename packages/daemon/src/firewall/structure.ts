import { PortcullisError } from '@portcullis/contracts';
import type { FirewallConfig } from '@portcullis/core';
import type { Family } from './family.ts';
import { chainName, isOurName } from './names.ts';
import type { PortsOf } from './ports.ts';
import { dockerChain, isOurRule, jumpRules, jumpTarget, leadsTo } from './rules.ts';
import type { FilterTable } from './table.ts';

/*
 * Chains and jumps, the part of the structure that all iptables backends share: what it must be, and the lines for
 * `iptables-restore --noflush` that put it right. Pure.
 */

/** What must stand in one family's filter table. */
export interface Structure {
  readonly family: Family;
  readonly jails: readonly string[];
  readonly chains: readonly string[];
  readonly protocols: FirewallConfig['protocols'];
  readonly ports: PortsOf;
  /** The rules that a jail's chain must hold, given those of ours that it holds. */
  contents(jail: string, present: readonly string[]): readonly string[];
}

/** The chains that get the jumps: those configured, and Docker's where it exists. */
export const hookChains = ({ chains }: Structure, table: FilterTable): string[] => [
  ...chains.filter((chain) => chain !== dockerChain),
  ...(table.has(dockerChain) ? [dockerChain] : []),
];

export const wantedJumps = ({ jails, protocols, ports }: Structure, chain: string): string[] =>
  jails.flatMap((jail) => jumpRules(chain, chainName(jail), protocols, ports(jail)));

/** @throws firewall_unavailable where a configured chain is missing or a chain of our name is not ours */
export function refuseForeign(structure: Structure, table: FilterTable): void {
  const { iptables } = structure.family;
  if (structure.jails.length === 0) return;
  const missing = hookChains(structure, table).find((chain) => !table.has(chain));
  if (missing !== undefined) {
    throw new PortcullisError('firewall_unavailable', `${iptables} has no chain ${missing}.`, {
      hint: `Create it (${iptables} -N ${missing}) or take it out of firewall.chains.`,
    });
  }
  if (hookChains(structure, table).length === 0) {
    throw new PortcullisError(
      'firewall_unavailable',
      `No chain of firewall.chains exists in ${iptables}: ${structure.chains.join(', ')}.`,
      { hint: 'Add INPUT or FORWARD to firewall.chains.' },
    );
  }
  for (const chain of structure.jails.map(chainName)) {
    const foreign = (table.get(chain) ?? []).filter((rule) => !isOurRule(rule));
    if (foreign.length === 0) continue;
    const remove = foreign.length === 1 ? `-D ${chain} ${foreign[0]}` : `-F ${chain}`;
    throw new PortcullisError('firewall_unavailable', foreignRules(structure.family, chain, foreign), {
      hint: `If nobody needs it, remove it: ${iptables} ${remove}`,
    });
  }
}

export const foreignRules = (
  { iptables }: Family,
  chain: string,
  [first, ...more]: readonly string[],
): string =>
  `Chain ${chain} in ${iptables} holds a rule that is not Portcullis's: ${first}${more.length === 0 ? '.' : `, and ${more.length} more.`}`;

/**
 * The lines that make `table` what `structure` wants, in one transaction; none where it is so already. Chains of jails
 * that are no longer named go, with everything that leads to them, unless they hold rules that are not ours.
 */
export function planStructure(structure: Structure, table: FilterTable): string[] {
  return [
    ...planContents(structure, table),
    ...planJumps(structure, table),
    ...staleChains(structure, table).flatMap((chain) => [`-F ${chain}`, `-X ${chain}`]),
  ];
}

function planContents(structure: Structure, table: FilterTable): string[] {
  return structure.jails.flatMap((jail) => {
    const chain = chainName(jail);
    const present = table.get(chain);
    const wanted = structure.contents(jail, present ?? []);
    if (present !== undefined && sameRules(present, wanted)) return [];
    return [`:${chain} - [0:0]`, ...wanted.map((rule) => `-A ${chain} ${rule}`)];
  });
}

/** In each chain our jumps are the first rules, in their order, and there are no others of their form. */
function planJumps(structure: Structure, table: FilterTable): string[] {
  const hooks = hookChains(structure, table);
  const stale = staleChains(structure, table);
  return [...table].flatMap(([chain, rules]) => {
    const wanted = hooks.includes(chain) ? wantedJumps(structure, chain) : [];
    const held = rules.filter(
      (rule) => isJumpOfOurs(structure, rule) || stale.some((to) => leadsTo(rule, to)),
    );
    if (sameRules(held, wanted) && sameRules(rules.slice(0, wanted.length), wanted)) return [];
    return [
      ...held.map((rule) => `-D ${chain} ${rule}`),
      ...wanted.map((rule, index) => `-I ${chain} ${index + 1} ${rule}`),
    ];
  });
}

const isJumpOfOurs = ({ jails }: Structure, rule: string): boolean => {
  const target = jumpTarget(rule);
  return target !== undefined && jails.some((jail) => chainName(jail) === target);
};

function staleChains({ jails }: Structure, table: FilterTable): string[] {
  const wanted = new Set(jails.map(chainName));
  return [...table]
    .filter(([chain, rules]) => isOurName(chain) && !wanted.has(chain) && rules.every(isOurRule))
    .map(([chain]) => chain);
}

export const sameRules = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((rule, index) => rule === other[index]);
