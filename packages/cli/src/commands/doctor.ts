import type { Command } from 'commander';
import type { Finding, Place } from '../doctor/finding.ts';
import { defaultConfigPath } from '../logs.ts';
import { plural } from '../phrases.ts';
import { type Session, withSession } from '../session.ts';
import { type Format, visible } from '../terminal.ts';

interface Options {
  readonly config: string;
  readonly selfTest: boolean;
  readonly syslogSocket: string;
}

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('is everything in place: logs, firewall, sites, sockets, Slack, disk, clock; and what to do')
    .option('--config <file>', 'the configuration', defaultConfigPath)
    .option('--no-self-test', 'write nothing to syslog')
    .option('--syslog-socket <path>', 'where syslog listens', '/dev/log')
    .addHelpText(
      'after',
      `
Changes nothing. The self-test writes two marked lines to syslog and follows them to the jails; they never count.
Exits with 1 where a check fails; a warning is no failure.

Examples:
  sudo portcullis doctor
  portcullis doctor --json | jq '.findings[] | select(.level != "ok")'`,
    )
    .action(
      withSession(async (session, options: Options) => {
        const findings = await examine(session, options);
        const healthy = findings.every(({ level }) => level !== 'error');
        if (session.json) session.printJson({ healthy, findings });
        else printFindings(session, findings);
        return healthy ? 0 : 1;
      }),
    );
}

async function examine({ client, socketPath, now }: Session, options: Options): Promise<Finding[]> {
  const [{ checkConfiguration }, { createChecks }, { createExec }] = await Promise.all([
    import('../doctor/configuration.ts'),
    import('../doctor/checks.ts'),
    import('@portcullis/daemon/offline'),
  ]);
  const { config, findings } = checkConfiguration(options.config);
  const { syslogSocket, selfTest } = options;
  const place: Place = { root: '', config, exec: createExec(), client, socketPath, now, syslogSocket };
  const made = await Promise.all(createChecks({ selfTest }).map((check) => check(place)));
  return [...findings, ...made.flat()];
}

const marks: Record<Finding['level'], readonly [string, Format]> = {
  ok: ['✓', 'green'],
  warning: ['!', 'yellow'],
  error: ['✗', 'red'],
};

function printFindings({ out }: Session, findings: readonly Finding[]): void {
  const width = Math.max(...findings.map(({ check }) => check.length));
  for (const { check, level, sentence, do: advice } of findings) {
    const [mark, format] = marks[level];
    out.line(`${out.styled(format, mark)} ${check.padEnd(width)}  ${visible(sentence)}`);
    if (advice !== null) out.line(`${' '.repeat(width + 4)}${visible(advice)}`);
  }
  const count = (level: Finding['level']) => findings.filter((one) => one.level === level).length;
  const failed = count('error');
  const warned = count('warning');
  out.line();
  out.line(
    failed > 0
      ? `${plural(failed, 'check')} failed${warned > 0 ? `, ${plural(warned, 'warning')}` : ''}.`
      : warned > 0
        ? `Nothing failed; ${plural(warned, 'warning')}.`
        : 'All is well.',
  );
}
