import { describeFirewall } from '../../../../test/support/firewall-conformance.ts';
import { createDryRun } from './dry-run.ts';

describeFirewall(
  'dry-run',
  async () => {
    let now = Date.parse('2026-11-21T19:00:00Z');
    const clock = { now: () => now };
    return {
      firewall: createDryRun(clock),
      clock,
      pass: async (ms) => {
        now += ms;
      },
      async [Symbol.asyncDispose]() {},
    };
  },
  { endsByItself: true },
);
