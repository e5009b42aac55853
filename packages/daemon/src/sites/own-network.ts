import { PortcullisError } from '@portcullis/contracts';
import { isOfOneClient, type Network, oneCustomer } from '@portcullis/core';
import { networkOf } from '../by-hand.ts';

/** Whether the network stands for one client: a single address, or an IPv6 network of /64 or narrower. */
export const isOneClient = (network: Network): boolean => isOfOneClient(network, oneCustomer);

/** @throws PortcullisError invalid_address; forbidden where it is more than one client */
export function oneClientOf(ip: string): Network {
  const network = networkOf(ip);
  if (isOneClient(network)) return network;
  throw new PortcullisError('forbidden', `${network} is more than one client: a site cannot decide on it.`, {
    hint: 'Name a single address, or an IPv6 network of /64 or narrower.',
  });
}
