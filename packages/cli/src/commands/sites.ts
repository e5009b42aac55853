import type { Command } from 'commander';
import { collect } from '../lists.ts';
import { ago, number } from '../phrases.ts';
import { withSession } from '../session.ts';
import { renderTable } from '../table.ts';
import { visible } from '../terminal.ts';

export function addSites(program: Command): void {
  program
    .command('sites')
    .description('sites seen in the log')
    .addHelpText(
      'after',
      "\nExamples:\n  portcullis sites\n  portcullis sites --json | jq -r '.items[].name'",
    )
    .action(
      withSession(async (session) => {
        const { out, now } = session;
        const list = await collect(session.client, 'listSites', { sort: '-failures' });
        if (session.json) return session.printJson(list);
        if (list.items.length === 0) {
          return out.line('No site has written a line yet. Is WP fail2ban active? See: portcullis doctor');
        }
        const columns = [
          { title: 'SITE', elastic: true as const },
          { title: 'EVENTS', align: 'right' as const },
          { title: 'FAILURES', align: 'right' as const },
          { title: 'FIRST SEEN' },
          { title: 'LAST SEEN' },
          { title: 'REGISTERED AS' },
        ];
        const rows = list.items.map((site) => [
          site.name === '' ? '(no site)' : visible(site.name),
          number(site.events),
          number(site.failures),
          ago(site.first_event_at, now),
          ago(site.last_event_at, now),
          visible(site.registered ?? '–'),
        ]);
        for (const line of renderTable(out, columns, rows)) out.line(line);
      }),
    );
}
