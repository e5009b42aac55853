import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PortcullisError } from '@portcullis/contracts';
import { parseNetwork, type SitePart } from '@portcullis/core';
import fc from 'fast-check';
import { failureLine } from '../../../../test/support/log-lines.ts';
import {
  createSmallDaemon,
  type SmallDaemon,
  smallDaemonStart,
} from '../../../../test/support/small-daemon.ts';
import type { SiteOperations } from '../operations.ts';

/*
 * Two sites on one host, or two sub-sites of one network, small enough that their evidence often meets: what the one does
 * must not change what is the other's, and what the one is told must not depend on what is the other's.
 */

interface Names {
  readonly theirs: string;
  readonly user: string;
  readonly note: string;
}

/** Which two: how they are registered, and how each speaks to the daemon. */
interface Pair {
  readonly title: string;
  readonly mine: string;
  readonly names: Names;
  /** The same neighbour with other names, users and words. */
  readonly otherNames: Names;
  configuration(theirs: string): string;
  /** Id and sub-site. */
  ours(theirs: string): { readonly mine: SitePart; readonly theirs: SitePart };
}
const words = { user: 'bob', note: 'office' };
const otherWords = { user: 'someone-else', note: 'another note' };
const pairs: readonly Pair[] = [
  {
    title: 'two sites',
    mine: 'mine.example',
    names: { theirs: 'theirs.example', ...words },
    otherNames: { theirs: 'x.other.example', ...otherWords },
    configuration: (theirs) => `
[sites.mine]
domains = ["mine.example"]
user = "mine"
[sites.theirs]
domains = ["${theirs}"]
user = "theirs"
`,
    ours: () => ({ mine: { id: 'mine', sub: null }, theirs: { id: 'theirs', sub: null } }),
  },
  {
    title: 'a sub-site and the main site of its network',
    mine: 'net.example/mine',
    names: { theirs: 'net.example', ...words },
    otherNames: { theirs: 'net.example/x', ...otherWords },
    configuration: () => '[sites.net]\ndomains = ["net.example"]\nuser = "net"\n',
    ours: (theirs) => ({
      mine: { id: 'net', sub: 'net.example/mine' },
      theirs: { id: 'net', sub: theirs },
    }),
  },
];

/** Addresses 1 and 2 and the network fail on both sites, 8 on theirs alone. */
const common = ['198.51.100.1', '198.51.100.2', '2001:db8::1', '2001:db8::2'];
const private_ = ['198.51.100.8'];
const spellings = [
  ...common,
  ...private_,
  '2001:db8::/64',
  '198.51.100.0/24',
  '0.0.0.0/0',
  '::/0',
  'nonsense',
];

type Step =
  | { readonly do: 'mine' | 'theirs' | 'unnamed'; readonly ip: string }
  | { readonly do: 'wait' | 'expire' }
  | {
      readonly do: 'admin ban' | 'admin unban' | 'their unban' | 'their allow' | 'their ask';
      readonly ip: string;
    }
  | { readonly do: 'call'; readonly call: Call };
type Call =
  | { readonly name: 'unban'; readonly ip: string; readonly allow?: string }
  | { readonly name: 'allow'; readonly ip: string; readonly for?: string }
  | { readonly name: 'disallow' | 'getBan'; readonly id: number }
  | { readonly name: 'ask'; readonly ip: string }
  | {
      readonly name: 'read';
      readonly sort: '-since' | 'until' | 'failures' | 'ip';
      readonly search?: string;
    };

const ip = fc.constantFrom(...common, ...private_);
const anyIp = fc.constantFrom(...spellings);
const call: fc.Arbitrary<Call> = fc.oneof(
  fc.record({ name: fc.constant('unban' as const), ip: anyIp }),
  fc.record({ name: fc.constant('unban' as const), ip: anyIp, allow: fc.constantFrom('7d', '31d') }),
  fc.record({ name: fc.constant('allow' as const), ip: anyIp, for: fc.constantFrom('1h', '30d', '-1') }),
  fc.record({
    name: fc.constantFrom('disallow' as const, 'getBan' as const),
    id: fc.integer({ min: 1, max: 6 }),
  }),
  fc.record({ name: fc.constant('ask' as const), ip: anyIp }),
  fc.record({
    name: fc.constant('read' as const),
    sort: fc.constantFrom('-since' as const, 'until' as const, 'failures' as const, 'ip' as const),
    search: fc.constantFrom('bob', 'theirs', 'office', 'ann', '198.51'),
  }),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('mine' as const), ip: fc.constantFrom(...common) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('theirs' as const), ip }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('unnamed' as const), ip }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('wait' as const, 'expire' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'admin ban' as const,
        'admin unban' as const,
        'their unban' as const,
        'their allow' as const,
        'their ask' as const,
      ),
      ip,
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('call' as const), call }) },
);
const steps = fc.array(step, { minLength: 5, maxLength: 40 });

const createDaemon = (pair: Pair, { theirs }: Names) =>
  createSmallDaemon(
    `[jails.wordpress]\nmaxretry = 2\n[campaigns]\naddresses = 3\n${pair.configuration(theirs)}`,
  );

