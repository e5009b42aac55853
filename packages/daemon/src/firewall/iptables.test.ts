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
  'iptables',
  async () => {
    const namespace = await createNamespace();
    const config = { ...defaultFirewall, backend: 'iptables' } as const;
    return {
      firewall: await createFirewall(config, namespace.exec, clock),
      clock,
      // The kernel's clock is the subject here: it cannot be advanced.
      pass: wait,
      [Symbol.asyncDispose]: () => namespace[Symbol.asyncDispose](),
    };
  },
  { endsByItself: false, skip: namespacesLeftOut },
);

describeKernelFirewall('iptables');
