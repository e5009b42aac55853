import type { CampaignCount } from './digest.ts';
import { foreign, list, type Text } from './foreign-text.ts';
import type { CampaignPart, ReportedCampaign } from './report.ts';
import { count, type Fact, moment, name, number, type Sheet, sheet, shown } from './sheet-parts.ts';

/** Campaigns of one message that are told one by one. */
const told = 10;
const partLength = 100;

/** Campaigns that have begun, or are over; of several, a line each. */
export function campaignSheet(
  campaigns: readonly ReportedCampaign[],
  kind: 'campaign' | 'campaign_over',
  host: string,
  forHost: boolean,
): Sheet {
  const over = kind === 'campaign_over';
  const command = forHost ? { command: 'portcullis campaigns' } : {};
  const [only] = campaigns;
  if (campaigns.length !== 1 || only === undefined) {
    const title = `${count(campaigns.length, 'campaign')} on ${host} ${over ? 'are over' : 'have begun'}`;
    const items = campaigns.slice(0, told).map((campaign) => campaignLine(campaign, over));
    return sheet(over ? 'good' : 'warning', title, { lists: [{ title: 'Campaigns', items }], ...command });
  }
  const title = over
    ? `A campaign on ${host} is over: ${count(only.addresses, 'address', 'addresses')} took part`
    : `A campaign on ${host} has begun: ${count(only.addresses, 'address', 'addresses')} so far, with few tries each`;
  return sheet(over ? 'good' : 'warning', title, { facts: factsOf(only, over), ...command });
}

function factsOf(campaign: ReportedCampaign, over: boolean): Fact[] {
  const { id, since, lastSeen, addresses, bans, users, otherUsers, networks, systems, sites, otherSites } =
    campaign;
  const last: Fact[] = over ? [['Last seen', [moment(lastSeen)]]] : [];
  const origins: Fact =
    systems.length > 0 ? ['Systems', partsText(systems)] : ['Networks', partsText(networks)];
  return [
    ['Campaign', [id]],
    ['Since', [moment(since)]],
    ...last,
    ['Addresses', [number(addresses)]],
    ['Bans', [number(bans)]],
    ['Users tried', users.length === 0 ? ['none'] : partsText(users, otherUsers)],
    origins,
    [sites.length + otherSites === 1 ? 'Site' : 'Sites', partsText(sites, otherSites)],
  ];
}

const campaignLine = ({ id, addresses, bans, users }: ReportedCampaign, over: boolean): Text => [
  `${id}: ${count(addresses, 'address', 'addresses')}${over ? `, ${count(bans, 'ban')}` : ''}`,
  ...(users.length === 0
    ? []
    : [
        ', trying ',
        ...list(
          users.map((user) => name(user.name)),
          shown,
        ),
      ]),
];

/** With how many addresses each. */
function partsText(parts: readonly CampaignPart[], others = 0): Text {
  const named = parts
    .slice(0, shown)
    .map(
      (part): Text => [
        part.name === '' ? '(no site)' : foreign(part.name, partLength),
        ` (${number(part.addresses)})`,
      ],
    );
  const more = others + parts.length - named.length;
  return [...list(named, shown), more > 0 ? ` and ${number(more)} more` : ''];
}

/** What a digest says of campaigns, and of addresses that tried the same names. */
export const campaignLines = (campaigns: readonly CampaignCount[]): Text[] =>
  campaigns.map(({ id, users, more, bans }) => [
    `${count(bans, 'address', 'addresses')}${id === null ? '' : ` of campaign ${id}`}`,
    ...(users.length === 0 ? [] : [', trying ', ...list(users.map(name), shown), more ? ' …' : '']),
  ]);
