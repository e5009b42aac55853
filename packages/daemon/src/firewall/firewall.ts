import type { Clock, Firewall, FirewallConfig } from '@portcullis/core';
import type { Exec } from '../exec.ts';
import { createDryRun } from './dry-run.ts';
import { withGentlePlaces } from './gentle-places.ts';
import { takingOver } from './handover.ts';
import { createIpset } from './ipset.ts';
import { createIptables } from './iptables.ts';
import { isGentlePlace } from './names.ts';
import { holdsNftTable } from './nft-table.ts';
import { createNftables, requireNftables } from './nftables.ts';
import { gentlePorts, type PortsOf, readServices, resolvePorts } from './ports.ts';
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
  const closedGently = gentlePorts(ports);
  const portsOf: PortsOf = (place) => (isGentlePlace(place) ? (closedGently ?? ports) : ports);
  const open = (create: typeof createIpset): Firewall => {
    const firewall = create(config, portsOf, exec, clock);
    return closedGently === null ? firewall : withGentlePlaces(firewall, clock);
  };
  const { backend } = config;
  const nftables = () => open(createNftables);
  const fromNftables = async () => ((await holdsNftTable(exec)) ? nftables() : null);
  const fromIptables = async () => ((await holdsChains(exec)) ? open(createIpset) : null);
  if (backend === 'nftables') {
    await requireNftables(exec);
    return takingOver(nftables(), fromIptables);
  }
  if (await useIpset(backend, exec)) return takingOver(open(createIpset), fromNftables);
  try {
    await requireIptables(exec);
  } catch (error) {
    if (backend === 'auto' && (await works(requireNftables(exec)))) return nftables();
    throw error;
  }
  return takingOver(open(createIptables), fromNftables);
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
