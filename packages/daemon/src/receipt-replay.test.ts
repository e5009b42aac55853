import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Rule } from '@portcullis/contracts';
import {
  type BanReceipt,
  type BanRecord,
  countedFilters,
  createZoneClock,
  Detector,
  doubtsIn,
  ExemptionList,
  type JailConfig,
  parseNetwork,
  type ReceiptFailure,
  StampReader,
  standardConfig,
  WordPressLine,
} from '@portcullis/core';
import fc from 'fast-check';
import { createSmallDaemon, type SmallDaemon, smallDaemonStart } from '../../../test/support/small-daemon.ts';
import { createQueries } from './store/queries.ts';

/*
 * Whatever is read, each ban's receipt decides it again: a detector that knows nothing but the receipt's rule, given the receipt's
 * lines, comes to a verdict on the same client at the same time, on as many failures, and not before the last line. What this
 * leaves out: of more than 20 failures the last 20 are kept, so that as many fewer are required; of a line the first 1,024
 * bytes, so that a longer one can be counted again but not read again; that a single address of a /64 is banned alone where
 * somebody else in it is exempt; that who is known waits for more (weights say so); and where `maxretry` is 1, that the failure of a source beyond its measure waited for another.
 */

const everybody = { everywhere: new ExemptionList(), byJail: new Map() };

/** The jail that a rule describes, with so many failures that ban. */
const jailOf = (rule: Rule, maxretry: number): JailConfig => ({
  ...standardConfig().jails[0]!,
  name: rule.jail,
  filters: rule.filter,
  maxretry,
  findtime: rule.findtime_seconds * 1000,
  key: rule.key,
  ipv4Prefix: rule.ipv4_prefix,
  ipv6Prefix: rule.ipv6_prefix,
  distrust: rule.distrust,
  maxBansPerSite: -1,
});

/** What the line says by itself; null where more of it was written than is kept. */
function readAgain({ line: text }: ReceiptFailure, now: number): WordPressLine | null {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length >= 1_024) return null;
  const line = new WordPressLine(new StampReader(createZoneClock('UTC'), now));
  assert.ok(line.read(bytes, 0, bytes.length), text);
  return line;
}

function replay(receipt: BanReceipt, rule: Rule) {
  const kept = receipt.evidence.reduce((sum, { count }) => sum + count, 0);
  const missing = receipt.failures - kept;
  const detector = new Detector([jailOf(rule, receipt.required - missing)], everybody, 1);
  const verdicts = receipt.evidence.map((failure) => {
    const { id, time, address, event, count, user, doubts, site } = failure;
    const line = readAgain(failure, receipt.at);
    if (line !== null) {
      assert.deepEqual(
        [line.time, String(line.address()), line.site, line.message?.event, line.user()],
        [time, String(address), site, event, user],
      );
      assert.ok(line.count >= count, 'of a line at most what it says counts');
      assert.equal(detector.examine(line, address, receipt.at), null);
    }
    const filters = line?.message?.filters ?? countedFilters(event, 'login');
    assert.equal(detector.distrusted(filters, address, receipt.at, doubts), null, String(doubtsIn(doubts)));
    return detector.count(filters, address, time, receipt.at, id, count, undefined, { doubts, source: 0 });
  });
  return { verdicts, kept };
}

/** @throws AssertionError where the receipt does not lead to its ban */
function assertReproduced(ban: Pick<BanRecord, 'id' | 'jail' | 'network' | 'since'>, receipt: BanReceipt) {
  const { rule, client } = receipt;
  assert.ok(rule !== null);
  assert.equal(rule.jail, ban.jail);
  assert.ok(client.contains(ban.network));
  const { verdicts, kept } = replay(receipt, rule);
  assert.ok(kept === receipt.failures || receipt.evidence.length === 20, 'all are kept, or the last 20');
  assert.deepEqual(verdicts.slice(0, -1).flat(), [], 'nothing is due before the last failure');
  const [verdict, ...more] = verdicts.at(-1)!;
  assert.deepEqual(more, []);
  assert.deepEqual(
    [String(verdict?.network), Math.min(verdict!.time, receipt.at), verdict?.failures],
    [String(client), ban.since, kept],
  );
}

// ─── Random logs ────────────────────────────────────────────────────────────────────────────────────────────────────

const addresses = ['198.51.100.1', '198.51.100.2', '2001:db8::1', '2001:db8::2', '2001:db8:0:1::1'];
const names = ['alice', 'bob from 203.0.113.9', 'ünï\u202e', 'x'.repeat(70), 'y'.repeat(1_200)];