/** The daemon as each of the two sees it. */
function operationsOf({ sites }: SmallDaemon, pair: Pair, { theirs }: Names) {
  const parts = pair.ours(theirs);
  return {
    mine: sites.operationsOf(parts.mine.id, parts.mine.sub),
    theirs: sites.operationsOf(parts.theirs.id, parts.theirs.sub),
  };
}

/** What is answered, as it goes over the socket. */
async function answerOf(work: () => unknown): Promise<unknown> {
  try {
    return JSON.parse(JSON.stringify((await work()) ?? null));
  } catch (error) {
    if (error instanceof PortcullisError) return error.toProblem();
    throw error;
  }
}

const perform = (site: SiteOperations, one: Call): Promise<unknown> =>
  answerOf(() => {
    switch (one.name) {
      case 'unban':
        return site.unban('eve', one.ip, one.allow === undefined ? {} : { allow: one.allow });
      case 'allow':
        return site.allow('eve', { ip: one.ip, ...(one.for === undefined ? {} : { for: one.for }) });
      case 'disallow':
        return site.disallow('eve', one.id);
      case 'getBan':
        return site.getBan(one.id);
      case 'ask':
        return site.ask('eve', { ip: one.ip, note: 'please' });
      case 'read':
        return everythingOf(site, one.sort, one.search);
    }
  });

/** Every answer that a site can read. */
function everythingOf(site: SiteOperations, sort: '-since' | 'until' | 'failures' | 'ip', search?: string) {
  const bans = site.listBans({ state: 'all', sort });
  return {
    identity: site.site(),
    status: site.status(),
    bans,
    found: site.listBans({ state: 'all', ...(search === undefined ? {} : { search }) }),
    details: bans.items.map(({ id }) => site.getBan(id)),
    sites: site.listSites({}),
    allowed: site.listAllowed({}),
    failures: site.listFailures({}),
    stats: site.stats({}),
    requests: site.listRequests({}),
    campaigns: site.listCampaigns({}),
    audit: site.listAudit({}),
  };
}

/** What the detector counts against each address, of their lines alone. */
function countedOf({ detector, store }: SmallDaemon, site: string): unknown {
  return [...common, ...private_].map((address) => {
    const network = parseNetwork(address)!;
    const counted: number[] = [];
    detector.forgetFailures(network, (ids) => {
      counted.push(...ids);
      return new Set();
    });
    return store
      .failuresById(counted)
      .filter((failure) => failure.site === site)
      .map(({ id }) => id);
  });
}

async function take(daemon: SmallDaemon, pair: Pair, one: Exclude<Step, { do: 'call' }>, names: Names) {
  const { clock, byHand, store } = daemon;
  const { theirs, user, note } = names;
  const neighbour = () => operationsOf(daemon, pair, names).theirs;
  const ignore = (work: () => unknown) => answerOf(work);
  switch (one.do) {
    case 'mine':
      return daemon.read(failureLine(one.ip, { time: clock.now(), site: pair.mine, user: 'ann' }));
    case 'theirs':
      return daemon.read(failureLine(one.ip, { time: clock.now(), site: theirs, user }));
    case 'unnamed':
      return daemon.read(failureLine(one.ip, { time: clock.now(), site: '', user }));
    case 'wait':
      clock.time += 60_000;
      return;
    case 'expire':
      clock.time += 25 * 3_600_000;
      store.endBans(
        store.bansDue(clock.now(), 1000).map(({ id }) => id),
        clock.now(),
        'expired',
      );
      return;
    case 'admin ban':
      return ignore(() => byHand.ban('admin', { ip: one.ip, reason: note }));
    case 'admin unban':
      return ignore(() => byHand.unban('admin', one.ip, {}));
    case 'their unban':
      return ignore(() => neighbour().unban(user, one.ip, {}));
    case 'their allow':
      return ignore(() => neighbour().allow(user, { ip: one.ip, for: '7d', note }));
    case 'their ask':
      return ignore(() => neighbour().ask(user, { ip: one.ip, note }));
  }
}

/** Runs the steps. @returns what the site was told, call by call */
async function told(pair: Pair, sequence: readonly Step[], as: Names): Promise<unknown[]> {
  using daemon = await createDaemon(pair, as);
  const { mine } = operationsOf(daemon, pair, as);
  const answers: unknown[] = [];
  const unsubscribe = mine.subscribe((event) => answers.push(JSON.parse(JSON.stringify(event))));
  for (const one of sequence) {
    if (one.do === 'call') answers.push(await perform(mine, one.call));
    else await take(daemon, pair, one, as);
  }
  answers.push(await answerOf(() => everythingOf(mine, '-since')));
  unsubscribe();
  return answers;
}

