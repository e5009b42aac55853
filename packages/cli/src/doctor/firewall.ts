import { textOf } from './files.ts';
import { type Check, error, type Finding, ok, warning } from './finding.ts';
import { ask, outputOf, type Said } from './programs.ts';

export interface FirewallFacts {
  readonly backend: string;
  readonly root: boolean;
  /** `iptables -V`: the variant stands in brackets. */
  readonly version: Said;
  readonly chains: Said;
  readonly chains6: Said;
  readonly sets: Said;
  readonly tables: Said;
  /** Tables that legacy iptables has in the kernel. */
  readonly legacyTables: readonly string[];
}

/** Whether the programs that enforce bans are there and get through to the kernel, and which iptables it is. */
export const firewallCheck: Check<FirewallFacts> = {
  name: 'firewall',
  async gather({ config, exec, root }) {
    const chain = config.firewall.chains[0] ?? 'INPUT';
    const [version, chains, chains6, sets, tables] = await Promise.all([
      ask(exec, ['iptables', '-V']),
      ask(exec, ['iptables', '-w', '5', '-n', '-L', chain]),
      ask(exec, ['ip6tables', '-w', '5', '-n', '-L', chain]),
      ask(exec, ['ipset', 'list', '-n']),
      ask(exec, ['nft', 'list', 'tables']),
    ]);
    const legacyTables = textOf(`${root}/proc/net/ip_tables_names`).split('\n').filter(Boolean);
    const { backend } = config.firewall;
    return { backend, root: process.getuid?.() === 0, version, chains, chains6, sets, tables, legacyTables };
  },
  judge({ backend, root, ...said }) {
    if (backend === 'dry-run') {
      const advice = 'Set firewall.backend to "auto".';
      return [warning('firewall', 'The backend is dry-run: bans are recorded, not enforced.', advice)];
    }
    if (!root) {
      return [
        warning('firewall', 'Not looked at: only root may ask the kernel.', 'Run: sudo portcullis doctor'),
      ];
    }
    if (backend === 'nftables') return [works('nftables', 'nftables', said.tables)];
    const iptables = [
      works('iptables', 'iptables', said.chains),
      works('ip6tables', 'iptables', said.chains6),
    ];
    const sets = backend === 'iptables' ? [] : [works('ipset', 'ipset', said.sets)];
    return [...iptables, ...sets, ...variants(said)];
  },
};

function works(program: string, debianPackage: string, said: Said): Finding {
  if ('output' in said) return ok(program, `${program} works.`);
  return error(
    program,
    `${program} does not work: ${said.failure}`,
    `apt-get install ${debianPackage}; in a container the capability NET_ADMIN is needed.`,
  );
}

/** Rules of both variants are in force at once, but each program lists only its own. */
function variants({
  version,
  tables,
  legacyTables,
}: Pick<FirewallFacts, 'version' | 'tables' | 'legacyTables'>) {
  const isNft = outputOf(version).includes('nf_tables');
  const name = isNft ? 'iptables-nft' : 'iptables-legacy';
  const nftTables = outputOf(tables)
    .split('\n')
    .filter((line) => /^table (ip|ip6) (filter|nat|mangle|raw)$/.test(line));
  const both = isNft ? legacyTables.length > 0 : nftTables.length > 0;
  if (!both) return 'output' in version ? [ok('variant', `It is ${name}.`)] : [];
  const other = isNft ? 'iptables-legacy' : 'iptables-nft';
  return [
    warning(
      'variant',
      `It is ${name}, and ${other} has tables in the kernel, too: rules of both hold, each lists its own only.`,
      `Move the others' rules to one variant (update-alternatives --config iptables), or remember ${other}-save when you look.`,
    ),
  ];
}
