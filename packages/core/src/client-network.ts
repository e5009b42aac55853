import { Network } from './address.ts';

/** The NAT64 well-known prefix (RFC 6052): each of its addresses is another IPv4 client, never one /64 of a customer. */
export const nat64 = new Network(6, 0x0064ff9b, 0, 0, 0, 96);

/** How long the prefix of the network is that stands for one client. */
export interface ClientPrefixes {
  /** 16 to 32. */
  readonly ipv4Prefix: number;
  /** 32 to 128. */
  readonly ipv6Prefix: number;
}

/** What one customer is given at least: an IPv4 address, or an IPv6 /64 (RFC 6177). */
export const oneCustomer: ClientPrefixes = { ipv4Prefix: 32, ipv6Prefix: 64 };

/** The network that stands for one client: the address itself, or the prefix around it. */
export function clientNetwork(address: Network, prefixes: ClientPrefixes): Network {
  if (address.family === 4) return address.widen(prefixes.ipv4Prefix);
  return address.widen(nat64.contains(address) ? nat64.prefix + prefixes.ipv4Prefix : prefixes.ipv6Prefix);
}

/** Whether all addresses of the network are one client. */
export const isOfOneClient = (network: Network, prefixes: ClientPrefixes): boolean =>
  network.isSingle || clientNetwork(firstOf(network), prefixes).contains(network);

const firstOf = ({ family, a, b, c, d }: Network): Network => new Network(family, a, b, c, d);

/** The network around a client that one customer or one machine room usually has: an IPv4 /24, an IPv6 /48. */
export function surroundingNetwork(client: Network): Network {
  if (client.family === 4) return client.widen(24);
  return client.widen(nat64.contains(client) ? 120 : 48);
}
