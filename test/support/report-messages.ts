import {
  type MessageContent,
  type OutboxKind,
  type ReportedBan,
  type ReportMessage,
  severityOf,
  tallyBans,
  toDigest,
} from '@portcullis/core';

const at = Date.parse('2026-11-21T12:00:00Z');

export const reportedBan = (changes: Partial<ReportedBan> = {}): ReportedBan => ({
  id: 1,
  ip: '198.51.100.7',
  jail: 'wordpress',
  since: at,
  until: at + 86_400_000,
  failures: 5,
  sites: { 'blog.example.com': 3, 'shop.example.com': 2 },
  otherSites: 0,
  users: ['alice', 'bob'],
  timesBanned: 3,
  reason: '5 failures within 42 s',
  state: 'active',
  origin: { country: 'NL', asn: 64500, as_name: 'Example' },
  campaign: null,
  ...changes,
});

/** One message of each kind, with a name wherever somebody else may have written one. */
export function reportMessages(name = 'alice'): ReportMessage[] {
  const ban = reportedBan({
    users: [name, 'bob'],
    sites: { [name]: 3, 'blog.example.com': 2 },
    reason: name,
    origin: { country: 'NL', asn: 64500, as_name: name },
  });
  const others = Array.from({ length: 9 }, (_, index) => ({ at, ban: { ...ban, ip: `203.0.113.${index}` } }));
  const inCampaign = others.map(({ ban: each }) => ({
    at,
    ban: { ...each, campaign: '20261121-1900-3f2a' },
  }));
  const parts = [{ name, addresses: 20 }];
  const campaign = {
    id: '20261121-1900-3f2a',
    since: at - 60_000,
    lastSeen: at,
    addresses: 20,
    bans: 9,
    users: parts,
    otherUsers: 2,
    sites: parts,
    otherSites: 3,
    networks: [{ name: '203.0.113.0/24', addresses: 9 }],
    systems: parts,
  };
  const ranked = [{ name, bans: 2, failures: 6 }];
  const since = at - 60_000;
  const contents: MessageContent[] = [
    { kind: 'ban', ban },
    { kind: 'ban', ban: { ...ban, state: 'failed', until: null, users: [], otherSites: 2 } },
    { kind: 'ban', ban: { ...ban, ip: '2001:db8::/64', state: 'ended' } },
    { kind: 'digest', digest: toDigest(tallyBans(others)) },
    { kind: 'digest', digest: toDigest(tallyBans([...others, ...inCampaign])) },
    { kind: 'campaign', campaigns: [campaign] },
    { kind: 'campaign', campaigns: [campaign, { ...campaign, users: [], systems: [] }] },
    { kind: 'campaign_over', campaigns: [campaign] },
    { kind: 'start', version: '0.1.0', firewall: 'ipset', bans: 12, more: 0, since },
    { kind: 'stop', bans: 12, kept: true, more: 3, since },
    { kind: 'reload_failed', problems: [`jails.x = ${name}: wrong`], more: 1, since },
    { kind: 'drift', faults: [`The rule ${name} is gone.`], more: 0, since },
    { kind: 'silent_site', sites: [{ site: name, lastEventAt: since }] },
    {
      kind: 'held',
      id: 7,
      ip: '198.51.100.7',
      jail: 'wordpress',
      failures: 3,
      sites: { [name]: 3 },
      until: since,
      because: `an administrator of ${name} is at work`,
      more: 1,
      since,
    },
    { kind: 'proxied_site', site: name, failures: 9, proxy: `in ${name}`, more: 0, since },
    { kind: 'test', destination: `slack.sites.${name}` },
    {
      kind: 'report',
      more: 0,
      since,
      report: {
        since,
        until: at,
        failures: 10,
        bans: 2,
        before: { failures: 5, bans: 0 },
        sites: ranked,
        otherSites: 0,
        users: ranked,
        countries: ranked,
        networks: ranked,
        originsOf: 2,
        chart: [{ at: since, failures: 10, bans: 2 }],
      },
    },
  ];
  return contents.map((content, index) => ({
    id: `web01/slack/${index}`,
    host: 'web01',
    site: null,
    at,
    severity: severityOf[(content.kind in severityOf ? content.kind : 'ban') as OutboxKind],
    content,
  }));
}
