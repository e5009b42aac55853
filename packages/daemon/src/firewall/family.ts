import type { FirewallConfig, Network } from '@portcullis/core';

/** One address family's programs and words. */
export interface Family {
  readonly number: 4 | 6;
  readonly name: 'IPv4' | 'IPv6';
  readonly iptables: 'iptables' | 'ip6tables';
  /** ipset's word. */
  readonly inet: 'inet' | 'inet6';
  /** What the set's name ends in. */
  readonly setSuffix: '' | '-v6';
  readonly rejectTypes: Readonly<Record<Exclude<FirewallConfig['rejectWith'], 'tcp-reset' | 'drop'>, string>>;
}

export const ipv4: Family = {
  number: 4,
  name: 'IPv4',
  iptables: 'iptables',
  inet: 'inet',
  setSuffix: '',
  rejectTypes: {
    'icmp-port-unreachable': 'icmp-port-unreachable',
    'icmp-host-unreachable': 'icmp-host-unreachable',
    'icmp-net-unreachable': 'icmp-net-unreachable',
    'icmp-admin-prohibited': 'icmp-admin-prohibited',
  },
};

export const ipv6: Family = {
  number: 6,
  name: 'IPv6',
  iptables: 'ip6tables',
  inet: 'inet6',
  setSuffix: '-v6',
  rejectTypes: {
    'icmp-port-unreachable': 'icmp6-port-unreachable',
    'icmp-host-unreachable': 'icmp6-addr-unreachable',
    'icmp-net-unreachable': 'icmp6-no-route',
    'icmp-admin-prohibited': 'icmp6-adm-prohibited',
  },
};

export const familyOf = (network: Network): Family => (network.family === 4 ? ipv4 : ipv6);
