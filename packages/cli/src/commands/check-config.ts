import type { Command } from 'commander';
import { defaultConfigPath } from '../logs.ts';
import { withSession } from '../session.ts';
import { visible } from '../terminal.ts';

export function addCheckConfig(program: Command): void {
  program
    .command('check-config')
    .argument('[file]', 'the configuration', defaultConfigPath)
    .description('every problem of a configuration at once: dotted path, value, what is allowed')
    .addHelpText(
      'after',
      `
Exits with 2 where there is a problem.

Examples:
  portcullis check-config
  portcullis check-config ./portcullis.toml && portcullis policy try ./portcullis.toml`,
    )
    .action(
      withSession(async (session, file: string) => {
        const { readConfig } = await import('@portcullis/daemon/offline');
        const { jails } = readConfig(file);
        const names = jails.map(({ name }) => name);
        if (session.json) session.printJson({ file, valid: true, jails: names });
        else {
          const { out } = session;
          out.line(`${visible(file)} is valid; jails: ${names.join(', ') || 'none'}.`);
          if (file !== defaultConfigPath && out.columns !== null) {
            out.line(out.styled('dim', `Whom it would ban: portcullis policy try ${visible(file)}`));
          }
        }
      }),
    );
}
