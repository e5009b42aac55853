import { formatDuration } from '@portcullis/contracts';
import { campaignLines, campaignSheet } from './campaign-sheet.ts';
import type { Digest } from './digest.ts';
import { foreign, list, type Text } from './foreign-text.ts';
import { bar, partName } from './periodic-report.ts';
import type { PeriodicReport, Ranked, ReportedBan, ReportedOrigin, ReportMessage } from './report.ts';
import { count, type Fact, moment, name, number, type Sheet, sheet, shown } from './sheet-parts.ts';

export type { Sheet };

const lineLength = 300;
const siteLength = 100;
const systemLength = 120;

export function sheetOf({ host, site, content }: ReportMessage): Sheet {
  const where = `on ${host}`;
  switch (content.kind) {
    case 'ban':
      return banSheet(content.ban, host, site === null);
    case 'digest':
      return digestSheet(content.digest, host, site === null);
    case 'test':
      return sheet('good', `Portcullis ${where} can reach you`, {
        facts: [['Sent through', [foreign(content.destination, siteLength)]]],
      });
    case 'silent_site':
      return sheet('warning', `${count(content.sites.length, 'site')} ${where} fell silent`, {
        lists: [
          {
            title: 'No line in the log since',
            items: content.sites
              .slice(0, 10)
              .map(({ site, lastEventAt }) => [foreign(site), ` – ${moment(lastEventAt)}`]),
          },
        ],
        command: 'portcullis doctor',
      });
    case 'start':
      return sheet('good', `Portcullis ${content.version} has started ${where}`, {
        facts: [
          ['Bans in force', [number(content.bans)]],
          ['Firewall', [content.firewall]],
          ...again(content),
        ],
      });
    case 'stop':
      return sheet('warning', `Portcullis has stopped ${where}`, {
        facts: [
          [
            'Bans',
            [
              content.kept
                ? `${number(content.bans)} stay enforced`
                : `${number(content.bans)} are lifted meanwhile`,
            ],
          ],
          ...again(content),
        ],
        command: 'systemctl status portcullis',
      });
    case 'reload_failed':
      return sheet('danger', `The configuration ${where} is wrong; the one of before goes on`, {
        facts: again(content),
        lists: [{ title: 'Problems', items: lines(content.problems) }],
        command: 'portcullis check-config',
      });
    case 'drift':
      return sheet('danger', `The firewall ${where} was changed by somebody else, and has been mended`, {
        facts: again(content),
        lists: [{ title: 'What differed', items: lines(content.faults) }],
        command: 'portcullis status',
      });
    case 'held':
      return sheet('danger', `A ban of ${content.ip} ${where} waits for you until ${moment(content.until)}`, {
        facts: [
          ['Because', [foreign(content.because, lineLength)]],
          ['Jail', [content.jail]],
          ['Failures', [number(content.failures)]],
          ['Sites', sitesText(Object.entries(content.sites), 0)],
          ['Without an answer', ['it is banned for a short time']],
          ...again(content),
        ],
        command: `portcullis requests approve h${content.id}`,
      });
    case 'proxied_site':
      return sheet('warning', `A site ${where} logs its proxy in place of its visitors`, {
        facts: [
          ['Site', [foreign(content.site, siteLength)]],
          ['Proxy', [foreign(content.proxy, lineLength)]],
          ['Failures', [`${number(content.failures)}, for which nobody can be banned`]],
          ['What to do', ['let the web server put the visitor’s address into REMOTE_ADDR']],
          ...again(content),
        ],
        command: 'portcullis doctor',
      });
    case 'campaign':
    case 'campaign_over':
      return campaignSheet(content.campaigns, content.kind, host, site === null);
    case 'report':
      return reportSheet(content.report, site === null ? host : `${site} on ${host}`);
  }
}

function banTitle({ ip, state }: ReportedBan, host: string): string {
  if (state === 'failed') return `${ip} should be banned on ${host}, and the firewall refuses it`;
  return state === 'ended' ? `${ip} was banned on ${host}, and no longer is` : `${ip} is banned on ${host}`;
}

function banSheet(ban: ReportedBan, host: string, forHost: boolean): Sheet {
  const sites = Object.entries(ban.sites).sort(([, a], [, b]) => b - a);
  return sheet(ban.state === 'failed' ? 'danger' : 'warning', banTitle(ban, host), {
    facts: [
      ['Host', [host]],
      [sites.length + ban.otherSites === 1 ? 'Site' : 'Sites', sitesText(sites, ban.otherSites)],
      ['Address', [ban.ip, ...originText(ban.origin)]],
      ['Jail', [ban.jail]],
      ['Failures', [number(ban.failures)]],
      ['Users tried', ban.users.length === 0 ? ['none'] : list(ban.users.map(name), shown)],
      ['Banned for', [span(ban)]],
      ['Before', [ban.timesBanned <= 1 ? 'never' : count(ban.timesBanned - 1, 'time')]],
      ...(ban.campaign === null ? [] : [['Campaign', [ban.campaign]] as const]),
      ...(ban.reason === '' ? [] : [['Reason', [foreign(ban.reason, lineLength)]] as const]),
    ],
    ...(forHost && ban.state !== 'ended' ? { command: `portcullis unban ${ban.ip}` } : {}),
  });
}

