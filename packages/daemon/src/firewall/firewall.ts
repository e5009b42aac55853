import { readFile } from 'node:fs/promises';
import { PortcullisError } from '@portcullis/contracts';
import type { Clock, Firewall, FirewallConfig } from '@portcullis/core';
import type { Exec } from '../exec.ts';
import { createDryRun } from './dry-run.ts';
import { createIpset } from './ipset.ts';
import { createIptables } from './iptables.ts';
import { resolvePorts } from './ports.ts';
import { requireIpset, requireIptables } from './probe.ts';

/**
 * The configured backend; `auto` is ipset where it works, else iptables. Leaves nothing in the kernel: that begins
 * with `install`.
 *
 * @throws firewall_unavailable, saying what to install, and invalid_config for a port name that stands for no port
 */
export async function createFirewall(config: FirewallConfig, exec: Exec, clock: Clock): Promise<Firewall> {
  if (config.backend === 'dry-run') return createDryRun(clock);
  if (config.backend === 'nftables') {
    throw new PortcullisError('firewall_unavailable', 'The nftables backend does not exist yet.', {
      hint: 'Set firewall.backend to "auto": iptables and ipset work on nftables kernels too.',
    });
  }
  const ports = resolvePorts(config.ports, await readFile('/etc/services', 'utf8').catch(() => ''));
  await requireIptables(exec);
  if (await useIpset(config.backend, exec)) return createIpset(config, ports, exec, clock);
  return createIptables(config, ports, exec, clock);
}

async function useIpset(backend: 'auto' | 'ipset' | 'iptables', exec: Exec): Promise<boolean> {
  if (backend === 'iptables') return false;
  if (backend === 'ipset') return requireIpset(exec).then(() => true);
  return requireIpset(exec).then(
    () => true,
    () => false,
  );
}
