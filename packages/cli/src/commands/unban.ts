import type { Command } from 'commander';
import { readDuration, refuseUsage } from '../arguments.ts';
import { plural } from '../phrases.ts';
import { withSession } from '../session.ts';
import { visible } from '../terminal.ts';

interface Options {
  all?: boolean;
  allow?: string;
  jail?: string;
}

export function addUnban(program: Command): void {
  program
    .command('unban')
    .argument('[ip]', 'an address or a network (CIDR)')
    .description('lift the bans of an address, or all; audited')
    .option('--all', 'lift every ban')
    .option('--allow <duration>', 'also allow the address for so long, as 7d', readDuration)
    .option('--jail <name>', 'only in this jail')
    .addHelpText(
      'after',
      `
Exits with 1 where the address is not banned.

Examples:
  portcullis unban 198.51.100.7
  portcullis unban 198.51.100.7 --allow 7d
  portcullis unban --all`,
    )
    .action(
      withSession(async (session, ip: string | undefined, { all, allow, jail }: Options) => {
        const inJail = jail === undefined ? {} : { jail };
        if (all) {
          if (ip !== undefined)
            refuseUsage('An address and --all exclude each other.', 'See: portcullis unban --help');
          if (allow !== undefined) refuseUsage('--allow needs an address.', 'See: portcullis unban --help');
          const answer = await session.client.call('unbanAll', { query: inJail });
          if (session.json) session.printJson(answer);
          else session.out.line(`Lifted ${plural(answer.ended, 'ban')}.`);
          return;
        }
        if (ip === undefined)
          refuseUsage('Which address? Name one, or --all.', 'See: portcullis unban --help');
        const query = { ...inJail, ...(allow === undefined ? {} : { allow }) };
        const answer = await session.client.call('unban', { params: { ip }, query });
        if (session.json) return session.printJson(answer);
        for (const ban of answer.ended)
          session.out.line(`Unbanned ${visible(ban.ip)} (${visible(ban.jail)}).`);
        if (allow !== undefined) {
          session.out.line(`Allowed ${visible(ip)} for ${allow}.`);
          session.out.line(session.out.styled('dim', `Undo: portcullis allow remove ${visible(ip)}`));
        }
      }),
    );
}
