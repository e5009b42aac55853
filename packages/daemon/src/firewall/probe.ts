import type { Exec } from '../exec.ts';
import { unusable } from './unusable.ts';

const name = 'portcullis-probe';
/** Comes and goes in one transaction, so that nothing is left whatever happens. */
const passingRule = [
  '*filter',
  `:${name} - [0:0]`,
  `-A ${name} -m set --match-set ${name} src -j DROP`,
  `-F ${name}`,
  `-X ${name}`,
  'COMMIT',
  '',
].join('\n');

/** @throws firewall_unavailable where iptables cannot be used, saying what to install or grant */
export async function requireIptables(exec: Exec): Promise<void> {
  await exec
    .lines(['iptables-save', '-t', 'filter'], () => {})
    .catch((error: unknown) => {
      throw unusable(error, 'iptables');
    });
}

/**
 * Makes a set and a rule that uses it, and removes both: the tool, the kernel's sets and iptables' match are each a
 * package or module of their own, and only this shows that they are there.
 *
 * @throws firewall_unavailable where one of them or iptables is not, saying what to install or grant
 */
export async function requireIpset(exec: Exec): Promise<void> {
  const set = (input: string) => exec(['ipset', 'restore', '-exist'], { input });
  try {
    await set(`create ${name} hash:net family inet timeout 0\n`);
    try {
      await exec(['iptables-restore', '--noflush', '-w', '5'], { input: passingRule });
    } finally {
      await set(`destroy ${name}\n`);
    }
  } catch (error) {
    await requireIptables(exec);
    throw unusable(error, 'ipset');
  }
}
