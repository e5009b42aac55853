import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Receipt } from '@portcullis/contracts';
import { runCli } from '../../../test/support/cli.ts';
import { createFakeOperations } from '../../../test/support/operations.ts';
import { serveFake } from '../../../test/support/serve.ts';

const ip = '198.51.100.7';
const receipt: Receipt = {
  decided_at: '2026-11-21T19:00:02.000Z',
  by_hand: null,
  rule: {
    jail: 'wordpress',
    filter: ['wordpress-hard', 'wordpress-soft'],
    maxretry: 3,
    findtime_seconds: 10_800,
    bantime_seconds: 3_600,
    bantime_increment: true,
    bantime_factor: 1,
    bantime_multipliers: [],
    bantime_maxtime_seconds: -1,
    bantime_rndtime_seconds: 0,
    bantime_overalljails: false,
    key: 'address',
    ipv4_prefix: 32,
    ipv6_prefix: 64,
    distrust: ['burst'],
    max_bans_per_site_per_hour: -1,
  },
  required: 2,
  campaign: '20261121-1900-abcd',
  counted_as: ip,
  together: null,
  failures: 30,
  evidence: [
    {
      id: 1,
      time: '2026-11-21T19:00:00.000Z',
      ip,
      site: 'blog.example.com',
      event: 'login_failure',
      user: '\u001b[2Jalice',
      count: 1,
      weight: 0.5,
      doubts: ['long_name'],
      line: 'the first\u202e line',
      sender: { uid: 1001, pid: 7 },
    },
    {
      ...{ id: 2, time: '2026-11-21T19:00:01.000Z', ip, site: null, event: 'user_enumeration', user: null },
      ...{ count: 4, weight: 4, doubts: [], line: 'the last line', sender: null },
    },
  ],
  earlier_bans: 2,
  bantime_seconds: 14_400,
  known_good: { threshold_factor: 2, because: 'approved' },
  compared: { host: 4 },
  exempted_by: null,
  logins: [{ site: 'blog.example.com', hours: 3, known: true }],
};

/** Serves one ban with a receipt. */
async function served(told: Receipt | null) {
  const operations = createFakeOperations();
  await operations.ban('admin', { ip });
  operations.bans[0]!.receipt = told;
  return serveFake(operations);
}
const why = async (daemon: Awaited<ReturnType<typeof served>>, ...args: string[]) =>
  (await runCli(['--socket', daemon.socketPath, 'why', ip, ...args])).stdout;

test('why tells the rule that decided, each failure with its weight, and what spoke for the address', async () => {
  await using daemon = await served(receipt);
  const told = await why(daemon);
  assert.match(
    told,
    /Receipt of ban \d+ \(wordpress\)\n {2}wordpress at 2026-11-21 19:00:02 UTC: 30 failures of 198\.51\.100\.7; 2 within 3h ban, by the campaign 20261121-1900-abcd, for 4h after 2 earlier bans\n {2}filters wordpress-hard, wordpress-soft; IPv4 by \/32, IPv6 by \/64; distrusts burst\n/,
  );
  assert.match(told, /blog\.example\.com +login_failure +\\u\{1b\}\[2Jalice +1 +0\.5 +long_name\n/);
  assert.match(told, /\(no site\) +user_enumeration +4 +4\n {2}and 25 failures before these\n/);
  assert.match(told, /2 failures count as one where it is known; approved\n/);
  assert.match(told, /compared with the reserved ranges, 4 of this host: none covered it\n/);
  assert.match(told, /people had logged in from it: blog\.example\.com in 3 hours, known there\n/);
  assert.match(told, /Lines\n {2}uid 1001 pid 7: the first\\u\{202e\} line\n {2}the last line\n/);
  assert.deepEqual(JSON.parse(await why(daemon, '--json')).bans[0].receipt, receipt);
});

test('why of a ban by hand tells who made it, when, and against what', async () => {
  await using daemon = await served({
    ...receipt,
    by_hand: { by: 'admin', at: '2026-11-21T19:00:05.000Z', bantime_seconds: -1 },
    rule: null,
    failures: 0,
    evidence: [],
    known_good: null,
    exempted_by: '198.51.100.0/24 stands in ignoreip',
    logins: [],
  });
  const told = await why(daemon);
  assert.match(
    told,
    /\n {2}by admin at 2026-11-21 19:00:05 UTC, for ever\n {2}against an exemption: 198\.51\.100\.0\/24 stands in ignoreip\n {2}nobody was known to log in from it\n/,
  );
});

test('why of a ban that is over tells its receipt, and of one without a receipt none', async () => {
  await using daemon = await served(receipt);
  await daemon.operations.unban('admin', ip, {});
  assert.match(await why(daemon), /is not banned\n[\s\S]*Receipt of ban/);
  await using older = await served(null);
  assert.doesNotMatch(await why(older), /Receipt/);
});
