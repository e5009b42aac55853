import type { Hold, RequestAnswer, UnbanRequest } from '@portcullis/contracts';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { readCount } from '../arguments.ts';
import { collect } from '../lists.ts';
import { ago, ahead, plural } from '../phrases.ts';
import { type Session, withSession } from '../session.ts';
import { renderTable } from '../table.ts';
import { visible } from '../terminal.ts';

export function addRequests(program: Command): void {
  const requests = program
    .command('requests')
    .description('what waits for you: unbans that sites ask for, and bans that are held');
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
    ['approve', 'approved', 'unban the address, whoever’s evidence it is; of a held ban (h7): ban at once'],
    ['decline', 'declined', 'let the ban go on; of a held ban (h7): let the address go'],
  ] as const) {
    requests
      .command(verb)
      .argument('<id>', 'as `portcullis requests` lists it', readId)
      .description(description)
      .addHelpText('after', `\nExamples:\n  portcullis requests ${verb} 7\n  portcullis requests ${verb} h7`)
      .action(
        withSession((session: Session, { held, id }: AnyId) =>
          held ? answerHold(session, id, state) : answer(session, id, state),
        ),
      );
  }
}

/** `7` is a request, `h7` a ban that is held. */
interface AnyId {
  readonly held: boolean;
  readonly id: number;
}

function readId(text: string): AnyId {
  const [, held, id] = /^(h?)([0-9]+)$/.exec(text) ?? [];
  if (id === undefined) throw new InvalidArgumentError('write it as 7, or h7 for a ban that is held.');
  return { held: held === 'h', id: readCount(id) };
}

async function answerHold(session: Session, id: number, state: RequestAnswer['state']): Promise<void> {
  const answered = await session.client.call('answerHold', { params: { id }, body: { state } });
  if (session.json) return session.printJson(answered);
  const { out } = session;
  const ip = visible(answered.hold.ip);
  if (state === 'declined') return out.line(`Let ${ip} go; what it failed counts no longer.`);
  for (const ban of answered.bans) out.line(`Banned ${visible(ban.ip)} (${visible(ban.jail)}).`);
  if (answered.bans.length === 0) out.line(`${ip} is not banned: its jail is gone.`);
}

function printHolds({ out, now }: Session, holds: readonly Hold[]): void {
  out.line(`${plural(holds.length, 'ban')} held for you:`);
  const columns = [
    { title: 'ID', align: 'right' as const },
    ...['ADDRESS', 'JAIL', 'FAILURES', 'HELD', 'BANNED'].map((title) => ({ title })),
    { title: 'BECAUSE', elastic: true as const },
  ];
  const rows = holds.map((one) => [
    `h${one.id}`,
    visible(one.ip),
    visible(one.jail),
    String(one.failures),
    ago(one.since, now),
    ahead(one.until, now),
    visible(one.because),
  ]);
  for (const line of renderTable(out, columns, rows)) out.line(line);
  out.line();
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
  const held =
    query.state === 'open' ? await collect(session.client, 'listHolds', { state: 'open' as const }) : null;
  if (session.json) return session.printJson(held === null ? requests : { ...requests, held: held.items });
  if (held !== null && held.items.length > 0) printHolds(session, held.items);
  if (requests.items.length === 0) {
    out.line(`No ${query.state} requests.`);
    return hint(session, query.state === 'open' && (held?.items.length ?? 0) > 0);
  }
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
  hint(session, query.state === 'open');
}

function hint({ out }: Session, isWanted: boolean): void {
  if (!isWanted || out.columns === null) return;
  out.line();
  out.line(out.styled('dim', 'Answer: portcullis requests approve ID, portcullis requests decline ID'));
}
