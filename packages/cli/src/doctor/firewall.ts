import type { Config } from '@portcullis/core';
import type { Exec } from '@portcullis/daemon/offline';
import { type Finding, fail, ok, warn } from './finding.ts';

/** Whether the programs that enforce bans are there and get through to the kernel. Changes nothing. */
export async function checkFirewall(config: Config, exec: Exec): Promise<Finding[]> {
  const { backend } = config.firewall;
  if (backend === 'dry-run') {
    return [
      warn('firewall', 'The backend is dry-run: bans are recorded, not enforced.', 'Set firewall.backend.'),
    ];
  }
  if (process.getuid?.() !== 0) {
    return [warn('firewall', 'Not checked: only root may ask the kernel.', 'Run: sudo portcullis doctor')];
  }
  const chains = config.firewall.chains;
  const checks = [
    probe(exec, 'iptables', ['iptables', '-w', '5', '-n', '-L', chains[0] ?? 'INPUT'], 'iptables'),
    probe(exec, 'ip6tables', ['ip6tables', '-w', '5', '-n', '-L', chains[0] ?? 'INPUT'], 'iptables'),
  ];
  if (backend !== 'iptables') checks.push(probe(exec, 'ipset', ['ipset', 'list', '-n'], 'ipset'));
  return await Promise.all(checks);
}

async function probe(
  exec: Exec,
  check: string,
  argv: readonly [string, ...string[]],
  debianPackage: string,
): Promise<Finding> {
  try {
    await exec(argv);
    return ok(check, `${check} works.`);
  } catch (error) {
    const sentence = error instanceof Error ? error.message.split('\n')[0]! : String(error);
    return fail(
      check,
      `${check} does not work: ${sentence}`,
      `apt-get install ${debianPackage}; in a container the capability NET_ADMIN is needed.`,
    );
  }
}
