import assert from 'node:assert/strict';
import { test } from 'node:test';
import { campaignLines } from './campaign-sheet.ts';
import { plainText } from './foreign-text.ts';
import type { MessageContent, ReportedCampaign } from './report.ts';
import { sheetOf } from './sheet.ts';

const at = Date.parse('2026-11-21T19:00:00Z');
const campaign: ReportedCampaign = {
  id: '20261121-1900-3f2a',
  since: at,
  lastSeen: at + 3_600_000,
  addresses: 1_084,
  bans: 84,
  users: ['admin', 'editor', 'root', 'test', 'info'].map((name, i) => ({ name, addresses: 900 - i })),
  otherUsers: 7,
  sites: [{ name: 'blog.example.com', addresses: 1_084 }],
  otherSites: 0,
  networks: [{ name: '203.0.113.0/24', addresses: 20 }],
  systems: [],
};

function textOf(content: MessageContent, site: string | null = null): string {
  const message = { id: '1', host: 'web01', site, at, severity: 'warning' as const, content };
  const { title, facts, lists, command } = sheetOf(message);
  return [
    title,
    ...facts.map(({ label, value }) => `${label}: ${plainText(value)}`),
    ...lists.flatMap((list) => [`${list.title}:`, ...list.items.map((item) => `- ${plainText(item)}`)]),
    ...(command === null ? [] : [command]),
  ].join('\n');
}

test('the beginning of a campaign is told with how many, what they try, from where, and where', () => {
  assert.equal(
    textOf({ kind: 'campaign', campaigns: [campaign] }),
    `A campaign on web01 has begun: 1,084 addresses so far, with few tries each
Campaign: 20261121-1900-3f2a
Since: 2026-11-21 19:00 UTC
Addresses: 1,084
Bans: 84
Users tried: admin (900), editor (899), root (898), test (897), info (896) and 7 more
Networks: 203.0.113.0/24 (20)
Site: blog.example.com (1,084)
portcullis campaigns`,
  );
});

test('its end is told with the totals, in a site’s own channel without what the host’s administrator types', () => {
  const over = {
    ...campaign,
    systems: [{ name: 'AS64500 EXAMPLE', addresses: 9 }],
    otherUsers: 0,
    users: [],
  };
  assert.equal(
    textOf({ kind: 'campaign_over', campaigns: [over] }, 'shop'),
    `A campaign on web01 is over: 1,084 addresses took part
Campaign: 20261121-1900-3f2a
Since: 2026-11-21 19:00 UTC
Last seen: 2026-11-21 20:00 UTC
Addresses: 1,084
Bans: 84
Users tried: none
Systems: AS64500 EXAMPLE (9)
Site: blog.example.com (1,084)`,
  );
});

test('campaigns of one hour are one message, a line each, at most ten', () => {
  const many = Array.from({ length: 12 }, (_, i) => ({ ...campaign, id: `20261121-1900-00${i + 10}` }));
  const text = textOf({ kind: 'campaign', campaigns: many });
  assert.match(text, /^12 campaigns on web01 have begun\nCampaigns:\n/);
  assert.equal(text.match(/^- /gm)?.length, 10);
  assert.match(text, /^- 20261121-1900-0010: 1,084 addresses, trying admin, editor, root, test, info$/m);
  assert.match(textOf({ kind: 'campaign_over', campaigns: many }), /-0019: 1,084 addresses, 84 bans, trying/);
});

test('a digest tells a campaign as one group', () => {
  const group = { id: campaign.id, users: ['admin', 'editor'], more: true, bans: 84, failures: 252 };
  assert.deepEqual(campaignLines([group, { ...group, id: null, bans: 3, more: false }]).map(plainText), [
    '84 addresses of campaign 20261121-1900-3f2a, trying admin, editor …',
    '3 addresses, trying admin, editor',
  ]);
});
