import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  createZoneClock,
  Detector,
  ExemptionList,
  type Firewall,
  type FirewallChange,
  type LogChunk,
  parseNetwork,
  standardConfig,
} from '@portcullis/core';
import { waitFor } from '../../../test/support/wait-for.ts';
import { Enforcer } from './enforcer.ts';
import { EventHub } from './event-hub.ts';
import { createDryRun } from './firewall/dry-run.ts';
import { Health } from './health.ts';
import { Pipeline } from './pipeline.ts';
import { Reconciler } from './reconciler.ts';
import { recount } from './recount.ts';
import { createStore } from './store/sqlite.ts';
import { VerdictRecorder } from './verdict-recorder.ts';

const start = Date.parse('2026-11-21T12:00:00Z');
const day = 86_400_000;

/** From lines to bans as the daemon does it, with a clock that stands still until it is moved. */
async function createDecisions(
  options: { families?: (4 | 6)[]; newLogsSince?: number; maxWaiting?: number } = {},
) {
  const clock = {
    time: start,
    now() {
      return this.time;
    },
  };
  const config = standardConfig();
  const store = createStore({
    path: ':memory:',
    clock,
    retention: { historyMs: null, failuresMs: null, auditMs: null },
  });
  const exemptions = { everywhere: new ExemptionList(), byJail: new Map() };
  const detector = new Detector(config.jails, exemptions, 1);
  const dryRun = createDryRun(clock);
  const firewall: Firewall = {
    ...dryRun,
    ...(options.families && { families: options.families, limits: ['No IPv6.'] }),
  };
  await firewall.install(['wordpress']);
  const jail = (name: string) => config.jails.find((each) => each.name === name);
  const enforcer = new Enforcer({
    store,
    firewall,
    clock,
    events: new EventHub(clock),
    jail,
    onBan: () => {},
    onEnd: (key) => recorder.drop(key),
    onApplied: () => {},
    onRefusal: (error) => assert.fail(error),
  });
  const recorder = new VerdictRecorder({
    store,
    enforcer,
    clock,
    random: () => 0,
    jail,
    ...(options.maxWaiting !== undefined && { maxWaiting: options.maxWaiting }),
    innocents: { isExempt: () => false, holdsInnocent: () => false, isKnownAt: () => false },
    compare: () => ({ exemptions: { host: 4 }, exemptedBy: null, logins: [] }),
  });
  const pipeline = new Pipeline({
    store,
    detector,
    clock,
    zone: createZoneClock('UTC'),
    newLogsSince: options.newLogsSince ?? 0,
    begin: () => {},
    postpone: (verdict) => recorder.postpone(verdict),
    record: (verdicts, much) => recorder.record(verdicts, much),
    committed: () => {},
    later: (work) => work(),
    onDoubtful: () => {},
    onCutLine: () => {},
    onSelfTest: () => {},
  });
  let offset = 0;
  const read = (text: string): void => {
    const bytes = new TextEncoder().encode(text);
    const file: LogChunk['file'] = { log: '/log', path: '/log', device: 1, inode: 1, head: '1:00' };
    pipeline.chunk({ file, offset, bytes, last: false });
    offset += bytes.length;
  };
  return { clock, store, detector, enforcer, recorder, read, firewall };
}

const failures = (ip: string, count: number, time = start): string =>
  `${new Date(time).toISOString()} web01 wordpress(blog.example.com)[1]: Authentication failure for alice from ${ip}\n`.repeat(
    count,
  );
const network = (text: string) => parseNetwork(text)!;
const banOf = (store: ReturnType<typeof createStore>, ip: string) =>
  store.banInForce('wordpress', network(ip));

