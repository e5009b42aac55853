import { fullPrefix, Network } from './address.ts';

/** The NAT64 well-known prefix (RFC 6052): each of its addresses is another IPv4 client, never one /64 of a customer. */
export const nat64 = new Network(6, 0x0064ff9b, 0, 0, 0, 96);

/** The network that stands for one client: the address itself, or an IPv6 address's surrounding prefix. */
export function clientNetwork(address: Network, ipv6Prefix: number): Network {
  if (address.family === 4 || nat64.contains(address)) return address;
  return address.widen(Math.min(ipv6Prefix, fullPrefix(6)));
}

/** The network around a client that one customer or one machine room usually has: an IPv4 /24, an IPv6 /48. */
export function surroundingNetwork(client: Network): Network {
  if (client.family === 4) return client.widen(24);
  return client.widen(nat64.contains(client) ? 120 : 48);
}
