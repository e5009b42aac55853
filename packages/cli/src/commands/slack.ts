import type { ReportTest } from '@portcullis/contracts';
import { type Command, Option } from 'commander';
import { type ExitCode, type Session, withSession } from '../session.ts';
import { visible } from '../terminal.ts';

export function addSlack(program: Command): void {
  const slack = program.command('slack').description('reports to Slack, or to a program of yours');
  slack
    .command('test')
    .description('send a test message, and say what came back')
    .option('--site <site>', 'through the channel of this site')
    .addOption(new Option('--to <destination>', 'where to').choices(['slack', 'webhook']).default('slack'))
    .addHelpText(
      'after',
      '\nExamples:\n  portcullis slack test\n  portcullis slack test --site shop.example.com',
    )
    .action(withSession(test));
}

const meanings: Readonly<Record<ReportTest['result'], string>> = {
  delivered: 'It was delivered.',
  retry: 'It was not delivered; it may work later.',
  revoked:
    'It was not delivered: the webhook no longer exists. Put a new one in its place, and reload; of a credential, restart.',
  refused: 'It was not delivered: the message is not accepted.',
};

async function test(
  session: Session,
  { site, to }: { site?: string; to: 'slack' | 'webhook' },
): Promise<ExitCode> {
  const body = { destination: to, ...(site === undefined ? {} : { site }) };
  const sent = await session.client.call('testReport', { body });
  return printSent(session, sent);
}

/** What came of sending a message. */
export function printSent(session: Session, sent: ReportTest): ExitCode {
  const { destination, host, status, answer, result, took_ms } = sent;
  if (session.json) session.printJson(sent);
  else {
    const said = `${status ?? ''} ${visible(answer)}`.trim();
    session.out.line(`[${destination}] ${host} answered in ${took_ms} ms: ${said}`);
    session.out.line(meanings[result]);
  }
  return result === 'delivered' ? 0 : 1;
}
