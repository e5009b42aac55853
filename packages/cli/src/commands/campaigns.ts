import type { Campaign } from '@portcullis/contracts';
import type { Command } from 'commander';
import { collect } from '../lists.ts';
import { ago, number } from '../phrases.ts';
import { withSession } from '../session.ts';
import { renderTable } from '../table.ts';
import { visible } from '../terminal.ts';

/** Entries of a list that one line has room for. */
const fit = 3;

export function addCampaigns(program: Command): void {
  program
    .command('campaigns')
    .description('attacks of many addresses with few tries each, shown as one')
    .addHelpText(
      'after',
      `
A campaign is many addresses that tried one name, or that come from one network. Being part of one changes nothing,
unless [campaigns] maxretry is set.

Examples:
  portcullis campaigns
  portcullis bans --campaign 20261121-1900-3f2a
  portcullis campaigns --json | jq '.items[] | {id, addresses, users}'`,
    )
    .action(
      withSession(async ({ client, json, printJson, out, now }) => {
        const list = await collect(client, 'listCampaigns', {});
        if (json) return printJson(list);
        if (list.items.length === 0) return out.line('No campaign since the daemon started.');
        const columns = [
          { title: 'CAMPAIGN' },
          ...['ADDRESSES', 'BANNED'].map((title) => ({ title, align: 'right' as const })),
          ...['SINCE', 'LAST SEEN'].map((title) => ({ title })),
          ...['NAMES TRIED', 'FROM', 'SITES'].map((title) => ({ title, elastic: true as const })),
        ];
        const rows = list.items.map((campaign) => [
          `${visible(campaign.id)}${campaign.lasting ? '' : ' (over)'}`,
          number(campaign.addresses),
          number(campaign.bans),
          ago(campaign.since, now),
          ago(campaign.last_seen, now),
          few(campaign.users, campaign.other_users),
          few(campaign.systems.length > 0 ? campaign.systems : campaign.networks, 0),
          few(campaign.sites, campaign.other_sites),
        ]);
        for (const line of renderTable(out, columns, rows)) out.line(line);
      }),
    );
}

function few(list: Campaign['users'], others: number): string {
  const more = list.length - fit + others;
  const names = list.slice(0, fit).map(({ name }) => (name === '' ? '(none)' : visible(name)));
  return `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}` || '–';
}
