import type { Ban } from '@portcullis/contracts';
import type { Command } from 'commander';
import { readDuration } from '../arguments.ts';
import { ahead, at } from '../phrases.ts';
import { type ExitCode, type Session, withSession } from '../session.ts';
import { visible } from '../terminal.ts';

interface Options {
  for?: string;
  jail?: string;
  reason?: string;
  force?: boolean;
}

export function addBan(program: Command): void {
  program
    .command('ban')
    .argument('<ip>', 'an address or a network (CIDR)')
    .description('ban an address by hand; audited')
    .option(
      '--for <duration>',
      "how long, as 30m 12h 1d 4w, or -1 for ever; the jail's bantime when left out",
      readDuration,
    )
    .option('--jail <name>', 'the jail that enforces it; the first one when left out')
    .option('--reason <text>', 'shown to whoever asks why')
    .option('--force', 'even if ignoreip or the allow list exempts it')
    .addHelpText(
      'after',
      `
Examples:
  portcullis ban 198.51.100.7 --for 1d --reason "comment spam"
  portcullis ban 2001:db8:5::/48 --for=-1`,
    )
    .action(
      withSession(async (session, ip: string, { for: bantime, ...options }: Options) => {
        const body = { ip, ...options, ...(bantime === undefined ? {} : { bantime }) };
        const ban = await session.client.call('ban', { body });
        if (session.json) session.printJson(ban);
        return tell(session, ban);
      }),
    );
}

/** Says only what holds: a ban that the kernel does not have is no success. */
function tell({ json, out, now }: Session, ban: Ban): ExitCode {
  const ip = visible(ban.ip);
  const end = ban.until === null ? 'for ever' : `until ${at(ban.until)} (${ahead(ban.until, now)})`;
  const sentence = {
    active: `Banned ${ip} in ${visible(ban.jail)} ${end}.`,
    pending: `Recorded, but the kernel does not hold the ban of ${ip} yet. See: portcullis status`,
    failed: `Recorded, but the kernel refused the ban of ${ip}: ${visible(ban.reason)}`,
    ended: `The ban of ${ip} has ended already.`,
  }[ban.state];
  if (!json) {
    out.line(sentence);
    out.line(out.styled('dim', `Undo: portcullis unban ${ip}`));
  }
  return ban.state === 'active' ? 0 : 1;
}
