import { type MassUnbanQuery, parseDuration } from '@portcullis/contracts';
import type { Command } from 'commander';
import { readDuration, refuseUsage } from '../arguments.ts';
import { confirm, isAttended } from '../confirm.ts';
import { ago, number, plural } from '../phrases.ts';
import { type ExitCode, type Session, withSession } from '../session.ts';
import { visible } from '../terminal.ts';

interface Options {
  all?: boolean;
  allow?: string;
  jail?: string;
  site?: string;
  since?: string;
  network?: string;
  forgetHistory?: boolean;
  yes?: boolean;
}

export function addUnban(program: Command): void {
  program
    .command('unban')
    .argument('[ip]', 'an address or a network (CIDR)')
    .description('lift the bans of an address, or all that match; audited')
    .option('--all', 'lift every ban')
    .option('--site <name>', 'lift every ban with evidence from this site')
    .option('--since <duration>', 'lift every ban that began within so long, as 2h', readDuration)
    .option('--network <cidr>', 'lift every ban of this network')
    .option('--allow <duration>', 'also allow the address for so long, as 7d', readDuration)
    .option('--forget-history', 'also forget earlier bans: the next one is no longer than a first')
    .option('--jail <name>', 'only in this jail')
    .option('--yes', 'do not ask before lifting several')
    .addHelpText(
      'after',
      `
An unban also forgets what was counted of the address. --site, --since and --network narrow each other. On a terminal they
show what they would lift and ask; without one they do not. Exits with 1 where nothing is banned, or the answer is no.

Examples:
  portcullis unban 198.51.100.7
  portcullis unban 198.51.100.7 --allow 7d --forget-history
  portcullis unban --site blog.example.com --since 2h
  portcullis unban --network 198.51.100.0/24 --yes
  portcullis unban --all`,
    )
    .action(
      withSession((session: Session, ip: string | undefined, options: Options) => {
        const { all, site, since, network } = options;
        const many = all === true || site !== undefined || since !== undefined || network !== undefined;
        if (many && ip !== undefined) {
          const option = all ? '--all' : '--site, --since or --network';
          refuseUsage(`An address and ${option} exclude each other.`, seeHelp);
        }
        if (ip !== undefined) return unbanOne(session, ip, options);
        if (!many) refuseUsage('Which address? Name one, or --all.', seeHelp);
        if (options.allow !== undefined) refuseUsage('--allow needs an address.', seeHelp);
        return unbanMany(session, options);
      }),
    );
}

const seeHelp = 'See: portcullis unban --help';

async function unbanOne(
  session: Session,
  ip: string,
  { allow, jail, forgetHistory }: Options,
): Promise<ExitCode> {
  const answer = await session.client.call('unban', {
    params: { ip },
    query: {
      ...(jail === undefined ? {} : { jail }),
      ...(allow === undefined ? {} : { allow }),
      ...(forgetHistory ? { forget_history: true } : {}),
    },
  });
  if (session.json) {
    session.printJson(answer);
    return 0;
  }
  for (const ban of answer.ended) session.out.line(`Unbanned ${visible(ban.ip)} (${visible(ban.jail)}).`);
  if (forgetHistory) session.out.line(`Earlier bans of ${visible(ip)} no longer make the next one longer.`);
  if (allow !== undefined) {
    session.out.line(`Allowed ${visible(ip)} for ${allow}.`);
    session.out.line(session.out.styled('dim', `Undo: portcullis allow remove ${visible(ip)}`));
  }
  return 0;
}

async function unbanMany(session: Session, options: Options): Promise<ExitCode> {
  const query = queryOf(options, session.now);
  if (options.yes !== true && isAttended() && !(await mayLift(session, query))) {
    if (session.json) session.printJson({ ended: 0 });
    else session.out.line('Nothing was lifted.');
    return 1;
  }
  const answer = await session.client.call('unbanAll', {
    query: { ...query, ...(options.forgetHistory ? { forget_history: true } : {}) },
  });
  if (session.json) session.printJson(answer);
  else session.out.line(`Lifted ${plural(answer.ended, 'ban')}.`);
  return answer.ended === 0 && options.all !== true ? 1 : 0;
}

/** Bans that begin after the question are not in the answer. */
function queryOf({ jail, site, since, network }: Options, now: number): MassUnbanQuery {
  const ms = since === undefined ? null : (parseDuration(since) ?? null);
  return {
    ...(jail === undefined ? {} : { jail }),
    ...(site === undefined ? {} : { site }),
    ...(network === undefined ? {} : { ip: network }),
    ...(ms === null ? {} : { since: new Date(now - ms).toISOString() }),
    ...(isAttended() ? { until: new Date(now).toISOString() } : {}),
  };
}

/** Bans that the question shows. */
const shown = 10;

async function mayLift({ client, now }: Session, query: MassUnbanQuery): Promise<boolean> {
  const { items, total } = await client.call('listBans', { query: { ...query, limit: shown } });
  if (total === 0) return true;
  const lines = items.map((ban) => {
    const sites = Object.keys(ban.sites).map((site) => visible(site === '' ? '(no site)' : site));
    return `  ${visible(ban.ip)} (${visible(ban.jail)}), since ${ago(ban.since, now)}: ${sites.slice(0, 3).join(', ') || 'by hand'}`;
  });
  const more = total > items.length ? [`  and ${number(total - items.length)} more`] : [];
  process.stderr.write(`${[...lines, ...more].join('\n')}\n`);
  return confirm(`Lift ${plural(total, 'ban')}?`);
}
