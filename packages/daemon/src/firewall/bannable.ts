import { PortcullisError } from '@portcullis/contracts';
import type { FirewallChange } from '@portcullis/core';

/** @throws invalid_address for a ban of every address: no set can hold it, and it would lock the host up */
export function refuseUnbannable(changes: readonly FirewallChange[]): void {
  const all = changes.find(({ action, network }) => action === 'add' && network.prefix === 0);
  if (all === undefined) return;
  throw new PortcullisError('invalid_address', `${all.network} is every address and cannot be banned.`, {
    hint: 'Ban networks of at least one bit of prefix.',
  });
}
