import { setTimeout as wait } from 'node:timers/promises';
import { describeFirewall } from '../../../../test/support/firewall-conformance.ts';
import {
  clock,
  defaultFirewall,
  describeKernelFirewall,
} from '../../../../test/support/firewall-kernel-conformance.ts';
import { createNamespace, namespacesLeftOut } from '../../../../test/support/network-namespace.ts';
import { createFirewall } from './firewall.ts';

describeFirewall(
  'ipset',
  async () => {
    const namespace = await createNamespace();
    const config = { ...defaultFirewall, backend: 'ipset' } as const;
    return {
      firewall: await createFirewall(config, namespace.exec, clock),
      clock,
      // The kernel's clock is the subject here: it cannot be advanced.
      pass: wait,
      [Symbol.asyncDispose]: () => namespace[Symbol.asyncDispose](),
    };
  },
  { endsByItself: true, skip: namespacesLeftOut },
);

describeKernelFirewall('ipset');
