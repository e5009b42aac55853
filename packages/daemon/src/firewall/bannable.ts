import { PortcullisError } from '@portcullis/contracts';
import type { FirewallChange } from '@portcullis/core';

/** @throws invalid_address for a ban of every address: no set can hold it, and it would lock the host up */
export function refuseUnbannable({ action, network }: FirewallChange): void {
  if (action !== 'add' || network.prefix !== 0) return;
  throw new PortcullisError('invalid_address', `${network} is every address and cannot be banned.`, {
    hint: 'Ban networks of at least one bit of prefix.',
  });
}