function digestSheet(digest: Digest, host: string, forHost: boolean): Sheet {
  const { bans, failures, since, until, refused, campaigns, addresses } = digest;
  return sheet(
    refused > 0 ? 'danger' : 'warning',
    `${count(bans, 'address', 'addresses')} banned on ${host}`,
    {
      facts: [
        ['Host', [host]],
        ['When', [`${moment(since)} – ${moment(until)}`]],
        ['Bans', [number(bans), refused > 0 ? `, of which the firewall refuses ${number(refused)}` : '']],
        ['Failures', [number(failures)]],
      ],
      lists: [
        { title: 'Sites', items: ranking(digest.sites, digest.otherSites) },
        { title: 'Networks', items: ranking(digest.networks, digest.otherNetworks) },
        { title: 'Countries', items: ranking(digest.countries, 0) },
        { title: 'Campaigns, and addresses that tried the same users', items: campaignLines(campaigns) },
        {
          title: 'Users tried',
          items: digest.users.map(({ name, bans: from }) => [
            foreign(name),
            ` by ${count(from, 'address', 'addresses')}`,
          ]),
        },
        {
          title: 'Addresses with most failures',
          items: addresses.map(({ ip, failures: own, timesBanned, origin }) => [
            ip,
            ...originText(origin),
            `: ${count(own, 'failure')}${timesBanned > 1 ? `, banned ${count(timesBanned - 1, 'time')} before` : ''}`,
          ]),
        },
      ],
      ...(forHost ? { command: 'portcullis bans' } : {}),
    },
  );
}

function reportSheet(report: PeriodicReport, whose: string): Sheet {
  const { since, until, bans, failures, before, chart, originsOf } = report;
  const most = Math.max(...chart.map((part) => part.failures));
  const counted = originsOf < bans ? ` of the newest ${count(originsOf, 'ban')}` : '';
  return sheet('good', `Report of ${whose}, ${moment(since)} – ${moment(until)}`, {
    facts: [
      ['Failures', [change(failures, before.failures)]],
      ['Bans', [change(bans, before.bans)]],
    ],
    lists: [
      {
        title: 'Failures (bans)',
        items: chart.map((part) => [
          [
            partName(part.at, chart),
            bar(part.failures, most),
            `${number(part.failures)} (${number(part.bans)})`,
          ]
            .filter((column) => column !== '')
            .join(' '),
        ]),
      },
      { title: 'Sites', items: ranking(report.sites.slice(0, shown), othersOf(report)) },
      {
        title: 'Users tried',
        items: report.users
          .slice(0, shown)
          .map((user) => [foreign(user.name), `: ${count(user.failures, 'failure')}`]),
      },
      { title: `Countries${counted}`, items: ranking(report.countries.slice(0, shown), 0) },
      { title: `Networks${counted}`, items: ranking(report.networks.slice(0, shown), 0) },
    ],
  });
}

const othersOf = ({ sites, otherSites }: PeriodicReport): number =>
  Math.max(0, sites.length - shown) + otherSites;

const lines = (sentences: readonly string[]): Text[] =>
  sentences.slice(0, 10).map((sentence) => [foreign(sentence, lineLength)]);

const again = ({ more, since }: { more: number; since: number }): Fact[] =>
  more === 0 ? [] : [['The same before', [`${count(more, 'time')} since ${moment(since)}`]]];

function ranking(names: readonly Ranked[], others: number): Text[] {
  const items = names.map(
    ({ name, bans, failures }): Text => [
      name === '' ? '(no site)' : foreign(name),
      `: ${count(bans, 'ban')}, ${count(failures, 'failure')}`,
    ],
  );
  return others > 0 ? [...items, [`and ${number(others)} more`]] : items;
}

function sitesText(sites: readonly (readonly [string, number])[], others: number): Text {
  const named = sites.map(
    ([site, failures]): Text => [
      site === '' ? '(no site)' : foreign(site, siteLength),
      ` (${number(failures)})`,
    ],
  );
  if (named.length === 0) return [others === 0 ? 'none' : count(others, 'other site')];
  return [...list(named, shown), others === 0 ? '' : `, and ${count(others, 'other site')}`];
}

/** In brackets behind an address; empty where nothing is known. */
function originText({ country, asn, as_name }: ReportedOrigin): Text {
  const system = asn === null ? null : `AS${asn}${as_name === null ? '' : ` ${as_name}`}`;
  const known = [country, system].filter((part) => part !== null).join(', ');
  return known === '' ? [] : [' (', foreign(known, systemLength), ')'];
}

function span({ since, until }: ReportedBan): string {
  return until === null ? 'ever' : `${formatDuration(until - since)}, until ${moment(until)}`;
}

function change(now: number, before: number): string {
  if (before === 0) return `${number(now)} (none recorded in the period before)`;
  const percent = Math.round(((now - before) / before) * 100);
  return `${number(now)} (${percent > 0 ? '+' : ''}${percent} % against ${number(before)})`;
}
