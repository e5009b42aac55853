import type { RequestAnswer, UnbanRequest } from '@portcullis/contracts';
import { type Command, Option } from 'commander';
import { readCount } from '../arguments.ts';
import { collect } from '../lists.ts';
import { ago } from '../phrases.ts';
import { type Session, withSession } from '../session.ts';
import { renderTable } from '../table.ts';
import { visible } from '../terminal.ts';

export function addRequests(program: Command): void {
  const requests = program.command('requests').description('what sites ask the administrator for');
  requests
    .command('list', { isDefault: true })
    .description('print the requests')
    .addOption(
      new Option('--state <state>', 'only in this state')
        .choices(['open', 'approved', 'declined'])
        .default('open'),
    )
    .addHelpText('after', '\nExamples:\n  portcullis requests\n  portcullis requests --state declined --json')
    .action(withSession(list));
  for (const [verb, state, description] of [
    ['approve', 'approved', 'unban the address, whoever’s evidence it is'],
    ['decline', 'declined', 'let the ban go on'],
  ] as const) {
    requests
      .command(verb)
      .argument('<id>', 'as `portcullis requests` lists it', readCount)
      .description(description)
      .addHelpText('after', `\nExample:\n  portcullis requests ${verb} 7`)
      .action(withSession((session: Session, id: number) => answer(session, id, state)));
  }
}

async function answer(session: Session, id: number, state: RequestAnswer['state']): Promise<void> {
  const { request, ended } = await session.client.call('answerRequest', { params: { id }, body: { state } });
  if (session.json) return session.printJson({ request, ended });
  const { out } = session;
  out.line(`${state === 'approved' ? 'Approved' : 'Declined'} request ${id} of ${visible(nameOf(request))}.`);
  for (const ban of ended) out.line(`Unbanned ${visible(ban.ip)} (${visible(ban.jail)}).`);
  if (state === 'approved' && ended.length === 0) out.line(`${visible(request.ip)} was not banned.`);
}

/** Who asks: of a network, the sub-site alone if it is one. */
const nameOf = ({ site, sub_site }: UnbanRequest): string => sub_site ?? site;

async function list(session: Session, query: { state: 'open' | 'approved' | 'declined' }): Promise<void> {
  const { out, now } = session;
  const requests = await collect(session.client, 'listRequests', query);
  if (session.json) return session.printJson(requests);
  if (requests.items.length === 0) return out.line(`No ${query.state} requests.`);
  const columns = [
    { title: 'ID', align: 'right' as const },
    { title: 'SITE', elastic: true as const },
    ...['ADDRESS', 'ASKED', 'BY', 'STATE'].map((title) => ({ title })),
    { title: 'NOTE', elastic: true as const },
  ];
  const rows = requests.items.map((one) => [
    String(one.id),
    visible(nameOf(one)),
    visible(one.ip),
    ago(one.asked_at, now),
    one.asked_by === '' ? '–' : visible(one.asked_by),
    one.state,
    visible(one.note),
  ]);
  for (const line of renderTable(out, columns, rows)) out.line(line);
  if (query.state !== 'open' || out.columns === null) return;
  out.line();
  out.line(out.styled('dim', 'Answer: portcullis requests approve ID, portcullis requests decline ID'));
}
