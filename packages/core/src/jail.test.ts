import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Network, parseNetwork } from './address.ts';
import { Jail, type Verdict } from './jail.ts';

interface Options {
  maxretry: number;
  findtime: number;
  maxTracked: number;
  seed: number;
}
interface Failure {
  time: number;
  id: number;
  count: number;
}

const client = (text: string) => parseNetwork(text)!;
const createJail = (options: Partial<Options> = {}) =>
  new Jail({ name: 'wordpress', maxretry: 3, findtime: 600, maxTracked: 1000, seed: 0, ...options });

/** Fails once at each of the times. @returns the times of the verdicts */
function verdictsAt(times: readonly number[], options: Partial<Options> = {}): number[] {
  const jail = createJail(options);
  return times.flatMap((time, id) => jail.fail(client('198.51.100.7'), time, id, 1)?.time ?? []);
}

test('the failure that makes maxretry within findtime is a verdict, and the count begins anew', () => {
  assert.deepEqual(verdictsAt([0, 1, 2, 3, 4, 5, 6]), [2, 5]);
  assert.deepEqual(verdictsAt([0, 1], { maxretry: 1 }), [0, 1]);
});

test('the window is exact: both of its ends belong to it', () => {
  assert.deepEqual(verdictsAt([0, 300, 600]), [600]);
  assert.deepEqual(verdictsAt([0, 300, 601]), []);
});

test('failures at 0, 590 and 610 of 600 are no verdict, though fail2ban bans there', () => {
  assert.deepEqual(verdictsAt([0, 590, 610]), []);
  assert.deepEqual(verdictsAt([0, 590, 610, 611]), [611]);
});

test('one failure every 301 of 600 is never a verdict, though fail2ban bans there', () => {
  assert.deepEqual(verdictsAt(Array.from({ length: 100 }, (_, index) => index * 301)), []);
});

test('lines out of order count by their times', () => {
  assert.deepEqual(verdictsAt([600, 0, 300]), [600]);
  assert.deepEqual(verdictsAt([601, 0, 300]), []);
  assert.deepEqual(verdictsAt([601, 0, 300, 1]), [601]);
  assert.deepEqual(
    verdictsAt([5000, 0, 1, 2, 3]),
    [],
    'what is older than the window of the newest is no evidence',
  );
});

test('a repeated message counts as often as it says', () => {
  const jail = createJail();
  assert.equal(jail.fail(client('198.51.100.7'), 0, 7, 2), null);
  const verdict = jail.fail(client('198.51.100.7'), 1, 8, 1_000_000)!;
  assert.deepEqual(
    [verdict.failures, verdict.failureIds, verdict.failureCounts],
    [1_000_002, [7, 8], [2, 1_000_000]],
  );
});

test('forgetting a network forgets each client in it and nobody else', () => {
  const jail = createJail();
  const clients = [
    '198.51.100.0',
    '198.51.100.7',
    '198.51.101.0',
    '2001:db8::/64',
    '2001:db8:0:1::/64',
    '2001:db9::/64',
  ];
  for (const text of clients) jail.fail(client(text), 0, 0, 1);
  assert.equal(jail.forgetWithin(client('198.51.100.0/24')), true);
  assert.equal(jail.forgetWithin(client('2001:db8::/32')), true);
  assert.equal(jail.forgetWithin(client('2001:db8::/32')), false);
  assert.deepEqual(
    clients.filter((text) => jail.failuresOf(client(text)) > 0),
    ['198.51.101.0', '2001:db9::/64'],
  );
  assert.equal(jail.tracked, 2);
});

/** The same in the plainest words. A map keeps its keys in the order in which they were set. */
class NaiveJail {
  readonly clients = new Map<string, { network: Network; failures: Failure[] }>();
  evicted = 0;
  readonly options: Options;

  constructor(options: Options) {
    this.options = options;
  }

  fail(network: Network, time: number, id: number, count: number): Omit<Verdict, 'jail'> | null {
    const { maxretry, findtime, maxTracked } = this.options;
    const key = String(network);
    const before = this.clients.get(key)?.failures ?? [];
    if (!this.clients.has(key) && this.clients.size >= maxTracked) {
      this.clients.delete(this.clients.keys().next().value!);
      this.evicted++;
    }
    const all = [...before, { time, id, count }];
    const newest = Math.max(...all.map((failure) => failure.time));
    const failures = all
      .filter((failure) => failure.time >= newest - findtime)
      .sort((one, other) => one.time - other.time);
    this.clients.delete(key);
    const total = failures.reduce((sum, failure) => sum + failure.count, 0);
    if (total < maxretry) {
      this.clients.set(key, { network, failures });
      return null;
    }
    return {
      network,
      time: newest,
      failures: total,
      failureIds: failures.map((failure) => failure.id),
      failureCounts: failures.map((failure) => failure.count),
      failureTimes: failures.map((failure) => failure.time),
    };
  }

