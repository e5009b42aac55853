import type { FirewallPort } from './ports.ts';

export type RejectWith =
  | 'icmp-port-unreachable'
  | 'icmp-host-unreachable'
  | 'icmp-net-unreachable'
  | 'icmp-admin-prohibited'
  | 'tcp-reset'
  | 'drop';

/** The `[firewall]` table of the configuration, checked and complete. */
export interface FirewallConfig {
  readonly backend: 'auto' | 'ipset' | 'iptables' | 'nftables' | 'dry-run';
  /** Chains of the filter table that packets to the web server pass. DOCKER-USER is added where it exists. */
  readonly chains: readonly string[];
  /** Service names, numbers, or ranges as `8000:8010`. */
  readonly ports: readonly FirewallPort[];
  readonly protocols: readonly ('tcp' | 'udp')[];
  readonly rejectWith: RejectWith;
}
