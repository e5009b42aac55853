import { type FirewallConfig, fullPrefix, type Network, parseNetwork } from '@portcullis/core';
import type { Family } from './family.ts';

/*
 * Rules as text, without the leading `-A CHAIN`, in exactly the words and order in which iptables-save prints them:
 * so the text is what is written, and what is compared with the kernel.
 */

/** The chain through which Docker lets packets to containers pass, for rules of others. */
export const dockerChain = 'DOCKER-USER';

/**
 * The jumps from `chain` to `target`, one for each protocol. In Docker's chain a packet already carries the
 * container's own port, so there the port that the client asked for is looked up in the connection: one jump a port.
 */
export function jumpRules(
  chain: string,
  target: string,
  protocols: FirewallConfig['protocols'],
  ports: readonly string[],
): string[] {
  return protocols.flatMap((protocol) =>
    chain === dockerChain
      ? ports.map(
          (port) => `-p ${protocol} -m conntrack --ctorigdstport ${port} --ctdir ORIGINAL -j ${target}`,
        )
      : [`-p ${protocol} -m multiport --dports ${ports.join(',')} -j ${target}`],
  );
}

const jumpShape =
  /^-p (?:tcp|udp) -m (?:multiport --dports [\d:,]+|conntrack --ctorigdstport [\d:]+ --ctdir ORIGINAL) -j (portcullis[-.]\S+)$/;
/** The chain to which a rule of the form of `jumpRules` jumps, whatever its ports; undefined for any other rule. */
export const jumpTarget = (rule: string): string | undefined => jumpShape.exec(rule)?.[1];

/** Whether a rule leads to the chain in any way. */
export const leadsTo = (rule: string, chain: string): boolean =>
  ` ${rule} `.includes(` -j ${chain} `) || ` ${rule} `.includes(` -g ${chain} `);

/** How banned packets are answered: what a rule matches besides the source, and its target. */
export interface Verdict {
  readonly match: '' | '-p tcp ';
  readonly target: string;
}

/** In the order in which they must stand. A TCP reset cannot answer UDP: that gets port-unreachable. */
export function verdicts(
  { rejectWith, protocols }: FirewallConfig,
  family: Family,
): readonly [Verdict, ...Verdict[]] {
  if (rejectWith === 'drop') return [{ match: '', target: '-j DROP' }];
  const reject = (type: string) => `-j REJECT --reject-with ${type}`;
  if (rejectWith !== 'tcp-reset') return [{ match: '', target: reject(family.rejectTypes[rejectWith]) }];
  const reset: Verdict = { match: '-p tcp ', target: reject('tcp-reset') };
  const other = { match: '', target: reject(family.rejectTypes['icmp-port-unreachable']) } as const;
  return protocols.includes('udp') ? [reset, other] : [reset];
}

export const setRule = (set: string, { match, target }: Verdict): string =>
  `${match}-m set --match-set ${set} src ${target}`;

export const banRule = (network: Network, { match, target }: Verdict): string =>
  `-s ${network}${network.isSingle ? `/${fullPrefix(network.family)}` : ''} ${match}${target}`;

const setShape =
  /^(?:-p tcp )?-m set --match-set portcullis[-.]\S+ src -j (?:DROP|REJECT --reject-with [a-z0-9-]+)$/;
const banShape = /^-s (\S+) (?:-p tcp )?-j (?:DROP|REJECT --reject-with [a-z0-9-]+)$/;

/** Whether a rule is one that Portcullis writes into its own chains, with any way to reject. */
export const isOurRule = (rule: string): boolean => setShape.test(rule) || banShape.test(rule);

/** The network that a rule of the form of `banRule` bans; null for any other rule. */
export function bannedNetwork(rule: string): Network | null {
  const spelled = banShape.exec(rule)?.[1];
  return spelled === undefined ? null : parseNetwork(spelled);
}
