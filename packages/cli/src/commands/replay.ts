import type { ReplayedDecision } from '@portcullis/core';
import type { Command } from 'commander';
import { defaultConfigPath, openLogs, readLogs } from '../logs.ts';
import { at, number, plural, tally } from '../phrases.ts';
import { tryPolicy } from '../policy-trial.ts';
import { type ExitCode, type Session, withSession } from '../session.ts';
import { visible, visibleJson } from '../terminal.ts';

export function addReplay(program: Command): void {
  program
    .command('replay')
    .argument(
      '[files...]',
      'logs, patterns, .gz files, or - for standard input; the configured logs when left out',
    )
    .description("what these logs would have led to, by the log's own clock; touches nothing")
    .option('--all', 'also say when a ban in force was prolonged')
    .option('--config <file>', 'whose jails apply; /etc/portcullis/portcullis.toml, else the defaults')
    .option('--against <file>', 'tell only what --config does otherwise than this configuration')
    .addHelpText(
      'after',
      `
Files are read one after the other, rotated ones first. Successful logins in them count as known_good says; a ban that waits for
the administrator is told as “hold”, and made when nobody answers. No daemon is asked, so there is no allow list.

With --against it says what differs, as “portcullis policy try” does (and with the allow list of the daemon, if it answers), and
exits with 1 where a ban more would hit an address that logged in successfully.

Examples:
  portcullis replay '/var/log/auth.log*'
  portcullis replay --config stricter.toml /var/log/auth.log --json | jq -r 'select(.action == "ban").ip'`,
    )
    .action(withSession(replay));
}

async function replay(
  session: Session,
  files: string[],
  { all, config, against }: { all?: boolean; config?: string; against?: string },
): Promise<ExitCode> {
  if (against !== undefined) {
    const proposed = config ?? defaultConfigPath;
    return tryPolicy(session, { proposed, against, files, all: all === true });
  }
  const { createZoneClock, Replay } = await import('@portcullis/core');
  const { detector, knownGood, paths } = await openLogs(files, config, session.colour);
  const zone = createZoneClock(Temporal.Now.timeZoneId());
  const printed: string[] = [];
  const tell = (decision: ReplayedDecision) => {
    printed.push(session.json ? visibleJson(decision) : describe(session, decision));
  };
  const options = { tellProlonged: all === true, knownGood };
  const run = new Replay(detector, zone, session.now, Math.random, tell, options);
  await readLogs(session.out, paths, {
    open() {
      run.nextLog();
      return { line: (bytes, start, end, cut) => run.line(bytes, start, end, cut), end: () => run.end() };
    },
    printed,
  });
  if (session.json) return 0;
  session.out.line(
    `${plural(run.lines, 'line')}, ${plural(run.failures, 'failure')} counted, ${plural(run.bans, 'ban')}`,
  );
  return 0;
}

function describe({ out }: Session, decision: ReplayedDecision): string {
  const { action, time, ip, jail, failures = 0, sites = {}, until = null, because, together } = decision;
  const colour = action === 'unban' ? 'green' : action === 'hold' ? 'yellow' : 'red';
  const start = `${out.styled('dim', at(time))}  ${out.styled(colour, action)}  ${ip}`;
  if (action === 'unban') return `${start} in ${visible(jail)}`;
  const where = tally(sites).map(([site, count]) => `${visible(site)} ${number(count)}`);
  return (
    `${start} in ${visible(jail)} ${until === null ? 'for ever' : `until ${at(until)}`}: ` +
    `${plural(failures, 'failure')} (${where.join(', ')})${togetherWith(together)}` +
    `${because === undefined ? '' : `; ${visible(because)}`}`
  );
}

const togetherWith = (together: ReplayedDecision['together']): string =>
  together === undefined
    ? ''
    : ` of ${number(together.failures)} by ${plural(together.clients, 'address', 'addresses')}: ${visible(together.key)}`;
