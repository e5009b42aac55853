import { chainName } from './names.ts';
import { isOurRule, jumpTarget } from './rules.ts';
import { foreignRules, hookChains, type Structure, sameRules, wantedJumps } from './structure.ts';
import type { FilterTable } from './table.ts';

/** A sentence for each thing in `table` that is not as `structure` wants it. */
export function structureFaults(structure: Structure, table: FilterTable): string[] {
  const { iptables } = structure.family;
  const chainFaults = structure.jails.flatMap((jail) => {
    const chain = chainName(jail);
    const present = table.get(chain);
    if (present === undefined) return [`Chain ${chain} is missing in ${iptables}.`];
    const foreign = present.filter((rule) => !isOurRule(rule));
    if (foreign.length > 0) return [foreignRules(structure.family, chain, foreign)];
    const wanted = structure.contents(jail, present);
    return sameRules(present, wanted) ? [] : [`Chain ${chain} in ${iptables} does not hold its rules.`];
  });
  return [
    ...chainFaults,
    ...hookChains(structure, table).flatMap((chain) => jumpFaults(structure, chain, table.get(chain))),
  ];
}

function jumpFaults(structure: Structure, chain: string, rules: readonly string[] | undefined): string[] {
  const { iptables } = structure.family;
  if (rules === undefined) return [`Chain ${chain} is missing in ${iptables}.`];
  const wanted = wantedJumps(structure, chain);
  const found = new Set(rules);
  const faults = wanted
    .filter((rule) => !found.has(rule))
    .map((rule) => `${chain} in ${iptables} does not jump to ${describeJump(rule)}.`);
  const strange = rules.find((rule) => !wanted.includes(rule));
  const before = strange === undefined ? rules.length : rules.indexOf(strange);
  const late = wanted.find((rule) => rules.indexOf(rule) > before);
  if (late !== undefined) {
    faults.push(
      `The jump of ${chain} in ${iptables} to ${describeJump(late)} is at position ${rules.indexOf(late) + 1}, behind: ${strange}`,
    );
  }
  return faults;
}

const describeJump = (rule: string): string => {
  const port = /--ctorigdstport (\S+)/.exec(rule)?.[1];
  return `${jumpTarget(rule)} for ${rule.split(' ')[1]}${port === undefined ? '' : ` port ${port}`}`;
};
