import type { Registration, Site } from '@portcullis/contracts';
import type { Command } from 'commander';
import { collect } from '../lists.ts';
import { ago, number } from '../phrases.ts';
import { type Session, withSession } from '../session.ts';
import { renderTable } from '../table.ts';
import { visible } from '../terminal.ts';

export function addSites(program: Command): void {
  program
    .command('sites')
    .description('sites registered for the panel, and sites seen in the log')
    .addHelpText(
      'after',
      "\nExamples:\n  portcullis sites\n  portcullis sites --json | jq -r '.items[].name'",
    )
    .action(
      withSession(async (session) => {
        const list = await collect(session.client, 'listSites', { sort: '-failures' });
        const { items: registrations } = await collect(session.client, 'listRegistrations', {});
        if (session.json) return session.printJson({ ...list, registrations });
        if (registrations.length > 0) await printRegistered(session, registrations);
        if (list.items.length === 0) {
          return session.out.line(
            'No site has written a line yet. Is WP fail2ban active? See: portcullis doctor',
          );
        }
        await printSeen(session, list.items);
      }),
    );
}

async function printRegistered({ out, now }: Session, sites: readonly Registration[]): Promise<void> {
  out.line(out.styled('bold', 'Registered for the panel'));
  const columns = [
    { title: 'ID' },
    { title: 'DOMAINS', elastic: true as const },
    ...['MODE', 'USER', 'RIGHTS', 'LAST EVENT', 'SOCKET', 'FROM'].map((title) => ({ title })),
  ];
  const rows = sites.map((site) => [
    visible(site.id),
    site.domains.map(visible).join(', '),
    site.mode === 'shared' && !site.has_token ? 'shared, no token' : site.mode,
    visible(site.user ?? '–'),
    site.rights.join(','),
    site.last_event_at === null ? 'never' : ago(site.last_event_at, now),
    site.served ? 'open' : 'not open: portcullis status',
    site.source,
  ]);
  for (const line of renderTable(out, columns, rows)) out.line(line);
  out.line();
}

async function printSeen({ out, now }: Session, sites: readonly Site[]): Promise<void> {
  const { parseDomain } = await import('@portcullis/core');
  out.line(out.styled('bold', 'Seen in the log'));
  const columns = [
    { title: 'SITE', elastic: true as const },
    { title: 'EVENTS', align: 'right' as const },
    { title: 'FAILURES', align: 'right' as const },
    { title: 'FIRST SEEN' },
    { title: 'LAST SEEN' },
    { title: 'REGISTERED AS, OR HOW TO' },
  ];
  const rows = sites.map((site) => [
    site.name === '' ? '(no site)' : visible(site.name),
    number(site.events),
    number(site.failures),
    ago(site.first_event_at, now),
    ago(site.last_event_at, now),
    registeredAs(site, parseDomain(site.name) === site.name),
  ]);
  for (const line of renderTable(out, columns, rows)) out.line(line);
}

/** The host in a line is a client's to choose: only one that is a host name becomes part of a command. */
function registeredAs({ name, registered }: Site, isDomain: boolean): string {
  if (registered !== null) return visible(registered);
  return isDomain ? `portcullis site add ${name} --user USER` : '–';
}
