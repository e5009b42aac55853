import { type Command, Option } from 'commander';
import { collect } from '../lists.ts';
import { ago } from '../phrases.ts';
import { withSession } from '../session.ts';
import { renderTable } from '../table.ts';
import { visible } from '../terminal.ts';

export function addRequests(program: Command): void {
  program
    .command('requests')
    .description('what sites ask the administrator for')
    .addOption(
      new Option('--state <state>', 'only in this state')
        .choices(['open', 'approved', 'declined'])
        .default('open'),
    )
    .addHelpText('after', '\nExamples:\n  portcullis requests\n  portcullis requests --state declined --json')
    .action(
      withSession(async (session, query: { state: 'open' | 'approved' | 'declined' }) => {
        const { out, now } = session;
        const list = await collect(session.client, 'listRequests', query);
        if (session.json) return session.printJson(list);
        if (list.items.length === 0) return out.line(`No ${query.state} requests.`);
        const columns = [
          { title: 'SITE', elastic: true as const },
          ...['ADDRESS', 'ASKED', 'BY', 'STATE'].map((title) => ({ title })),
          { title: 'NOTE', elastic: true as const },
        ];
        const rows = list.items.map((one) => [
          visible(one.site),
          visible(one.ip),
          ago(one.asked_at, now),
          visible(one.asked_by),
          one.state,
          visible(one.note),
        ]);
        for (const line of renderTable(out, columns, rows)) out.line(line);
      }),
    );
}