const message = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...names).map((name) => `Authentication failure for ${name}`) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(...names).map((name) => `XML-RPC authentication failure for ${name}`),
  },
  fc.constantFrom(
    'Authentication attempt for unknown user admin',
    'Blocked user enumeration attempt',
    'XML-RPC multicall authentication failure',
    'Pingback requested',
    'Spam comment 7',
    'Accepted password for alice',
  ),
);
const line = fc.record({
  do: fc.constant('line' as const),
  ip: fc.oneof({ weight: 2, arbitrary: fc.constant(addresses[0]!) }, fc.constantFrom(...addresses)),
  site: fc.constantFrom('a.example', 'b.example/shop', ''),
  message,
  repeats: fc.constantFrom(1, 1, 1, 1, 1, 3),
  /** Since the line before, in milliseconds: as out of order as syslog is, and as far apart as findtime. */
  apart: fc.constantFrom(0, 1, 1, 50, 50, 5_000, 60_000, -30_000, 1_800_000),
  stamp: fc.constantFrom('rfc3339', 'rfc3339', 'traditional'),
});
type Line = typeof line extends fc.Arbitrary<infer L> ? L : never;
const step = fc.oneof(
  { weight: 30, arbitrary: line },
  { weight: 1, arbitrary: fc.constant({ do: 'allow' as const, ip: '2001:db8::2' }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom('expire' as const, 'allow' as const, 'ban' as const, 'unban' as const),
      ip: fc.constantFrom(...addresses),
    }),
  },
);
const configuration = fc
  .record({
    maxretry: fc.constantFrom(1, 2, 3, 5, 40),
    findtime: fc.constantFrom('1m', '12h'),
    ipv6_prefix: fc.constantFrom(64, 128),
    distrust: fc.constantFrom('["burst", "stored_address"]', '["long_name"]', '[]'),
    max_bans_per_site_per_hour: fc.constantFrom(1, 200_000),
  })
  .map((keys) => (keys.maxretry === 1 ? { ...keys, max_bans_per_site_per_hour: -1 } : keys))
  .map((keys) =>
    Object.entries(keys).map(([key, value]) => `${key} = ${key === 'findtime' ? `"${value}"` : value}`),
  )
  .map((lines) =>
    [
      '[known_good]',
      'enabled = false',
      '[jails.wordpress]',
      ...lines,
      '[jails.strict]',
      'filter = ["wordpress-hard"]',
      'maxretry = 2',
    ].join('\n'),
  );

let time = 0;
function written({ ip, site, message: words, repeats, apart, stamp }: Line): string {
  time += apart;
  const iso = new Date(time).toISOString();
  const traditional = `Nov ${iso.slice(8, 10).replace(/^0/, ' ')} ${iso.slice(11, 19)}`;
  const said = `${words} from ${ip}`;
  return (
    `${stamp === 'rfc3339' ? iso.replace('Z', '123+00:00') : traditional} web01 wordpress${site === '' ? '' : `(${site})`}[77]: ` +
    `${repeats === 1 ? said : `message repeated ${repeats} times: [ ${said}]`}`
  );
}

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

async function take(daemon: SmallDaemon, one: Step) {
  const { clock, store, byHand } = daemon;
  switch (one.do) {
    case 'line': {
      const text = written(one);
      clock.time = Math.max(clock.time, time);
      return daemon.read(text);
    }
    case 'expire':
      time = clock.time += 25 * 3_600_000;
      return store.endBans(
        store.bansDue(clock.now(), 1000).map(({ id }) => id),
        clock.now(),
        'expired',
      );
    case 'allow':
      await byHand.allow('admin', { ip: one.ip, for: '12h' });
      return daemon.detector.exempt(daemon.exemptions.current);
    case 'ban':
      return byHand.ban('admin', { ip: one.ip, reason: 'by hand', force: true });
    case 'unban':
      return byHand.unban('admin', one.ip, {}).catch(() => {});
  }
}

/** Runs a log. @returns what kinds of bans it led to, each of which its receipt reproduces */
async function reproduced(config: string, steps: readonly Step[]): Promise<string[]> {
  using daemon = await createSmallDaemon(config);
  time = smallDaemonStart;
  for (const one of steps) await take(daemon, one);
  const { items } = createQueries(daemon.store, daemon.clock).bans({ state: 'all', limit: 1000 });
  return items.flatMap(({ id, ip, jail, since }) => {
    const receipt = daemon.store.receiptOf(id);
    assert.ok(receipt !== null, 'every ban has one');
    const { rule, evidence, byHand } = receipt;
    if (rule === null) {
      assert.equal(byHand?.by, 'admin');
      return ['by hand'];
    }
    assertReproduced({ id, jail, network: parseNetwork(ip)!, since: Date.parse(since) }, receipt);
    return [
      jail,
      evidence.length === 20 ? 'the last 20' : 'whole',
      ...(String(receipt.client) === ip ? [] : ['narrowed']),
      ...(evidence.some(({ count }) => count > 1) ? ['repeated'] : []),
      ...(evidence.some(({ line: text }) => text.length >= 1_000) ? ['cut'] : []),
      ...(evidence.some(({ doubts }) => doubts > 0) ? ['doubted'] : []),
    ];
  });
}

const logs = fc.array(step, { minLength: 40, maxLength: 150 });

test('replay of what a receipt keeps comes to the same decision', async () => {
  await fc.assert(
    fc.asyncProperty(configuration, logs, async (config, steps) => {
      await reproduced(config, steps);
    }),
    { numRuns: 40 },
  );
});

test('the logs do lead to bans of every kind', async () => {
  const kinds = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(configuration, logs, async (config, steps) => {
      for (const kind of await reproduced(config, steps)) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    }),
    { numRuns: 40, seed: 7 },
  );
  for (const kind of [
    ...['wordpress', 'strict', 'whole', 'the last 20', 'narrowed', 'repeated', 'cut', 'doubted', 'by hand'],
  ]) {
    assert.ok((kinds.get(kind) ?? 0) > 0, `${kind} among ${JSON.stringify([...kinds])}`);
  }
});
