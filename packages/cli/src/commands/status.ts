import { isNotice, type Status } from '@portcullis/contracts';
import type { Command } from 'commander';
import { ago, at, bytes, number, plural } from '../phrases.ts';
import { type Session, withSession } from '../session.ts';
import { renderTable } from '../table.ts';
import { visible } from '../terminal.ts';

export function addStatus(program: Command): void {
  program
    .command('status')
    .description('is all well, and what is enforced against what is wanted')
    .addHelpText(
      'after',
      `
Exits with 1 where something is wrong.

Examples:
  portcullis status
  portcullis status --json | jq .bans`,
    )
    .action(
      withSession(async (session) => {
        const status = await session.client.call('status');
        if (session.json) session.printJson(status);
        else printStatus(session, status);
        return status.healthy ? 0 : 1;
      }),
    );
}

function printStatus({ out, now }: Session, status: Status): void {
  const { bans, healthy } = status;
  const dot = healthy ? out.styled('green', '●') : out.styled('red', '●');
  const verified = bans.verified_at === null ? 'not verified yet' : `verified ${ago(bans.verified_at, now)}`;
  out.line(
    `${dot} ${out.styled('bold', healthy ? 'healthy' : 'not healthy')} — ${number(bans.enforced)} of ` +
      `${plural(bans.wanted, 'ban')} enforced, ${verified}`,
  );
  out.line(
    `  version ${visible(status.version)}, firewall ${visible(status.firewall)}, ` +
      `${plural(bans.repairs, 'repair')}, running since ${at(status.started_at)} (${ago(status.started_at, now)})`,
  );
  for (const problem of status.problems) {
    const sign = isNotice(problem) ? out.styled('yellow', '!') : out.styled('red', '✗');
    out.line(`  ${sign} ${visible(problem.sentence)} ${out.styled('dim', `(${problem.code})`)}`);
  }
  if (!healthy) out.line(out.styled('dim', '  portcullis doctor  checks everything and says what to do'));
  out.line();
  const jails = status.jails.map((jail) => [
    `${visible(jail.name)}${jail.key === 'address' ? '' : out.styled('dim', ` by ${jail.key}`)}`,
    number(jail.bans),
    number(jail.tracked),
    number(jail.failures),
  ]);
  const counts = ['BANS', 'TRACKED', 'FAILURES'].map((title) => ({ title, align: 'right' as const }));
  for (const line of renderTable(out, [{ title: 'JAIL' }, ...counts], jails, '  ')) out.line(line);
  out.line();
  if (status.campaigns !== undefined && status.campaigns > 0) {
    out.line(`  ${plural(status.campaigns, 'campaign')} against this host: portcullis campaigns`);
    out.line();
  }
  const logs = status.log.map((log) => [
    visible(log.path),
    log.offset < 0 ? '–' : bytes(log.offset),
    `${number(Math.round(log.lag_seconds * 10) / 10)} s`,
    log.last_event_at === null ? 'none yet' : ago(log.last_event_at, now),
  ]);
  const columns = [
    { title: 'LOG', elastic: true as const },
    { title: 'READ', align: 'right' as const },
    { title: 'LAG', align: 'right' as const },
    { title: 'LAST WORDPRESS LINE' },
  ];
  for (const line of renderTable(out, columns, logs, '  ')) out.line(line);
}
