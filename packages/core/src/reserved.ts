import { type AddressWords, type Network, parseNetwork } from './address.ts';

/**
 * The range of addresses that no client on the other side of a connection can have, by name; null for all others.
 * Loopback (RFC 1122, RFC 4291), unspecified and "this network" (RFC 1122), link-local (RFC 3927, RFC 4291),
 * multicast (RFC 5771, RFC 4291), class E and the limited broadcast address (RFC 1112, RFC 919), and the deprecated
 * IPv4-compatible IPv6 addresses (RFC 4291 section 2.5.5.1) with the rest of ::/8, which nobody is given (RFC 4291
 * section 2.4) but NAT64's prefixes (RFC 6052, RFC 8215): the /64 around one of them would hold the loopback address.
 *
 * Private, shared and documentation ranges are not among them: behind a NAT or in a test they are clients.
 */
export function reservedRange(family: 4 | 6, words: AddressWords | readonly number[]): string | null {
  return family === 4 ? reservedIpv4(words[3]!) : reservedIpv6(words[0]!, words[1]!, words[2]!, words[3]!);
}

function reservedIpv4(word: number): string | null {
  const first = word >>> 24;
  if (first === 127) return 'loopback';
  if (first === 0) return 'unspecified';
  if (word >>> 16 === 0xa9fe) return 'link-local';
  if (word === 0xffffffff) return 'broadcast';
  if (first >= 240) return 'class E';
  return first >= 224 ? 'multicast' : null;
}

function reservedIpv6(a: number, b: number, c: number, d: number): string | null {
  if (a >>> 24 === 0xff) return 'multicast';
  if (a >>> 22 === 0xfe80 >>> 6) return 'link-local';
  if (a >>> 24 !== 0 || a === 0x0064ff9b) return null;
  if (a !== 0 || b !== 0 || c !== 0) return 'reserved';
  if (d === 0) return 'unspecified';
  return d === 1 ? 'loopback' : 'IPv4-compatible';
}

const reservedNetworks: readonly Network[] = [
  ...['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/3'],
  ...['::/8', 'fe80::/10', 'ff00::/8'],
].map((text) => parseNetwork(text)!);
/** NAT64's prefixes lie in ::/8 and are not reserved. */
const nat64Space = parseNetwork('64:ff9b::/32')!;

/** The reserved networks that have an address in common with this one. */
export const reservedWithin = (network: Network): Network[] =>
  nat64Space.contains(network) ? [] : reservedNetworks.filter((reserved) => reserved.overlaps(network));

/** Whether every address of the network is reserved. */
export const isReserved = (network: Network): boolean =>
  !nat64Space.overlaps(network) && reservedNetworks.some((reserved) => reserved.contains(network));
