import { PortcullisError } from '@portcullis/contracts';
import type { StructureReport } from '@portcullis/core';

/** @throws firewall_unavailable where faults were found right after the structure was written */
export function refuseFaults(report: StructureReport): StructureReport {
  const { faults } = report;
  if (faults.length === 0) return report;
  throw new PortcullisError(
    'firewall_unavailable',
    `The firewall is not as it was just written: ${faults.join(' ')}`,
    { hint: 'Another program may be changing it at the same time.' },
  );
}
