import { PortcullisError } from '@portcullis/contracts';
import type { Command } from 'commander';
import { defaultConfigPath } from '../logs.ts';
import { withSession } from '../session.ts';

export function addClearFirewall(program: Command): void {
  program
    .command('clear-firewall')
    .description('take every rule and set of Portcullis out of the kernel, while the daemon is stopped')
    .option('--config <file>', 'the configuration', defaultConfigPath)
    .addHelpText(
      'after',
      `
Everybody is let in again. The database keeps the bans: when the daemon starts, it enforces them again.
Other programs' rules stay.

Example:
  sudo systemctl stop portcullis && sudo portcullis clear-firewall`,
    )
    .action(
      withSession(async ({ client, json, printJson, out }, { config }: { config: string }) => {
        const runs = await client.call('status').then(
          () => true,
          () => false,
        );
        if (runs) {
          throw new PortcullisError(
            'already_running',
            'The daemon runs and would repair its rules at once.',
            {
              hint: 'Stop it first: `systemctl stop portcullis`. To let one address in: `portcullis unban`.',
            },
          );
        }
        const { clearFirewall } = await import('@portcullis/daemon/clear-firewall');
        await clearFirewall(config);
        if (json) printJson({ cleared: true });
        else out.line("Portcullis' rules and sets are gone from the kernel.");
      }),
    );
}
