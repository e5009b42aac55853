import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Network, parseNetwork } from './address.ts';
import { KeyedJail } from './keyed-jail.ts';

interface Options {
  maxretry: number;
  findtime: number;
  maxTracked: number;
  seed: number;
}
interface Failure {
  client: Network;
  time: number;
  id: number;
  count: number;
}

const client = (text: string) => parseNetwork(text)!;
const createJail = (options: Partial<Options & { maxBansPerSite: number }> = {}) =>
  new KeyedJail({
    name: 'names',
    maxretry: 4,
    findtime: 600,
    maxTracked: 1000,
    seed: 0,
    ipv4Prefix: 32,
    ipv6Prefix: 64,
    ...options,
  });

let lastId = 0;
/** Fails once with the key 7. @returns who is due */
const fail = (jail: KeyedJail, ip: string, time = 0, source = 0, key = 7): string[] =>
  jail
    .fail(key, client(ip), time, ++lastId, 1, source)
    .map(({ network, failures }) => `${network} ${failures}`);

test('failures with one key count together, and each client that has one is due with its own', () => {
  const jail = createJail();
  assert.deepEqual(fail(jail, '198.51.100.7'), []);
  assert.deepEqual(fail(jail, '203.0.113.9'), []);
  assert.deepEqual(fail(jail, '192.0.2.1', 0, 0, 8), [], 'another key');
  assert.deepEqual(fail(jail, '198.51.100.7'), []);
  const verdicts = jail.fail(7, client('2001:db8::/64'), 10, 99, 1);
  assert.deepEqual(
    verdicts.map(({ network, failures, time, together }) => [`${network}`, failures, time, together]),
    ['198.51.100.7', '203.0.113.9', '2001:db8::/64'].map((ip, index) => [
      ip,
      index === 0 ? 2 : 1,
      10,
      { key: 7, failures: 4, clients: 3, since: 0, settled: 99 },
    ]),
  );
  assert.deepEqual([jail.tracked, jail.clients], [1, 1], 'the count begins anew');
});

test('who is due is forgotten in every window, so that a restart comes to the same', () => {
  const jail = createJail();
  fail(jail, '198.51.100.7', 0, 0, 8);
  fail(jail, '192.0.2.1', 0, 0, 8);
  for (let n = 0; n < 4; n++) fail(jail, '198.51.100.7');
  assert.deepEqual(
    jail.windowsOf(client('192.0.2.1')).map(({ key, failures }) => [key, failures]),
    [[8, 1]],
  );
});

test('who is counted by networks is due as a network', () => {
  const jail = new KeyedJail({
    name: 'names',
    maxretry: 2,
    findtime: 600,
    maxTracked: 1000,
    seed: 0,
    ipv4Prefix: 24,
    ipv6Prefix: 48,
  });
  assert.deepEqual(fail(jail, '198.51.100.0/24'), []);
  assert.deepEqual(fail(jail, '2001:db8:1::/48'), ['198.51.100.0/24 1', '2001:db8:1::/48 1']);
});

test('clients against whom one source alone speaks count towards its measure, whoever wrote the other failures', () => {
  const jail = createJail({ maxBansPerSite: 2 });
  const forged = ['192.0.2.1', '192.0.2.2', '192.0.2.3'];
  for (const ip of forged) assert.deepEqual(fail(jail, ip, 0, 1), []);
  assert.deepEqual(fail(jail, '198.51.100.7', 0, 2), ['192.0.2.1 1', '192.0.2.2 1', '198.51.100.7 1']);
  assert.deepEqual(
    jail.exhausted(0).map(({ source, refused }) => [source, refused]),
    [[1, 1]],
  );
  assert.equal(jail.failuresOf(client('192.0.2.3')), 1, 'it stays');
  for (let n = 0; n < 20; n++) assert.deepEqual(fail(jail, `192.0.2.${n + 10}`, 0, 1), []);
  assert.equal(jail.windowsOf(client('192.0.2.29'))[0]!.failures, 3, 'one below a verdict');
  assert.deepEqual(fail(jail, '192.0.2.29', 0, 2), ['192.0.2.29 2'], 'two sources');
});

/** The same in the plainest words. A map keeps its keys in the order in which they were set. */
class NaiveJail {
  readonly keys = new Map<number, Failure[]>();
  evicted = 0;
  readonly options: Options;

  constructor(options: Options) {
    this.options = options;
  }

  fail(key: number, network: Network, time: number, id: number, count: number) {
    const { maxretry, findtime, maxTracked } = this.options;
    const before = this.keys.get(key) ?? [];
    if (!this.keys.has(key) && this.keys.size >= maxTracked) {
      this.keys.delete(this.keys.keys().next().value!);
      this.evicted++;
    }
    const all = [...before, { client: network, time, id, count }];
    const newest = Math.max(...all.map((failure) => failure.time));
    const failures = all
      .filter((failure) => failure.time >= newest - findtime)
      .sort((one, other) => one.time - other.time);
    this.keys.delete(key);
    this.keys.set(key, failures);
    const total = sum(failures);
    if (total < maxretry) return [];
    const byClient = Map.groupBy(failures, (failure) => `${failure.client}`);
    const verdicts = [...byClient.values()].map((own) => ({
      jail: 'names',
      network: own[0]!.client,
      time: newest,
      failures: sum(own),
      failureIds: own.map((failure) => failure.id),
      failureCounts: own.map((failure) => failure.count),
      failureTimes: own.map((failure) => failure.time),
      together: {
        key,
        failures: total,
        clients: byClient.size,
        since: failures[0]!.time,
        settled: id,
      },
    }));
    this.forgetWhere((failure) => byClient.has(`${failure.client}`));
    return verdicts;
  }

