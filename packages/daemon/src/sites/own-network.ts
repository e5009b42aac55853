import { PortcullisError } from '@portcullis/contracts';
import { clientNetwork, Network } from '@portcullis/core';
import { networkOf } from '../by-hand.ts';

/** What one IPv6 customer is given at least (RFC 6177): narrower is the same client. */
const customerPrefix = 64;

/** Whether the network stands for one client: a single address, or an IPv6 network of /64 or narrower. */
export function isOneClient(network: Network): boolean {
  const { family, a, b, c, d } = network;
  return clientNetwork(new Network(family, a, b, c, d), customerPrefix).contains(network);
}

/** @throws PortcullisError invalid_address; forbidden where it is more than one client */
export function oneClientOf(ip: string): Network {
  const network = networkOf(ip);
  if (isOneClient(network)) return network;
  throw new PortcullisError('forbidden', `${network} is more than one client: a site cannot decide on it.`, {
    hint: 'Name a single address, or an IPv6 network of /64 or narrower.',
  });
}
