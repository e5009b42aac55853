import type { Command } from 'commander';
import { tryPolicy } from '../policy-trial.ts';
import { type Session, withSession } from '../session.ts';

export function addPolicy(program: Command): void {
  const policy = program.command('policy').description('what another configuration would have done');
  policy
    .command('try')
    .argument('<file>', 'the proposed configuration')
    .argument(
      '[logs...]',
      'logs, patterns, .gz files, or -; the configured ones with those rotated when left out',
    )
    .description(
      'who would be banned besides, and who no longer, by the logs that are there; touches nothing',
    )
    .option(
      '--against <file>',
      'the configuration that holds; /etc/portcullis/portcullis.toml, else the defaults',
    )
    .option('--all', 'every difference, not the first of each kind')
    .addHelpText(
      'after',
      `
Addresses that logged in successfully in the same logs come first, with sites and times. A successful login proves no
innocence: an attacker may own an account. Exits with 1 where the proposed configuration would hit such an address that the
present one leaves alone or bans otherwise. Who is known by logins in these logs is spared as the daemon would spare him.

If the daemon answers on --socket, its allow list and the sites registered by command hold for both.

Examples:
  portcullis policy try stricter.toml
  portcullis policy try stricter.toml && cp stricter.toml /etc/portcullis/portcullis.toml
  journalctl -o short-iso | portcullis policy try stricter.toml -
  portcullis policy try stricter.toml '/var/log/auth.log*' --json | jq -r 'select(.change == "added").ip'`,
    )
    .action(
      withSession(
        (session: Session, proposed: string, files: string[], options: { against?: string; all?: boolean }) =>
          tryPolicy(session, { proposed, against: options.against, files, all: options.all === true }),
      ),
    );
}