  forgetWhere(isForgotten: (failure: Failure) => boolean): void {
    for (const [key, failures] of this.keys) {
      const left = failures.filter((failure) => !isForgotten(failure));
      if (left.length > 0) this.keys.set(key, left);
      else this.keys.delete(key);
    }
  }

  sweep(now: number): void {
    for (const [key, failures] of this.keys) {
      if (failures.at(-1)!.time >= now - this.options.findtime) return;
      this.keys.delete(key);
    }
  }

  all(): Failure[] {
    return [...this.keys.values()].flat();
  }
}
const sum = (failures: readonly Failure[]) => failures.reduce((total, { count }) => total + count, 0);

const someClient = fc.oneof(
  fc.integer({ min: 0, max: 7 }).map((low) => new Network(4, 0, 0, 0, 0xc6336400 + low)),
  fc.integer({ min: 0, max: 3 }).map((low) => new Network(6, 0x20010db8, low, 0, 0, 64)),
);
const step = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.record({
      act: fc.constant('fail' as const),
      key: fc.constantFrom(1, 2, 3, 0xffffffff),
      network: someClient,
      time: fc.integer({ min: 0, max: 60 }),
      count: fc.constantFrom(1, 1, 1, 3),
    }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('forget' as const), network: someClient }) },
  {
    weight: 1,
    arbitrary: fc.record({
      act: fc.constant('forgetWithin' as const),
      network: fc.constantFrom(client('198.51.100.0/30'), client('2001:db8::/63'), client('::/0')),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      act: fc.constant('forgetFailures' as const),
      network: someClient,
      odd: fc.constantFrom(0, 1),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ act: fc.constant('sweep' as const), now: fc.integer({ min: 0, max: 120 }) }),
  },
);
const options = fc.record({
  maxretry: fc.integer({ min: 1, max: 9 }),
  findtime: fc.constantFrom(1, 10, 30, Number.POSITIVE_INFINITY),
  maxTracked: fc.constantFrom(1, 2, 3, 100),
  seed: fc.integer(),
});

test('it decides as plain lists of failures would, in whatever order things happen', () => {
  fc.assert(
    fc.property(options, fc.array(step, { maxLength: 200, size: 'max' }), (chosen, steps) => {
      const jail = createJail(chosen);
      const naive = new NaiveJail(chosen);
      for (const [id, one] of steps.entries()) {
        switch (one.act) {
          case 'fail':
            assert.deepEqual(
              jail.fail(one.key, one.network, one.time, id, one.count),
              naive.fail(one.key, one.network, one.time, id, one.count),
            );
            break;
          case 'sweep':
            jail.sweep(one.now);
            naive.sweep(one.now);
            break;
          case 'forgetFailures':
            jail.forgetFailures(
              one.network,
              new Set(jail.failureIdsOf(one.network).filter((failure) => failure % 2 === one.odd)),
            );
            naive.forgetWhere((failure) => failure.client.equals(one.network) && failure.id % 2 === one.odd);
            break;
          default:
            jail[one.act](one.network);
            naive.forgetWhere((failure) => one.network.contains(failure.client));
        }
        const clients = new Map(naive.all().map((failure) => [`${failure.client}`, failure.client]));
        assert.deepEqual(
          [jail.tracked, jail.evicted, jail.clients],
          [naive.keys.size, naive.evicted, clients.size],
        );
        for (const each of clients.values()) {
          const own = naive.all().filter((failure) => failure.client.equals(each));
          assert.equal(jail.failuresOf(each), sum(own));
          assert.deepEqual(
            jail.windowsOf(each).map(({ failures }) => failures),
            [...naive.keys.values()]
              .filter((failures) => failures.some((failure) => failure.client.equals(each)))
              .map(sum)
              .sort((a, b) => b - a),
          );
        }
      }
    }),
    { numRuns: 300 },
  );
});

test('it never holds more keys than its cap, nor more failures of one than maxretry - 1, nor anybody without a failure', () => {
  const jail = createJail({ maxTracked: 1000, maxretry: 5 });
  for (let n = 0; n < 50_000; n++) {
    jail.fail(n % 3 === 0 ? n : n % 7, new Network(4, 0, 0, 0, 0x0b000000 + (n % 20_000)), n, n, 1);
    assert.ok(jail.tracked <= 1000);
    assert.ok(jail.clients <= 4000);
  }
  jail.sweep(1_000_000);
  assert.deepEqual([jail.tracked, jail.clients], [0, 0]);
});

test('to forget one client costs no more the more are counted', () => {
  const jail = createJail({ maxTracked: 1_000_000, maxretry: 20 });
  const network = (n: number) => new Network(4, 0, 0, 0, 0x0b000000 + n);
  for (let n = 0; n < 300_000; n++) jail.fail(n % 50_000, network(n), 0, n, 1);
  const before = process.cpuUsage();
  for (let n = 0; n < 300_000; n++) jail.forget(network(n));
  const { user } = process.cpuUsage(before);
  assert.deepEqual([jail.tracked, jail.clients], [0, 0]);
  // About 0.3 s where this was written; looking at all of them each time would take hours.
  assert.ok(user < 20_000_000, `${user} µs`);
});
