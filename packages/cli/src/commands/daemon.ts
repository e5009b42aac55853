import type { Command } from 'commander';
import { defaultConfigPath } from '../logs.ts';

export function addDaemon(program: Command): void {
  program
    .command('daemon')
    .description('run in the foreground; SIGHUP reloads, SIGTERM and SIGINT stop')
    .requiredOption('--config <file>', 'the configuration')
    .addHelpText(
      'after',
      `
Logs JSON lines to standard error, or plain text on a terminal.

Example:
  portcullis daemon --config ${defaultConfigPath}`,
    )
    .action(async ({ config }: { config: string }) => {
      const { runDaemon } = await import('@portcullis/daemon/main');
      process.exitCode = await runDaemon({ configPath: config });
    });
}
