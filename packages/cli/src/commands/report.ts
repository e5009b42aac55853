import { parseDuration, type PeriodicReport as WireReport } from '@portcullis/contracts';
import type { PeriodicReport } from '@portcullis/core';
import { type Command, Option } from 'commander';
import { readDuration } from '../arguments.ts';
import { type ExitCode, type Session, withSession } from '../session.ts';
import { visible } from '../terminal.ts';
import { printSent } from './slack.ts';

export function addReport(program: Command): void {
  program
    .command('report')
    .description('what happened: failures, bans, sites, users, countries, networks')
    .option('--since <duration>', 'how far back, in whole hours, at most 366d', readDuration, '7d')
    .option('--site <site>', 'only this site; with --slack, into its channel')
    .option('--slack', 'send it, and say what came back')
    .addOption(new Option('--to <destination>', 'send it there').choices(['slack', 'webhook']))
    .addHelpText(
      'after',
      `
Examples:
  portcullis report
  portcullis report --since 24h --site shop.example.com
  portcullis report --since 30d --slack`,
    )
    .action(withSession(run));
}

interface Options {
  readonly since: string;
  readonly site?: string;
  readonly slack?: true;
  readonly to?: 'slack' | 'webhook';
}

async function run(session: Session, { since, site, slack, to }: Options): Promise<ExitCode> {
  const length = parseDuration(since) ?? session.now;
  const query = {
    since: new Date(Math.max(0, session.now - length)).toISOString(),
    ...(site === undefined ? {} : { site }),
  };
  const destination = to ?? (slack ? 'slack' : undefined);
  if (destination !== undefined) {
    const sent = await session.client.call('sendReport', { body: { ...query, destination } });
    return printSent(session, sent);
  }
  const report = await session.client.call('report', { query });
  if (session.json) session.printJson(report);
  else await printReport(session, report);
  return 0;
}

/** The sheet that Slack gets, too. */
async function printReport({ out }: Session, wire: WireReport): Promise<void> {
  const { plainText, sheetOf } = await import('@portcullis/core');
  const { host, site } = wire;
  const report = fromWire(wire);
  const sheet = sheetOf({
    id: '',
    host,
    site,
    at: report.until,
    severity: 'info',
    content: { kind: 'report', report, more: 0, since: report.since },
  });
  out.line(out.styled('bold', visible(sheet.title)));
  const widest = Math.max(...sheet.facts.map(({ label }) => label.length));
  for (const { label, value } of sheet.facts)
    out.line(`  ${label.padEnd(widest)}  ${visible(plainText(value))}`);
  for (const { title, items } of sheet.lists) {
    out.line();
    out.line(out.styled('bold', title));
    for (const item of items) out.line(`  ${visible(plainText(item))}`);
  }
}

function fromWire({ since, until, chart, other_sites, origins_of, ...rest }: WireReport): PeriodicReport {
  return {
    ...rest,
    since: Date.parse(since),
    until: Date.parse(until),
    otherSites: other_sites,
    originsOf: origins_of,
    chart: chart.map(({ at, ...part }) => ({ at: Date.parse(at), ...part })),
  };
}
