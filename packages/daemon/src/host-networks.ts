import dns from 'node:dns';
import fs from 'node:fs';
import os from 'node:os';
import { type Exemption, Network, parseAddress } from '@portcullis/core';

/**
 * What the host must never ban, lest it cut itself off: its own addresses, its gateways (from the kernel's routing
 * tables) and its resolvers.
 */
export function hostExemptions(): Exemption[] {
  const found = new Map<string, Exemption>();
  const add = (text: string, detail: string) => {
    const network = parseAddress(text.split('%')[0]!);
    if (network === null || found.has(String(network))) return;
    found.set(String(network), { network, source: 'host', detail: `${network} is ${detail}`, until: null });
  };
  for (const [name, addresses] of Object.entries(os.networkInterfaces())) {
    for (const { address } of addresses ?? []) add(address, `this host's own address on ${name}`);
  }
  for (const gateway of [...ipv4Gateways(), ...ipv6Gateways()]) add(gateway, 'a gateway of this host');
  for (const server of dns.getServers())
    add(server.replace(/^\[(.*)\]:[0-9]+$/, '$1'), 'a resolver of this host');
  return [...found.values()];
}

const readLines = (path: string): string[] => {
  try {
    return fs.readFileSync(path, 'utf8').split('\n');
  } catch {
    return [];
  }
};

/** The third column of /proc/net/route: the gateway as a hexadecimal word in the byte order of the host (proc_net(5)). */
function ipv4Gateways(): string[] {
  return readLines('/proc/net/route')
    .slice(1)
    .map((line) => line.split('\t')[2])
    .filter((word): word is string => word !== undefined && /^[0-9A-F]{8}$/.test(word) && word !== '00000000')
    .map((word) => {
      const bytes = Buffer.from(word, 'hex');
      const value = os.endianness() === 'LE' ? bytes.readUInt32LE() : bytes.readUInt32BE();
      return String(new Network(4, 0, 0, 0, value));
    });
}

/** The fifth column of /proc/net/ipv6_route: the next hop as 32 hexadecimal digits. */
function ipv6Gateways(): string[] {
  return readLines('/proc/net/ipv6_route')
    .map((line) => line.split(/\s+/)[4])
    .filter((hop): hop is string => hop !== undefined && /^[0-9a-f]{32}$/.test(hop) && !/^0+$/.test(hop))
    .map((hop) => hop.replace(/(.{4})(?=.)/g, '$1:'));
}
