import { PortcullisError } from '@portcullis/contracts';
import type { EnforcedBan, FirewallChange } from '@portcullis/core';

/** @throws invalid_address for a ban of every address: no set can hold it, and it would lock the host up */
export function refuseUnbannable(change: EnforcedBan | FirewallChange): void {
  const { network } = change;
  if (network.prefix !== 0 || isRemoval(change)) return;
  throw new PortcullisError('invalid_address', `${network} is every address and cannot be banned.`, {
    hint: 'Ban networks of at least one bit of prefix.',
  });
}

/** A ban is the change that adds it. */
export const isRemoval = (change: EnforcedBan | FirewallChange): boolean =>
  'action' in change && change.action === 'remove';
