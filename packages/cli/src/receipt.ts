import { formatDuration, type Receipt, type ReceiptFailure, type Rule } from '@portcullis/contracts';
import { at, number, plural, tally } from './phrases.ts';
import { renderTable } from './table.ts';
import { type Terminal, visible } from './terminal.ts';

/** Why a ban was decided, for people: who or which rule, on what, and what spoke for the address. */
export function describeReceipt(out: Terminal, receipt: Receipt): string[] {
  const { by_hand: hand, rule, evidence, failures } = receipt;
  const shown = evidence.reduce((sum, { count }) => sum + count, 0);
  return [
    ...(hand === null ? [] : [`by ${visible(hand.by)} at ${at(hand.at)}, ${lasting(hand.bantime_seconds)}`]),
    ...(rule === null ? [] : describeRule(rule, receipt)),
    ...(evidence.length === 0 ? [] : failureTable(out, evidence)),
    ...(shown < failures ? [`and ${plural(failures - shown, 'failure')} before these`] : []),
    ...(receipt.known_good === null ? [] : [describeKnown(receipt.known_good)]),
    receipt.exempted_by === null
      ? `compared with ${comparedWith(receipt.compared)}: none covered it`
      : `against an exemption: ${visible(receipt.exempted_by)}`,
    describeLogins(receipt.logins),
  ];
}

function describeRule(rule: Rule, receipt: Receipt): string[] {
  const { required, campaign, failures, counted_as, earlier_bans: earlier, decided_at } = receipt;
  const within = campaign === null ? '' : `, by the campaign ${visible(campaign)}`;
  const escalated = rule.bantime_increment ? ` after ${plural(earlier, 'earlier ban')}` : '';
  const distrust = rule.distrust.length === 0 ? 'nothing' : rule.distrust.map(visible).join(', ');
  return [
    `${visible(rule.jail)} at ${at(decided_at)}: ${plural(failures, 'failure')} of ${visible(counted_as)}; ${number(required)} within ` +
      `${formatDuration(rule.findtime_seconds * 1000)} ban${within}${togetherWith(receipt.together)}, ${lasting(receipt.bantime_seconds)}${escalated}`,
    `filters ${rule.filter.map(visible).join(', ')}; IPv4 by /${rule.ipv4_prefix}, IPv6 by /${rule.ipv6_prefix}; distrusts ${distrust}`,
  ];
}

const togetherWith = (together: Receipt['together']): string =>
  together === null
    ? ''
    : `, together ${number(together.failures)} by ${plural(together.clients, 'address', 'addresses')}: ${visible(together.key)}`;

const failureTable = (out: Terminal, evidence: readonly ReceiptFailure[]): string[] =>
  renderTable(
    // The section indents what it prints.
    { ...out, columns: out.columns === null ? null : out.columns - 2 },
    [
      { title: 'TIME' },
      { title: 'SITE', elastic: true },
      { title: 'EVENT' },
      { title: 'USER', elastic: true },
      { title: 'COUNT', align: 'right' },
      { title: 'WEIGHT', align: 'right' },
      { title: 'DOUBTS' },
    ],
    evidence.map(({ time, site, event, user, count, weight, doubts }) => [
      at(time),
      visible(site ?? '(no site)'),
      event,
      visible(user ?? ''),
      number(count),
      number(Math.round(weight * 100) / 100),
      doubts.join(', '),
    ]),
  );

function describeKnown({ threshold_factor: factor, because }: NonNullable<Receipt['known_good']>): string {
  const weighs = factor > 1 ? [`${factor} failures count as one where it is known`] : [];
  return [...weighs, ...(because === '' ? [] : [visible(because)])].join('; ');
}

const describeLogins = (logins: Receipt['logins']): string =>
  logins.length === 0
    ? 'nobody was known to log in from it'
    : `people had logged in from it: ${logins
        .map(
          ({ site, hours, known }) =>
            `${site === '' ? '(no site)' : visible(site)} in ${plural(hours, 'hour')}${known ? ', known there' : ''}`,
        )
        .join('; ')}`;

const lasting = (seconds: number): string =>
  seconds === -1 ? 'for ever' : `for ${formatDuration(seconds * 1000)}`;

const sources: Readonly<Record<string, string>> = {
  host: 'of this host',
  ignoreip: 'of ignoreip',
  allow: 'of the allow list',
  proxy: 'of CDNs and proxies',
};

/** `the reserved ranges, 4 of this host, 2 of ignoreip`. */
export const comparedWith = (counts: Readonly<Record<string, number>>): string =>
  [
    'the reserved ranges',
    ...tally(counts).map(([source, count]) => `${number(count)} ${sources[source] ?? visible(source)}`),
  ].join(', ');