describe('from lines to decisions', () => {
  test('ten thousand verdicts on one banned address are some hundred writes, and each failure counts on its ban', async () => {
    const { store, read, recorder } = await createDecisions();
    read(failures('198.51.100.7', 3));
    let writes = 0;
    const update = store.updateBan;
    store.updateBan = (ban) => {
      writes++;
      update(ban);
    };
    read(failures('198.51.100.7', 30_000, start - 1));
    recorder.stop();
    assert.equal(banOf(store, '198.51.100.7')?.failures, 30_003);
    assert.ok(writes > 0 && writes <= 600, `${writes} writes`);
  });

  test('a look at the kernel takes bans that are on their way neither for missing nor for too many', async () => {
    const { store, read, recorder, enforcer, firewall, clock } = await createDecisions();
    let lists = 0;
    let meanwhile = () => {};
    const watched: Firewall = {
      ...firewall,
      list: () => {
        lists++;
        return firewall.list();
      },
      inspect: (alone = (look) => look()) =>
        alone(async () => {
          const report = await firewall.inspect();
          meanwhile();
          return report;
        }),
    };
    const reconciler = new Reconciler({
      store,
      firewall: watched,
      enforcer,
      clock,
      events: new EventHub(clock),
      health: new Health(() => {}),
      jails: () => ['wordpress'],
      endDue: () => {},
    });
    read(failures('198.51.100.7', 3));
    await reconciler.install();
    await reconciler.verify();
    const compared = lists;
    meanwhile = () => read(failures('198.51.100.8', 3));
    await reconciler.verify();
    assert.equal(lists, compared, 'a ban that was recorded while entries were counted');
    meanwhile = () => store.transaction(() => enforcer.end([banOf(store, '198.51.100.7')!], 'unban'));
    await reconciler.verify();
    assert.equal(lists, compared, 'an end that was recorded while entries were counted');
    meanwhile = () => {};
    await enforcer.flush();
    await firewall.apply([
      { action: 'remove', jail: 'wordpress', network: network('198.51.100.8'), until: null },
    ]);
    await reconciler.verify();
    assert.ok(lists > compared, 'an entry that is missing');
    assert.deepEqual([reconciler.repairs, reconciler.enforced], [1, 1]);
    recorder.stop();
  });

  test('many bans of one chunk are in the kernel before the first of them is recorded, and a few are not hurried', async () => {
    const { store, read, recorder, enforcer, firewall } = await createDecisions();
    const advanced: number[] = [];
    Object.assign(firewall, {
      advance(changes: Iterable<FirewallChange>) {
        const all = [...changes];
        assert.equal(store.countBansInForce().get('wordpress') ?? 0, 499);
        assert.equal(all[0]?.until, start + day);
        advanced.push(all.length);
      },
    });
    const attack = (net: string, clients: number) =>
      Array.from({ length: clients }, (_, i) => failures(`${net}.${i >> 8}.${i & 255}`, 3)).join('');
    read(attack('10.1', 499));
    assert.deepEqual(advanced, []);
    read(attack('10.2', 600));
    assert.deepEqual(advanced, [600]);
    await enforcer.flush();
    assert.equal((await firewall.list()).length, 1_099);
    assert.equal(banOf(store, '10.2.1.7')?.state, 'active');
    recorder.stop();
  });

  test('clients that go on failing in the chunk that bans them do not keep the others from the kernel', async () => {
    const { store, read, recorder, firewall } = await createDecisions();
    const advanced: number[] = [];
    Object.assign(firewall, {
      advance: (changes: Iterable<FirewallChange>) => advanced.push([...changes].length),
    });
    const clients = Array.from({ length: 800 }, (_, i) => `10.1.${i >> 8}.${i & 255}`);
    read(clients.map((ip) => failures(ip, 6)).join(''));
    assert.deepEqual(advanced, [800]);
    recorder.stop();
    assert.deepEqual(new Set(clients.map((ip) => banOf(store, ip)?.failures)), new Set([6]));
  });

  test('while a log is caught up with longer ends wait, and are recorded when that is over', async () => {
    const { store, read, recorder } = await createDecisions();
    read(failures('198.51.100.7', 3));
    read(failures('198.51.100.7', 3_000, start - 1));
    assert.equal(banOf(store, '198.51.100.7')?.failures, 3);
    await waitFor('they are recorded', () => banOf(store, '198.51.100.7')?.failures === 3_003);
    recorder.stop();
  });

  test('more longer ends than may wait are recorded, and none before the ban that it prolongs', async () => {
    const { store, read, recorder } = await createDecisions({ maxWaiting: 2 });
    const clients = Array.from({ length: 300 }, (_, i) => `10.1.${i >> 8}.${i & 255}`);
    read(clients.map((ip) => failures(ip, 6)).join(''));
    assert.deepEqual(new Set(clients.map((ip) => banOf(store, ip)?.failures)), new Set([6]));
    assert.equal(store.countBansInForce().get('wordpress'), 300);
    recorder.stop();
  });

  test('what one chunk decides is what its lines decide one by one', async () => {
    const lines = Array.from({ length: 400 }, (_, i) => {
      const host = ((i * 48_271) >> 4) % 8;
      const address = host < 6 ? `198.51.100.${host}` : `2001:db8::${host}`;
      return failures(address, 1, start - 400_000 + i * 1_000);
    });
    const decided = async (chunks: readonly string[]) => {
      const { store, read, recorder } = await createDecisions();
      for (const chunk of chunks) read(chunk);
      recorder.stop();
      const bans = [...store.bansInForce()].flatMap(
        ({ network, jail }) => store.banInForce(jail, network) ?? [],
      );
      return bans.map(({ id, ...ban }) => JSON.stringify(ban)).sort();
    };
    const oneByOne = await decided(lines);
    assert.ok(oneByOne.length >= 7, `${oneByOne.length}`);
    assert.deepEqual(await decided([lines.join('')]), oneByOne);
  });

  test('a few verdicts on banned addresses prolong them at once', async () => {
    const { store, read, recorder } = await createDecisions();
    read(failures('198.51.100.7', 3, start - 60_000));
    assert.equal(banOf(store, '198.51.100.7')?.until, start - 60_000 + day);
    read(failures('198.51.100.7', 3, start));
    assert.equal(banOf(store, '198.51.100.7')?.until, start + day);
    recorder.stop();
  });

  test('a gentle ban is prolonged gently, until a verdict that is not gentle makes it an ordinary one', async () => {
    const { store, read, recorder, enforcer, firewall } = await createDecisions();
    read(failures('198.51.100.7', 2));
    const verdict = {
      jail: 'wordpress',
      network: network('198.51.100.7'),
      time: start,
      failures: 2,
      failureIds: [1, 2],
      failureCounts: [1, 1],
      failureTimes: [start, start],
    };
    const held = async () => {
      await enforcer.flush();
      const { gentle, until } = banOf(store, '198.51.100.7')!;
      assert.deepEqual(
        (await firewall.list()).map((ban) => ban.gentle),
        [gentle],
      );
      return [gentle, until! - start];
    };
    recorder.enact(verdict, { bantime: 60_000, because: 'held' });
    assert.deepEqual(await held(), [true, 60_000]);
    recorder.enact(verdict, { bantime: 90_000, because: 'held' });
    assert.deepEqual(await held(), [true, 90_000]);
    read(failures('198.51.100.7', 3));
    assert.deepEqual(await held(), [false, day]);
    recorder.enact(verdict, { bantime: 90_000, because: 'held' });
    assert.deepEqual(await held(), [false, day]);
    recorder.stop();
  });

  test('what waits to prolong a ban is void when the ban is lifted', async () => {
    const { store, read, recorder, enforcer } = await createDecisions();
    read(failures('198.51.100.7', 3));
    read(failures('198.51.100.7', 900));
    enforcer.end([banOf(store, '198.51.100.7')!], 'unban');
    recorder.stop();
    assert.equal(banOf(store, '198.51.100.7'), undefined);
  });

  test('what waits to prolong a ban counts again after a crash', async () => {
    const { store, read, detector } = await createDecisions();
    read(failures('198.51.100.7', 3));
    read(failures('198.51.100.7', 900));
    const recorded = banOf(store, '198.51.100.7')!.failures;
    // The crash: a detector that knows nothing, and what the store remembers.
    const config = standardConfig();
    const again = new Detector(config.jails, { everywhere: new ExemptionList(), byJail: new Map() }, 2);
    const due = recount({
      store,
      detector: again,
      jails: new Set(['wordpress']),
      since: 0,
      now: 0,
      release: () => {},
    });
    const waiting = due.reduce((sum, verdict) => sum + verdict.failures, 0);
    assert.equal(recorded + waiting, 903);
    assert.ok(waiting > 0);
    assert.equal(again.jails[0]!.jail.tracked, detector.jails[0]!.jail.tracked);
  });

  test('a ban that this host cannot enforce is failed and says why', async () => {
    const { store, read, enforcer } = await createDecisions({ families: [4] });
    read(failures('198.51.100.7', 3) + failures('2001:db8::7', 3));
    await enforcer.flush();
    assert.equal(banOf(store, '198.51.100.7')?.state, 'active');
    const failed = banOf(store, '2001:db8::/64');
    assert.equal(failed?.state, 'failed');
    assert.match(failed!.reason, /^3 failures .*No IPv6\.$/);
  });

  test('a line that two chunks share is kept as it is, whatever the second one ends with', async () => {
    const { store, read, recorder } = await createDecisions();
    const lines = failures('198.51.100.7', 3).trimEnd().split('\n');
    read(lines[0]!.slice(0, 40));
    read(`${lines[0]!.slice(40)}\n${'x'.repeat(60)}`);
    read(`\n${lines[1]}\n${lines[2]}\n`);
    assert.deepEqual(banOf(store, '198.51.100.7')?.evidence.lines, lines);
    recorder.stop();
  });

  test('lines from before findtime do not count in a log that was never read', async () => {
    const { store, read } = await createDecisions({ newLogsSince: start - 3 * 3_600_000 });
    read(
      failures('198.51.100.7', 3, start - 4 * 3_600_000) + failures('198.51.100.8', 3, start - 2 * 3_600_000),
    );
    assert.equal(banOf(store, '198.51.100.7'), undefined);
    assert.equal(banOf(store, '198.51.100.8')?.failures, 3);
  });

  test('a ban tells a hundred sites apart and counts the rest as one', async () => {
    const { store, read, recorder } = await createDecisions();
    const lines = Array.from({ length: 300 }, (_, i) =>
      failures('198.51.100.7', 1).replace('blog.', `host${i}.`),
    );
    read(lines.join(''));
    recorder.stop();
    const { sites } = banOf(store, '198.51.100.7')!.evidence;
    assert.equal(Object.keys(sites).length, 101);
    assert.equal(
      Object.values(sites).reduce((sum, count) => sum + count, 0),
      300,
    );
  });
});
