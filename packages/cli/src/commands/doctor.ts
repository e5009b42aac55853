import type { Command } from 'commander';
import type { Finding } from '../doctor/finding.ts';
import { defaultConfigPath } from '../logs.ts';
import { plural } from '../phrases.ts';
import { type Session, withSession } from '../session.ts';
import { type Format, visible } from '../terminal.ts';

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('is everything in place: configuration, logs, firewall, daemon, disk, clock')
    .option('--config <file>', 'the configuration', defaultConfigPath)
    .addHelpText(
      'after',
      `
Changes nothing. Exits with 1 where a check fails; a warning is no failure.

Examples:
  sudo portcullis doctor
  portcullis doctor --json | jq '.findings[] | select(.result != "ok")'`,
    )
    .action(
      withSession(async (session, { config }: { config: string }) => {
        const findings = await examine(session, config);
        const healthy = findings.every(({ result }) => result !== 'fail');
        if (session.json) session.printJson({ healthy, findings });
        else printFindings(session, findings);
        return healthy ? 0 : 1;
      }),
    );
}

async function examine({ client, socketPath, now }: Session, configPath: string): Promise<Finding[]> {
  const [{ checkConfiguration }, { checkSource }, { checkFirewall }, { checkDaemon }, host, { createExec }] =
    await Promise.all([
      import('../doctor/configuration.ts'),
      import('../doctor/source.ts'),
      import('../doctor/firewall.ts'),
      import('../doctor/daemon.ts'),
      import('../doctor/host.ts'),
      import('@portcullis/daemon/offline'),
    ]);
  const { config, findings } = checkConfiguration(configPath);
  const exec = createExec();
  return [
    ...findings,
    ...(await checkSource(config.log, exec, now)),
    ...(await checkFirewall(config, exec)),
    host.checkIpv6(),
    ...(await checkDaemon(client, socketPath)),
    host.checkDisk(config.stateDir),
    host.checkClock(now),
    host.checkFail2ban(),
  ];
}

const marks: Record<Finding['result'], readonly [string, Format]> = {
  ok: ['✓', 'green'],
  warn: ['!', 'yellow'],
  fail: ['✗', 'red'],
};

function printFindings({ out }: Session, findings: readonly Finding[]): void {
  const width = Math.max(...findings.map(({ check }) => check.length));
  for (const { check, result, sentence, do: advice } of findings) {
    const [mark, format] = marks[result];
    out.line(`${out.styled(format, mark)} ${check.padEnd(width)}  ${visible(sentence)}`);
    if (advice !== null) out.line(`${' '.repeat(width + 4)}${visible(advice)}`);
  }
  const failed = findings.filter(({ result }) => result === 'fail').length;
  const warned = findings.filter(({ result }) => result === 'warn').length;
  out.line();
  out.line(
    failed > 0
      ? `${plural(failed, 'check')} failed${warned > 0 ? `, ${plural(warned, 'warning')}` : ''}.`
      : warned > 0
        ? `Nothing failed; ${plural(warned, 'warning')}.`
        : 'All is well.',
  );
}
