import type { LineMatch, OtherLine } from '@portcullis/core';
import type { Command } from 'commander';
import { openLogs, readLogs } from '../logs.ts';
import { number, plural } from '../phrases.ts';
import { type Session, withSession } from '../session.ts';
import { visible, visibleJson } from '../terminal.ts';

interface Options {
  all?: boolean;
  config?: string;
}

/** A line of another program; or what a WordPress line came to. */
type Outcome = LineMatch | OtherLine;

export function addMatch(program: Command): void {
  program
    .command('match')
    .argument(
      '[files...]',
      'logs, patterns, .gz files, or - for standard input; the configured logs when left out',
    )
    .description('which lines count, and why not: the tester')
    .option('--all', "other programs' lines, too")
    .option(
      '--config <file>',
      'whose jails and ignoreip apply; /etc/portcullis/portcullis.toml, else the defaults',
    )
    .addHelpText(
      'after',
      `
Why a line does not count: not_a_failure, no_address, overlong, reserved_address, exempt, no_jail, no_time, self_test, proxy;
What cannot be trusted is a failure, too, but bans nobody: burst, stored_address (and long_name, unregistered_site if a jail says so).
The allow list is not asked for: it belongs to the daemon.

Examples:
  portcullis match /var/log/auth.log
  portcullis match '/var/log/auth.log*' --json | jq 'select(.counted)'
  journalctl -o short-iso | portcullis match -`,
    )
    .action(withSession(match));
}

async function match(session: Session, files: string[], { all = false, config }: Options): Promise<void> {
  const { createZoneClock, Matcher } = await import('@portcullis/core');
  const { detector, paths } = await openLogs(files, config, session.colour);
  const zone = createZoneClock(Temporal.Now.timeZoneId());
  const summary = createSummary();
  const printed: string[] = [];
  await readLogs(session.out, paths, {
    open(path) {
      const file = paths.length > 1 ? { file: path } : {};
      const matcher = new Matcher(detector, zone, session.now, (outcome) => {
        summary.add(outcome);
        if (!('counted' in outcome) && !all) return;
        printed.push(session.json ? visibleJson({ ...file, ...outcome }) : describe(session, path, outcome));
      });
      let line = 0;
      return {
        line: (bytes, start, end, cut) => matcher.read(++line, bytes, start, end, cut),
        end: () => matcher.end(),
      };
    },
    printed,
  });
  if (!session.json) for (const line of summary.lines()) session.out.line(line);
}

function describe({ out }: Session, path: string, outcome: Outcome): string {
  const place = out.styled('dim', `${path === '-' ? '' : `${visible(path)}:`}${outcome.line}`);
  if (!('counted' in outcome)) return `${place}  ${out.styled('dim', outcome.reason)}`;
  const { counted, reason, event, user, ip, site, filters, count, doubts = [], weight } = outcome;
  const word = weight === 0 ? `doubtful: ${doubts.join(', ')}` : counted ? 'counted' : String(reason);
  const verdict = out.styled(counted && weight !== 0 ? 'green' : 'yellow', word);
  const facts = [
    event ?? 'unknown message',
    ...(user === null ? [] : [`user ${visible(user)}`]),
    ...(ip === null ? [] : [`from ${ip}`]),
    ...(site === null ? [] : [`on ${visible(site)}`]),
    ...(count > 1 ? [`${number(count)} times`] : []),
    ...(filters.length > 0 ? [`(${filters.join(', ')})`] : []),
  ];
  return `${place}  ${verdict}  ${facts.join(' ')}`;
}

function createSummary() {
  let total = 0;
  let counted = 0;
  let doubtful = 0;
  const ignored = new Map<string, number>();
  return {
    add(found: Outcome): void {
      total++;
      if (!('counted' in found)) return;
      if (found.weight === 0) doubtful++;
      if (found.counted) counted++;
      else ignored.set(String(found.reason), (ignored.get(String(found.reason)) ?? 0) + 1);
    },
    lines(): string[] {
      const others = [...ignored.values()].reduce((sum, one) => sum + one, 0);
      const reasons = [...ignored]
        .sort(([, a], [, b]) => b - a)
        .map(([reason, n]) => `${number(n)} ${reason}`);
      return [
        `${plural(total, 'line')}, ${number(counted + others)} by WordPress: ${number(counted)} counted` +
          `${doubtful > 0 ? ` (${number(doubtful)} of them doubtful: they ban nobody)` : ''}` +
          `${others > 0 ? `, ${number(others)} not (${reasons.join(', ')})` : ''}`,
      ];
    },
  };
}
