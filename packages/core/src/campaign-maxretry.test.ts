import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Campaigns } from './campaigns.ts';
import { parseConfig } from './config.ts';
import { Detector } from './detector.ts';
import { ExemptionList } from './ignoreip.ts';
import { Replay, type ReplayedDecision } from './replay.ts';
import { createZoneClock } from './stamp.ts';

const start = Date.parse('2026-11-21T12:00:00Z');
const second = 1_000;

/** One try: who, the name, and how many seconds after the start. */
type Try = readonly [ip: string, user: string, seconds: number];

/** Addresses that are banned where five addresses are a campaign that bans at 2, and the jail bans at 3. */
function banned(tries: readonly Try[], settings = 'maxretry = 2'): string[] {
  const { config, problems } = parseConfig(`[campaigns]\naddresses = 5\n${settings}\n[jails.wordpress]`);
  assert.deepEqual(problems, []);
  const exemptions = { everywhere: new ExemptionList(), byJail: new Map() };
  const campaigns = new Campaigns({ config: config!.campaigns, seed: 1 });
  const decisions: ReplayedDecision[] = [];
  const detector = new Detector(config!.jails, exemptions, 0, campaigns);
  const end = start + 86_400_000;
  const replay = new Replay(detector, createZoneClock('UTC'), end, Math.random, (each) =>
    decisions.push(each),
  );
  const encoder = new TextEncoder();
  // The last line only ends what waits for a later one.
  for (const [i, [ip, user, seconds]] of [...tries, ['192.0.2.254', 'zed', 86_000] as const].entries()) {
    const stamp = new Date(start + seconds * second).toISOString().replace('Z', '+00:00');
    const line = `${stamp} web01 wordpress(a.example)[${i}]: Authentication failure for ${user} from ${ip}`;
    const bytes = encoder.encode(line);
    replay.line(bytes, 0, bytes.length, false);
  }
  return decisions.filter(({ action }) => action === 'ban').map(({ ip }) => ip);
}

const far = Array.from({ length: 6 }, (_, i) => `198.18.${i}.1`);
const near = Array.from({ length: 6 }, (_, i) => `203.0.113.${i + 1}`);
const each = (ips: readonly string[], user: string, from = 0): Try[] =>
  ips.map((ip, i) => [ip, user, from + i]);

test('who tries a campaign’s name twice is banned, first tries before it was recognised included', () => {
  assert.deepEqual(banned([...each(far, 'alice'), ...each(far, 'alice', 60)]), far);
});

test('taking part changes nothing unless that is configured, nor where the jail is stricter itself', () => {
  const tries = [...each(far, 'alice'), ...each(far, 'alice', 60)];
  assert.deepEqual(banned(tries, ''), []);
  assert.deepEqual(banned(tries, 'maxretry = 3'), []);
});

test('only failures with the campaign’s names count towards its maxretry', () => {
  const tries = each(far, 'alice');
  assert.deepEqual(banned([...tries, ['192.0.2.1', 'bob', 30], ['192.0.2.1', 'alice', 31]]), []);
  assert.deepEqual(banned([...tries, ['192.0.2.1', 'bob', 30], ['192.0.2.1', 'bob', 31]]), []);
  assert.deepEqual(banned([...tries, ['192.0.2.1', 'alice', 30], ['192.0.2.1', 'ALICE', 31]]), ['192.0.2.1']);
});

test('people behind one network who mistype names of their own twice are not banned for their neighbours', () => {
  const own = near.flatMap((ip, i): Try[] => [
    [ip, `person${i}`, i],
    [ip, `person${i}`, 60 + i],
  ]);
  assert.deepEqual(banned(own), []);
  const attack = each(near.slice(0, 4), 'admin', 100);
  assert.deepEqual(
    banned([...own.slice(8), ...attack, ...each(near.slice(0, 4), 'admin', 200)]),
    near.slice(0, 4),
  );
});

test('a campaign that is over lowers nothing any more', () => {
  const later = 3_600 + 60;
  assert.deepEqual(
    banned([...each(far, 'alice'), [far[0]!, 'alice', later], [far[0]!, 'alice', later + 5]]),
    [far[0]],
  );
  assert.deepEqual(
    banned([...each(far, 'alice'), ['192.0.2.1', 'alice', later], ['192.0.2.1', 'alice', later + 5]]),
    [],
  );
});