/** With every number that the whole host shares replaced by the order in which the site came to know it. */
function renumbered(value: unknown): unknown {
  const known = new Map<string, number>();
  const rename = (inner: unknown): unknown => {
    if (Array.isArray(inner)) return inner.map(rename);
    if (typeof inner !== 'object' || inner === null) return inner;
    const kind =
      'added_by' in inner ? 'allow' : 'asked_by' in inner ? 'request' : 'line' in inner ? 'failure' : '';
    const entries = Object.entries(inner).map(([key, one]) => {
      if (key !== 'id' || typeof one !== 'number') return [key, rename(one)];
      const name = `${'actor' in inner ? 'audit' : 'type' in inner ? 'event' : kind} ${one}`;
      known.set(name, known.get(name) ?? known.size + 1);
      return [key, known.get(name)];
    });
    return Object.fromEntries(entries);
  };
  return rename(value);
}

for (const pair of pairs)
  describe(pair.title, () => {
    const { names, otherNames } = pair;

    test('no call of one site changes anything that is another’s', async () => {
      await fc.assert(
        fc.asyncProperty(steps, async (sequence) => {
          using daemon = await createDaemon(pair, names);
          const { mine, theirs } = operationsOf(daemon, pair, names);
          const snapshot = () => [
            JSON.parse(JSON.stringify(everythingOf(theirs, '-since'))),
            countedOf(daemon, names.theirs),
          ];
          for (const one of sequence) {
            if (one.do !== 'call') {
              await take(daemon, pair, one, names);
              continue;
            }
            const before = snapshot();
            await perform(mine, one.call);
            assert.deepEqual(snapshot(), before, JSON.stringify(one.call));
          }
        }),
        { numRuns: 60 },
      );
    });

    test('nothing that one site is told depends on the names, users and words of another', async () => {
      await fc.assert(
        fc.asyncProperty(steps, async (sequence) => {
          const answers = await told(pair, sequence, names);
          assert.deepEqual(answers, await told(pair, sequence, otherNames));
          const searched = JSON.stringify(answers).replaceAll(/"detail":"[^"]*nonsense[^"]*"/g, '');
          assert.doesNotMatch(searched, /theirs|bob|office|"receipt"|"rule"/);
        }),
        { numRuns: 40 },
      );
    });

    test('a ban that rests on others’ lines, too, tells a site the same however many those are, and when they came', async () => {
      const tell = async (before: number, after: number) => {
        using daemon = await createDaemon(pair, names);
        const { mine } = operationsOf(daemon, pair, names);
        const line = (site: string, user: string) =>
          failureLine(common[0]!, { time: smallDaemonStart, site, user });
        const theirs = (count: number) => Array.from({ length: count }, () => line(names.theirs, names.user));
        await daemon.read(...theirs(before), line(pair.mine, 'ann'));
        const [ban] = daemon.store.bansOverlapping(parseNetwork(common[0]!)!);
        assert.equal(daemon.store.receiptOf(ban!.id)?.failures, before + 1, 'the receipt has theirs');
        await daemon.read(...theirs(after));
        const told = everythingOf(mine, '-since');
        assert.equal(told.details.length, 1);
        return JSON.parse(JSON.stringify(told));
      };
      const few = await tell(1, 0);
      assert.deepEqual(await tell(1, 2), few);
      assert.doesNotMatch(JSON.stringify(few), /"receipt"|"rule"/);
    });

    test('a site is told the same whether or not others have bans in which it has no evidence', async () => {
      // By number a ban of others and none look alike too; only which number is whose differs here.
      const comparable = steps.map((all) =>
        all.filter(
          (one) => !(one.do === 'call' && (one.call.name === 'getBan' || one.call.name === 'disallow')),
        ),
      );
      await fc.assert(
        fc.asyncProperty(comparable, async (sequence) => {
          const without = sequence.filter(
            (one) => one.do === 'call' || !('ip' in one) || !private_.includes(one.ip),
          );
          assert.deepEqual(
            renumbered(await told(pair, sequence, names)),
            renumbered(await told(pair, without, names)),
          );
        }),
        { numRuns: 40 },
      );
    });

    test('the sequences do lead to bans of one site, of both, and of none', async () => {
      const kinds = new Set<string>();
      await fc.assert(
        fc.asyncProperty(steps, async (sequence) => {
          using daemon = await createDaemon(pair, names);
          for (const one of sequence) if (one.do !== 'call') await take(daemon, pair, one, names);
          const { mine } = operationsOf(daemon, pair, names);
          if (mine.listCampaigns({}).total > 0) kinds.add('campaign');
          if (mine.listBans({ state: 'all' }).items.some(({ campaign }) => campaign !== undefined))
            kinds.add('ban of a campaign');
          for (const ban of daemon.store.bansOverlapping(parseNetwork('0.0.0.0/0')!))
            kinds.add(Object.keys(ban.evidence.sites).sort().join(' + ') || 'by hand');
        }),
        { numRuns: 40, seed: smallDaemonStart % 0x7fffffff },
      );
      const wanted = ['by hand', 'campaign', 'ban of a campaign'];
      for (const kind of [pair.mine, names.theirs, [pair.mine, names.theirs].sort().join(' + '), ...wanted])
        assert.ok(kinds.has(kind), `${kind} among ${[...kinds].join(', ')}`);
    });
  });
