import type { Firewall, FirewallConfig } from '@portcullis/core';
import type { Exec } from '../../packages/daemon/src/exec.ts';
import { createFirewall } from '../../packages/daemon/src/firewall/firewall.ts';
import type { NetworkNamespace } from './network-namespace.ts';

export const clock = { now: () => Date.now() };
export const defaultFirewall = {
  chains: ['INPUT'],
  ports: ['http', 'https'],
  protocols: ['tcp', 'udp'],
  rejectWith: 'icmp-port-unreachable',
  closeConnections: false,
} as const satisfies Omit<FirewallConfig, 'backend'>;

export type KernelBackend = 'ipset' | 'iptables';

export interface Host {
  /** A firewall of its own state over what the kernel holds, installed; `after` is called after each program it ran. */
  open(
    config?: Partial<FirewallConfig>,
    after?: (argv: readonly string[]) => Promise<void>,
  ): Promise<Firewall>;
  run: NetworkNamespace['run'];
  /** Gives `rules` to iptables-restore and ip6tables-restore. */
  load(rules: string, ...options: string[]): Promise<void>;
  rules(iptables: 'iptables' | 'ip6tables', chain: string): Promise<string[]>;
  /** All rules and sets, without counters and dates. */
  everything(): Promise<string>;
  /** The networks that a rule of wordpress's chain rejects now, where a jump leads to it. */
  bannedNow(): Promise<string[]>;
}

export function createHost({ exec, run }: NetworkNamespace, backend: KernelBackend): Host {
  const rules: Host['rules'] = async (iptables, chain) =>
    (await run(iptables, '-S', chain))
      .split('\n')
      .filter((line) => line.startsWith('-A '))
      .map((line) => line.slice(`-A ${chain} `.length));
  const everything = async () => {
    const tables = await Promise.all([run('iptables-save'), run('ip6tables-save'), run('ipset', 'list')]);
    return tables.join('\n').replaceAll(/^#.*\n|\[\d+:\d+\]/gm, '');
  };
  return {
    async open(config = {}, after) {
      const observed = after === undefined ? exec : observe(exec, after);
      const firewall = await createFirewall({ ...defaultFirewall, backend, ...config }, observed, clock);
      await firewall.install(['wordpress']);
      return firewall;
    },
    run,
    async load(text, ...options) {
      await exec(['iptables-restore', ...options], { input: text });
      await exec(['ip6tables-restore', ...options], { input: text });
    },
    rules,
    everything,
    async bannedNow() {
      const banned: string[] = [];
      const sets = await run('ipset', 'save');
      for (const iptables of ['iptables', 'ip6tables'] as const) {
        const table = await run(`${iptables}-save`, '-t', 'filter');
        if (!/^-A (?:INPUT|FORWARD) .* -j portcullis-wordpress$/m.test(table)) continue;
        for (const [, network] of table.matchAll(/^-A portcullis-wordpress -s (\S+) /gm))
          banned.push(network!);
        const set = /^-A portcullis-wordpress .*--match-set (\S+) /m.exec(table)?.[1];
        for (const [, network] of sets.matchAll(RegExp(`^add ${set} (\\S+) `, 'gm'))) banned.push(network!);
      }
      return [...new Set(banned.map((network) => network.replace(/\/(32|128)$/, '')))].sort();
    },
  };
}

function observe(exec: Exec, after: (argv: readonly string[]) => Promise<void>): Exec {
  const observed: Exec = async (argv, options) => {
    const output = await exec(argv, options);
    await after(argv);
    return output;
  };
  observed.follow = exec.follow;
  observed.converse = exec.converse;
  observed.atOnce = exec.atOnce;
  observed.lines = async (argv, take, options) => {
    await exec.lines(argv, take, options);
    await after(argv);
  };
  return observed;
}
