import type { AllowEntry } from '@portcullis/contracts';
import { PortcullisError } from '@portcullis/contracts';
import type { Command } from 'commander';
import { readDuration } from '../arguments.ts';
import { collect } from '../lists.ts';
import { ago, ahead, at, plural } from '../phrases.ts';
import { type Session, withSession } from '../session.ts';
import { renderTable } from '../table.ts';
import { visible } from '../terminal.ts';

export function addAllow(program: Command): void {
  const allow = program.command('allow').description('the allow list: addresses that are never banned');
  allow
    .command('add')
    .argument('<ip>', 'an address or a network (CIDR)')
    .description('allow an address; lifts its bans')
    .option('--for <duration>', 'how long, as 7d; for ever when left out', readDuration)
    .option('--note <text>', 'why; shown in the list')
    .addHelpText('after', '\nExample:\n  portcullis allow add 198.51.100.0/24 --for 7d --note "office"')
    .action(withSession(add));
  allow
    .command('remove')
    .argument('<ip>', 'the address or network as it was added')
    .description('remove an entry')
    .addHelpText('after', '\nExample:\n  portcullis allow remove 198.51.100.0/24')
    .action(withSession(remove));
  allow
    .command('list', { isDefault: true })
    .description('print the list')
    .addHelpText('after', '\nExample:\n  portcullis allow list --json')
    .action(withSession(list));
}

async function add(session: Session, ip: string, options: { for?: string; note?: string }) {
  const answer = await session.client.call('allow', { body: { ip, ...options } });
  if (session.json) return session.printJson(answer);
  const { entry, lifted } = answer;
  const { out } = session;
  const end = entry.until === null ? 'for ever' : `until ${at(entry.until)}`;
  out.line(`Allowed ${visible(entry.ip)} ${end}${lifted > 0 ? `; lifted ${plural(lifted, 'ban')}` : ''}.`);
  out.line(out.styled('dim', `Undo: portcullis allow remove ${visible(entry.ip)}`));
}

async function remove(session: Session, ip: string) {
  const { parseNetwork } = await import('@portcullis/core');
  const wanted = parseNetwork(ip)?.toString();
  if (wanted === undefined) {
    throw new PortcullisError('invalid_address', `${ip} is not an address or a network.`, {
      hint: 'Examples: 198.51.100.7, 2001:db8::/64. The list: portcullis allow list',
    });
  }
  const { items } = await collect(session.client, 'listAllowed', {});
  const named = items.filter((entry) => entry.ip === wanted);
  const ofHost = named.filter((entry) => entry.site === null);
  // What a site allows for itself goes only where the host has no entry of its own.
  const entries = ofHost.length > 0 ? ofHost : named;
  if (entries.length === 0) {
    throw new PortcullisError('not_found', `${wanted} is not in the allow list.`, {
      hint: 'The list: portcullis allow list',
    });
  }
  const removed: AllowEntry[] = [];
  for (const { id } of entries) removed.push(await session.client.call('disallow', { params: { id } }));
  if (session.json) session.printJson(removed.length === 1 ? removed[0] : removed);
  else session.out.line(`Removed ${visible(wanted)} from the allow list.`);
}

async function list(session: Session) {
  const whole = await collect(session.client, 'listAllowed', {});
  if (session.json) return session.printJson(whole);
  const { out, now } = session;
  if (whole.items.length === 0)
    return out.line('The allow list is empty. Add: portcullis allow add IP --for 7d');
  const columns = [
    ...['ADDRESS', 'HOLDS FOR', 'ENDS', 'ADDED', 'BY'].map((title) => ({ title })),
    { title: 'NOTE', elastic: true as const },
  ];
  const rows = whole.items.map((entry) => [
    visible(entry.ip),
    entry.site === null ? 'the host' : `lines of ${visible(entry.sub_site ?? entry.site)}`,
    ahead(entry.until, now),
    ago(entry.added_at, now),
    visible(entry.added_by),
    visible(entry.note),
  ]);
  for (const line of renderTable(out, columns, rows)) out.line(line);
}
