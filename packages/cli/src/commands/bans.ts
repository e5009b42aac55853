import type { Ban } from '@portcullis/contracts';
import { type Command, Option } from 'commander';
import { readCount } from '../arguments.ts';
import { collect } from '../lists.ts';
import { ago, ahead, number, origin, plural, tally } from '../phrases.ts';
import { type Session, withSession } from '../session.ts';
import { renderTable } from '../table.ts';
import { visible } from '../terminal.ts';

interface Options {
  site?: string;
  jail?: string;
  ip?: string;
  campaign?: string;
  all?: boolean;
  limit?: number;
  sort?: 'since';
}

export function addBans(program: Command): void {
  program
    .command('bans')
    .description('bans in force, the latest first')
    .option('--site <name>', 'only with evidence from this site')
    .option('--jail <name>', 'only of this jail')
    .option('--ip <ip>', 'only those that cover this address or network')
    .option('--campaign <id>', 'only of addresses that take part in this campaign')
    .option('--all', 'ended ones, too')
    .option('--limit <n>', 'at most so many', readCount)
    .addOption(
      new Option('--sort <field>', 'sort by; a leading - sorts downwards: --sort=-failures')
        .choices(
          ['since', 'until', 'failures', 'times_banned', 'ip'].flatMap((field) => [field, `-${field}`]),
        )
        .default('-since'),
    )
    .addHelpText(
      'after',
      `
Examples:
  portcullis bans --limit 20
  portcullis bans --site blog.example.com --all
  portcullis bans --json | jq -r '.items[].ip'`,
    )
    .action(
      withSession(async (session, { all, limit, ...filters }: Options) => {
        const query = { ...filters, ...(all ? { state: 'all' } : {}) };
        const list = await collect(session.client, 'listBans', query, limit);
        if (session.json) session.printJson(list);
        else printBans(session, list.items, list.total, all === true);
      }),
    );
}

/** Narrower terminals have no room to say where addresses come from. */
const widthForOrigins = 110;

function printBans({ out, now }: Session, bans: readonly Ban[], total: number, all: boolean): void {
  if (bans.length === 0) {
    out.line(all ? 'No bans.' : 'No bans in force. Ended ones: portcullis bans --all');
    return;
  }
  const origins =
    bans.some((ban) => origin(ban) !== '') && (out.columns ?? widthForOrigins) >= widthForOrigins;
  const columns = [
    { title: 'ADDRESS' },
    { title: 'JAIL' },
    { title: 'SINCE' },
    { title: 'ENDS' },
    { title: 'FAILURES', align: 'right' as const },
    { title: 'SITES', elastic: true as const },
    { title: 'USERS TRIED', elastic: true as const },
    ...(origins ? [{ title: 'FROM', elastic: true as const }] : []),
  ];
  const rows = bans.map((ban) => [
    visible(ban.ip),
    visible(ban.jail),
    ago(ban.since, now),
    ending(ban, now),
    number(ban.failures),
    tally(ban.sites)
      .map(([site]) => visible(site))
      .join(', '),
    ban.users.map(visible).join(', '),
    ...(origins ? [origin(ban)] : []),
  ]);
  for (const line of renderTable(out, columns, rows)) out.line(line);
  if (out.columns === null) return;
  out.line();
  const shown =
    bans.length < total ? `${number(bans.length)} of ${plural(total, 'ban')}` : plural(total, 'ban');
  out.line(out.styled('dim', `${shown}. Why: portcullis why ${bans[0]!.ip}`));
}

function ending(ban: Ban, now: number): string {
  if (ban.state === 'ended') return `ended ${ago(ban.ended_at!, now)} (${ban.ended_by})`;
  const words = [...(ban.state === 'active' ? [] : [ban.state]), ...(ban.gentle === true ? ['gentle'] : [])];
  return words.length === 0 ? ahead(ban.until, now) : `${ahead(ban.until, now)} (${words.join(', ')})`;
}
