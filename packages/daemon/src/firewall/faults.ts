import { PortcullisError } from '@portcullis/contracts';

/** @throws firewall_unavailable where faults were found right after the structure was written */
export function refuseFaults(faults: readonly string[]): void {
  if (faults.length === 0) return;
  throw new PortcullisError(
    'firewall_unavailable',
    `The firewall is not as it was just written: ${faults.join(' ')}`,
    { hint: 'Another program may be changing it at the same time.' },
  );
}
