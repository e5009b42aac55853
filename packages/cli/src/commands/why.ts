import type { Ban, Sender, Why } from '@portcullis/contracts';
import { formatDuration } from '@portcullis/contracts';
import type { Command } from 'commander';
import { ago, ahead, at, number, origin, plural, tally } from '../phrases.ts';
import { comparedWith, describeReceipt } from '../receipt.ts';
import { type Session, withSession } from '../session.ts';
import { type Terminal, visible } from '../terminal.ts';

export function addWhy(program: Command): void {
  program
    .command('why')
    .argument('<ip>', 'an address or a network')
    .description(
      'everything known of an address: failures, bans and their receipts, the raw lines, exemptions',
    )
    .addHelpText(
      'after',
      `
Raw lines are written by attackers: what would not be seen, or would move the cursor, is shown as \\u{…}.

Examples:
  portcullis why 198.51.100.7
  portcullis why 2001:db8::/64 --json`,
    )
    .action(
      withSession(async (session, ip: string) => {
        const why = await session.client.call('why', { params: { ip } });
        if (session.json) session.printJson(why);
        else printWhy(session, why);
      }),
    );
}

function printWhy({ out, now }: Session, why: Why): void {
  const ip = visible(why.ip);
  const jails = why.bans.map((ban) => visible(ban.jail)).join(', ');
  out.line(
    why.banned
      ? `${out.styled(['bold', 'red'], ip)} is banned by ${jails}`
      : `${out.styled(['bold', 'green'], ip)} is not banned`,
  );

  const from = origin(why);
  if (from !== '') out.line(`From ${from}`);
  if (why.host_name != null) out.line(`Calls itself ${visible(why.host_name)} (reverse DNS)`);

  section(
    out,
    'Bans',
    [...why.bans, ...why.history].flatMap((ban) => describeBan(ban, now)),
  );
  // Of bans that are over the latest, where none is in force; --json has all.
  const explained = why.bans.length > 0 ? why.bans : why.history.slice(0, 1);
  for (const { id, jail, receipt } of explained) {
    if (receipt == null) continue;
    section(out, `Receipt of ban ${id} (${visible(jail)})`, describeReceipt(out, receipt));
  }
  section(
    out,
    'Exemptions',
    why.exemptions.length > 0
      ? why.exemptions.map((one) => `${visible(one.ip)}  ${visible(one.detail)}`)
      : [`none covers it: it was compared with ${comparedWith(why.compared)}`],
  );
  section(
    out,
    'Held',
    (why.held ?? []).map(
      ({ id, until, because }) => `h${id}: a ban waits for you until ${at(until)}: ${visible(because)}`,
    ),
  );
  section(
    out,
    'Logins',
    (why.logins ?? []).map(
      ({ site, hours, known }) =>
        `${site === '' ? '(no site)' : visible(site)}  in ${plural(hours, 'hour')}${known ? ', so it is known there' : ''}`,
    ),
  );
  section(
    out,
    `Failures: ${number(why.failures)}`,
    tally(why.sites).map(([site, count]) => `${visible(site)}  ${number(count)}`),
  );
  section(
    out,
    'Not counted',
    tally(why.not_counted).map(([reason, count]) => `${visible(reason)}  ${number(count)}`),
  );
  section(
    out,
    'Rules',
    why.jails.map(
      (rule) =>
        `${visible(rule.jail)}  ${number(rule.failures)} of ${plural(rule.maxretry, 'failure')} within ` +
        `${formatDuration(rule.findtime_seconds * 1000)}, counted as ${visible(rule.counted_as)}`,
    ),
  );
  section(
    out,
    'Campaigns',
    (why.campaigns ?? []).map(
      ({ id, addresses, lasting }) =>
        `part of ${visible(id)}, ${plural(addresses, 'address', 'addresses')}${lasting ? '' : ', over'}`,
    ),
  );
  const banLines = explained.flatMap(({ evidence, receipt }) => [
    ...(receipt?.evidence ?? []).map(({ line, sender }) => withSender(line, sender)),
    ...evidence.lines.map((line, at) => withSender(line, evidence.senders[at] ?? null)),
  ]);
  const lines =
    banLines.length > 0 ? banLines : why.recent_failures.map(({ line, sender }) => withSender(line, sender));
  section(out, 'Lines', [...new Set(lines)]);
  const advice = why.advice ?? (why.banned ? `portcullis unban ${why.ip}` : null);
  if (advice === null) return;
  out.line();
  out.line(out.styled('dim', `What to do: ${visible(advice)}`));
}

/** What the line says, and before it who wrote it where the journal vouches for that. */
const withSender = (line: string, sender: Sender | null): string =>
  sender === null ? visible(line) : `uid ${sender.uid} pid ${sender.pid}: ${visible(line)}`;

function section(out: Terminal, title: string, lines: readonly string[]): void {
  if (lines.length === 0) return;
  out.line();
  out.line(out.styled('bold', title));
  for (const line of lines) out.line(`  ${line}`);
}

function describeBan(ban: Ban, now: number): string[] {
  const end =
    ban.state === 'ended'
      ? `ended ${at(ban.ended_at!)} (${ban.ended_by}${ban.lifted_by === null ? '' : ` by ${visible(ban.lifted_by)}`})`
      : ban.until === null
        ? 'never ends'
        : `ends ${ahead(ban.until, now)}`;
  const times = ban.times_banned > 1 ? `, banned ${ban.times_banned} times` : '';
  const state = ban.state === 'pending' || ban.state === 'failed' ? `, ${ban.state}` : '';
  const gentle = ban.gentle === true ? ', gentle: closes the web’s ports only' : '';
  const users = ban.users.length > 0 ? [`  users tried: ${ban.users.map(visible).join(', ')}`] : [];
  return [
    `${visible(ban.jail)}  since ${at(ban.since)} (${ago(ban.since, now)}), ${end}, ` +
      `${plural(ban.failures, 'failure')}${times}${state}${gentle}`,
    ...(ban.reason === '' ? [] : [`  ${visible(ban.reason)}`]),
    ...users,
  ];
}
