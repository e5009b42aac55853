import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseAddress } from './address.ts';
import { CampaignReaders, maxReaders } from './campaign-readers.ts';
import { tagOf } from './name-tag.ts';

const start = Date.parse('2026-11-21T12:00:00Z');
const minute = 60_000;
const config = { addresses: 5, window: 60 * minute, maxretry: null };

interface Try {
  readonly ip: string;
  readonly user: string;
  readonly site: string;
  readonly time?: number;
}

/** Every site reads its own lines. */
function watch(options: Partial<ConstructorParameters<typeof CampaignReaders>[0]> = {}) {
  const told: string[] = [];
  const readers = new CampaignReaders({
    config,
    seed: 7,
    readersOf: (site) => [site],
    onBegin: (reader, { addresses }) => told.push(`${reader} begins with ${addresses}`),
    onEnd: (reader) => told.push(`${reader} is over`),
    ...options,
  });
  const take = ({ ip, user, site, time = start }: Try) =>
    readers.observe(parseAddress(ip)!, tagOf(user), time, {
      site,
      user: () => user,
      tag: () => tagOf(user),
    });
  /** All that a reader can be told. */
  const seenBy = (reader: string) =>
    (readers.of(reader)?.list() ?? []).map(({ names, sites, clients, groups, ...campaign }) => ({
      ...campaign,
      names: [...names.values()],
      sites: [...sites],
      clients: [...clients],
      groups: [...groups].map(({ name }) => name),
    }));
  return { readers, told, take, seenBy };
}

const far = (count: number, from = 0) => Array.from({ length: count }, (_, i) => `198.18.${i + from}.1`);

test('a site is told of a campaign that its own lines show, with their numbers and names alone', () => {
  const { take, told, seenBy, readers } = watch();
  for (const ip of far(4)) take({ ip, user: 'elsewhere', site: 'b.example' });
  for (const ip of far(6, 10)) take({ ip, user: 'admin', site: 'b.example' });
  for (const ip of far(5, 20)) take({ ip, user: 'admin', site: 'a.example' });
  assert.equal(readers.host.list()[0]?.addresses, 11);
  const [own] = seenBy('a.example');
  assert.equal(own?.addresses, 5);
  assert.deepEqual(own.names, [{ name: 'admin', clients: 5 }]);
  assert.deepEqual(own.sites, [['a.example', 5]]);
  assert.deepEqual(told, [' begins with 5', 'b.example begins with 5', 'a.example begins with 5']);
});

test('a campaign of which each site saw too few is told to the host alone', () => {
  const { take, told } = watch();
  for (const [i, ip] of far(12).entries()) take({ ip, user: 'admin', site: `s${i % 3}.example` });
  assert.deepEqual(told, [' begins with 5']);
});

test('whatever happens on other sites, a site is told the same', () => {
  const anyTry = fc.record({
    ip: fc.constantFrom(...far(12)),
    user: fc.constantFrom('admin', 'editor', 'root'),
    site: fc.constantFrom('a.example', 'b.example', 'c.example'),
    time: fc.integer({ min: start, max: start + 150 * minute }),
  });
  fc.assert(
    fc.property(fc.array(anyTry, { maxLength: 80 }), (tries) => {
      const inOrder = tries.toSorted((one, other) => one.time - other.time);
      const all = watch();
      const alone = watch();
      for (const each of inOrder) {
        all.take(each);
        if (each.site === 'a.example') alone.take(each);
      }
      for (const { readers } of [all, alone]) readers.sweep(start + 160 * minute);
      assert.deepEqual(all.seenBy('a.example'), alone.seenBy('a.example'));
    }),
  );
});

test('lines of so many readers are looked at; after a window those without a campaign give way to others', () => {
  const { take, readers } = watch();
  for (const ip of far(5)) take({ ip, user: 'admin', site: 's0.example' });
  for (let i = 1; i < maxReaders; i++) take({ ip: '192.0.2.1', user: 'bob', site: `s${i}.example` });
  for (const ip of far(5)) take({ ip, user: 'admin', site: 'late.example' });
  assert.equal(readers.of('late.example'), undefined);
  const later = start + 61 * minute;
  for (const ip of far(5)) take({ ip, user: 'admin', site: 's0.example', time: later });
  // They are attacked still, by too few each.
  for (let i = 1; i < maxReaders; i++)
    take({ ip: '192.0.2.2', user: 'bob', site: `s${i}.example`, time: later });
  readers.sweep(later);
  for (const ip of far(5)) take({ ip, user: 'admin', site: 'late.example', time: later });
  assert.equal(readers.of('late.example')?.lasting, 1);
  assert.equal(readers.of('s0.example')?.lasting, 1);
});

test('a reader that is there no longer is forgotten, and other settings hold for all', () => {
  const { take, readers, told } = watch();
  for (const ip of far(5)) {
    take({ ip, user: 'admin', site: 'a.example' });
    take({ ip, user: 'admin', site: 'b.example' });
  }
  readers.keep((reader) => reader !== 'b.example');
  assert.equal(readers.of('b.example'), undefined);
  readers.configure({ ...config, addresses: 6 });
  assert.equal(readers.of('a.example')?.lasting, 0);
  assert.deepEqual(told.slice(-2).sort(), [' is over', 'a.example is over']);
});

test('a campaign that an earlier run knew keeps its id and its beginning', () => {
  const known = { id: '20261121-1000-3f2a', since: start - 120 * minute };
  const asked: string[] = [];
  const { take, readers } = watch({
    resume(reader, { name }) {
      asked.push(`${reader}: ${name}`);
      return reader === '' ? known : undefined;
    },
  });
  for (const ip of far(5)) take({ ip, user: 'admin', site: 'a.example' });
  const [host] = readers.host.list();
  assert.deepEqual([host?.id, host?.since], [known.id, known.since]);
  assert.notEqual(readers.of('a.example')?.list()[0]?.id, known.id);
  assert.deepEqual(asked, [': user admin', 'a.example: user admin']);
});
