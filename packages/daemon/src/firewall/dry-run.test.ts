import { describeFirewall } from '../../../../test/support/firewall-conformance.ts';
import { describeGentleBans } from '../../../../test/support/gentle-bans-conformance.ts';
import { createDryRun } from './dry-run.ts';

async function create() {
  let now = Date.parse('2026-11-21T19:00:00Z');
  const clock = { now: () => now };
  return {
    firewall: createDryRun(clock),
    clock,
    pass: async (ms: number) => {
      now += ms;
    },
    async [Symbol.asyncDispose]() {},
  };
}

describeFirewall('dry-run', create, { endsByItself: true });
describeGentleBans('dry-run', create);
