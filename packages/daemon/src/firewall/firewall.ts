import type { Clock, Firewall, FirewallConfig } from '@portcullis/core';
import type { Exec } from '../exec.ts';
import { createDryRun } from './dry-run.ts';
import { takingOver } from './handover.ts';
import { createIpset } from './ipset.ts';
import { createIptables } from './iptables.ts';
import { holdsNftTable } from './nft-table.ts';
import { createNftables, requireNftables } from './nftables.ts';
import { readServices, resolvePorts } from './ports.ts';
import { requireIpset, requireIptables } from './probe.ts';
import { holdsChains } from './table.ts';

/**
 * The configured backend; `auto` is ipset where it works, else iptables, and nftables where neither does. It takes over
 * what another backend left in the kernel. Leaves nothing there itself: that begins with `install`.
 *
 * @throws firewall_unavailable, saying what to install, and invalid_config for a port name that stands for no port
 */
export async function createFirewall(config: FirewallConfig, exec: Exec, clock: Clock): Promise<Firewall> {
  if (config.backend === 'dry-run') return createDryRun(clock);
  const ports = resolvePorts(config.ports, readServices());
  const { backend } = config;
  const nftables = () => createNftables(config, ports, exec, clock);
  const fromNftables = async () => ((await holdsNftTable(exec)) ? nftables() : null);
  const fromIptables = async () =>
    (await holdsChains(exec)) ? createIpset(config, ports, exec, clock) : null;
  if (backend === 'nftables') {
    await requireNftables(exec);
    return takingOver(nftables(), fromIptables);
  }
  if (await useIpset(backend, exec)) return takingOver(createIpset(config, ports, exec, clock), fromNftables);
  try {
    await requireIptables(exec);
  } catch (error) {
    if (backend === 'auto' && (await works(requireNftables(exec)))) return nftables();
    throw error;
  }
  return takingOver(createIptables(config, ports, exec, clock), fromNftables);
}

async function useIpset(backend: 'auto' | 'ipset' | 'iptables', exec: Exec): Promise<boolean> {
  if (backend === 'iptables') return false;
  if (backend === 'ipset') return requireIpset(exec).then(() => true);
  return works(requireIpset(exec));
}

const works = (probe: Promise<void>): Promise<boolean> =>
  probe.then(
    () => true,
    () => false,
  );