  forget(network: Network): boolean {
    return this.clients.delete(String(network));
  }

  forgetWithin(network: Network): boolean {
    const inside = [...this.clients.values()].filter((one) => network.contains(one.network));
    for (const one of inside) this.clients.delete(String(one.network));
    return inside.length > 0;
  }

  sweep(now: number): void {
    for (const [key, { failures }] of this.clients) {
      if (failures.at(-1)!.time >= now - this.options.findtime) return;
      this.clients.delete(key);
    }
  }
}

const someClient = fc.oneof(
  fc.integer({ min: 0, max: 7 }).map((low) => new Network(4, 0, 0, 0, 0xc6336400 + low)),
  fc.integer({ min: 0, max: 3 }).map((low) => new Network(6, 0x20010db8, low, 0, 0, 64)),
  // Each differs from another in one word only.
  fc
    .constantFrom([0, 0, 0, 1], [0, 0, 1, 1], [0, 1, 0, 1], [1, 0, 0, 1])
    .map(([a, b, c, d]) => new Network(6, 0x26000000 + a!, b!, c!, d!)),
);
const step = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.record({
      act: fc.constant('fail' as const),
      network: someClient,
      time: fc.integer({ min: 0, max: 60 }),
      count: fc.oneof(
        { weight: 5, arbitrary: fc.constant(1) },
        { weight: 1, arbitrary: fc.integer({ min: 2, max: 9 }) },
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('forget' as const), network: someClient }) },
  {
    weight: 1,
    arbitrary: fc.record({
      act: fc.constant('forgetWithin' as const),
      network: fc.constantFrom(
        client('198.51.100.0/30'),
        client('2001:db8::/63'),
        client('0.0.0.0/0'),
        client('::/0'),
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ act: fc.constant('sweep' as const), now: fc.integer({ min: 0, max: 120 }) }),
  },
);
const options = fc.record({
  maxretry: fc.integer({ min: 1, max: 5 }),
  findtime: fc.constantFrom(1, 10, 30, Number.POSITIVE_INFINITY),
  maxTracked: fc.constantFrom(1, 2, 5, 100),
  seed: fc.integer(),
});

test('it decides as a plain list of failures would, in whatever order things happen', () => {
  fc.assert(
    fc.property(options, fc.array(step, { maxLength: 150, size: 'max' }), (chosen, steps) => {
      const jail = createJail(chosen);
      const naive = new NaiveJail(chosen);
      for (const [id, one] of steps.entries()) {
        if (one.act === 'fail') {
          const expected = naive.fail(one.network, one.time, id, one.count);
          const verdict = jail.fail(one.network, one.time, id, one.count);
          assert.deepEqual(verdict, expected === null ? null : { jail: 'wordpress', ...expected });
        } else if (one.act === 'sweep') {
          jail.sweep(one.now);
          naive.sweep(one.now);
        } else assert.equal(jail[one.act](one.network), naive[one.act](one.network));
        assert.equal(jail.tracked, naive.clients.size);
        assert.equal(jail.evicted, naive.evicted);
      }
      for (const { network, failures } of naive.clients.values()) {
        assert.equal(
          jail.failuresOf(network),
          failures.reduce((sum, { count }) => sum + count, 0),
        );
      }
    }),
    { numRuns: 500 },
  );
});

test('clients that share all words of their address but one are told apart, however many there are', () => {
  const jail = createJail({ maxTracked: 20_000 });
  for (let index = 1; index <= 5000; index++) {
    for (const place of [0, 1, 2, 3]) {
      const [a, b, c, d] = [0x26000000, 7, 7, 7].map((word, at) => (at === place ? word + index * 8 : word));
      jail.fail(new Network(6, a!, b!, c!, d!), 0, 0, 1);
    }
  }
  assert.equal(jail.tracked, 20_000);
});

test('at its cap it forgets the address that failed longest ago, and never holds more', () => {
  const jail = createJail({ maxTracked: 5000, maxretry: 1000 });
  const networks = Array.from(
    { length: 20_000 },
    (_, index) => new Network(4, 0, 0, 0, 0x0b000000 + index * 2_654_435),
  );
  for (const [id, network] of networks.entries()) {
    jail.fail(network, id, id, 1);
    assert.ok(jail.tracked <= 5000);
  }
  assert.equal(jail.evicted, 15_000);
  assert.equal(jail.failuresOf(networks[14_999]!), 0);
  assert.equal(jail.failuresOf(networks[15_000]!), 1);
});

test('a million addresses are counted, and swept', () => {
  const jail = createJail({ maxTracked: 1_000_000 });
  for (let index = 0; index < 1_000_000; index++) {
    jail.fail(new Network(4, 0, 0, 0, Math.imul(index, 2_654_435_761) >>> 0), index, index, 1);
  }
  assert.equal(jail.tracked, 1_000_000);
  jail.sweep(2_000_000);
  assert.equal(jail.tracked, 0);
});
