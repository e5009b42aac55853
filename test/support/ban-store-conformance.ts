import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import {
  type BanEvidence,
  type BanReceipt,
  type BanRecord,
  type BanStore,
  FailureBatch,
  type FailureRecord,
  Network,
  parseNetwork,
  ruleOf,
  standardConfig,
} from '@portcullis/core';
import fc from 'fast-check';

export interface StoreUnderTest {
  readonly store: BanStore;
  /** Ends it and removes what it left. */
  dispose(): void;
}

const start = Date.parse('2026-11-21T19:00:00.000Z');

export const network = (text: string): Network => {
  const parsed = parseNetwork(text);
  assert.ok(parsed, `${text} is a network`);
  return parsed;
};

export const failure = (id: number, changes: Partial<FailureRecord> = {}): FailureRecord => ({
  id,
  time: start + id * 1000,
  address: network('198.51.100.7'),
  site: 'blog.example.com',
  event: 'login_failure',
  channel: 'login',
  user: 'alice',
  count: 1,
  reason: null,
  doubts: id % 3,
  line: new TextEncoder().encode(`line ${id}`),
  sender: id % 2 === 0 ? null : { uid: 1000 + id, pid: 4242 },
  ...changes,
});

const evidence: BanEvidence = {
  sites: { 'blog.example.com': 2, '': 1 },
  ofSites: {
    'blog.example.com': {
      events: { login_failure: 2 },
      users: ['alice', 'bob'],
      firstFailureAt: start,
      lastFailureAt: start + 1000,
    },
    '': {
      events: { login_failure: 1 },
      users: ['bob'],
      firstFailureAt: start + 2000,
      lastFailureAt: start + 2000,
    },
  },
  events: { login_failure: 3 },
  users: ['alice', 'bob'],
  lines: ['first', 'last'],
  lineSites: ['blog.example.com', ''],
  lineSenders: [{ uid: 1001, pid: 7 }, null],
  firstFailureAt: start,
  lastFailureAt: start + 2000,
};

export const ban = (changes: Partial<Omit<BanRecord, 'id'>> = {}): Omit<BanRecord, 'id'> => ({
  network: network('198.51.100.7'),
  jail: 'wordpress',
  since: start,
  until: start + 86_400_000,
  failures: 3,
  timesBanned: 1,
  state: 'pending',
  endedAt: null,
  endedBy: null,
  liftedBy: null,
  reason: '3 failures within 3h',
  byHand: false,
  gentle: false,
  evidence,
  ...changes,
});

export const receipt = (changes: Partial<BanReceipt> = {}): BanReceipt => ({
  at: start,
  byHand: { by: 'admin', at: start + 5, bantime: null },
  rule: ruleOf(standardConfig().jails[0]!),
  required: 2,
  campaign: '20261121-1900-abcd',
  client: network('2001:db8::/64'),
  together: { key: 'user admin', failures: 20, clients: 17 },
  failures: 3,
  evidence: [1, 2].map((id) => ({
    id,
    time: start + id,
    address: network(`2001:db8::${id}`),
    site: id === 1 ? '' : '__proto__',
    event: 'unknown_user',
    user: id === 1 ? null : '\u0000\u202e"',
    count: id,
    weight: id / 3,
    doubts: 2,
    sender: id === 1 ? null : { uid: 1001, pid: 7 },
    line: `line ${id} \u001b[2J`,
  })),
  earlierBans: 4,
  bantime: 86_400_123,
  knownGood: { factor: 3, because: 'approved' },
  compared: {
    exemptions: { host: 4 },
    exemptedBy: '2001:db8::/32 stands in ignoreip',
    logins: [{ site: 'blog.example.com', hours: 3, known: true }],
  },
  ...changes,
});

const position = (offset: number) => ({
  log: '/var/log/auth.log',
  path: '/var/log/auth.log',
  device: 2049,
  inode: 131_073,
  head: '256:00ff',
  offset,
});

/** The laws of BanStore, for every implementation. `make` gives an empty store that keeps everything for ever. */
export function describeBanStore(name: string, make: () => StoreUnderTest): void {
  describe(`${name} keeps the laws of a ban store`, () => {
    let under: StoreUnderTest;
    let store: BanStore;
    beforeEach(() => {
      under = make();
      store = under.store;
    });
    afterEach(() => under.dispose());

    it('counts a site whatever its name, although nothing else of it is known', () => {
      const sites = Object.fromEntries([
        ['constructor', 2],
        ['__proto__', 1],
      ]);
      const kept = store.insertBan(ban({ evidence: { ...evidence, sites, ofSites: {} } }));
      const read = store.banInForce(kept.jail, kept.network)!.evidence;
      assert.deepEqual(Object.entries(read.sites), Object.entries(sites));
    });

    it('keeps with a ban why it was decided, whatever the ban comes to rest on later', () => {
      const plain = store.insertBan(ban());
      assert.equal(store.receiptOf(plain.id), null);
      assert.equal(store.receiptOf(99), null);
      const kept = receipt();
      const other = store.insertBan(ban({ network: network('192.0.2.1') }), kept);
      assert.deepEqual(store.receiptOf(other.id), kept);
      for (const lines of [['later'], ['later still', 'and more']]) {
        store.updateBan({ ...other, evidence: { ...evidence, lines } });
        assert.deepEqual(store.receiptOf(other.id), kept);
      }
      const bare = { byHand: null, campaign: null, knownGood: null, rule: null, evidence: [] };
      const compared = { exemptions: {}, exemptedBy: null, logins: [] };
      store.saveReceipt(plain.id, receipt({ ...bare, compared }));
      store.updateBan({ ...plain, evidence: { ...evidence, lines: ['later'] } });
      assert.deepEqual(store.receiptOf(plain.id), receipt({ ...bare, compared }));
      store.endBans([other.id], start, 'unban', 'admin');
      assert.deepEqual(store.receiptOf(other.id), kept);
    });

    it('keeps lines once that are the evidence of the ban and what decided it', () => {
      const lines = receipt().evidence.map(({ line }) => line);
      const first = store.insertBan(ban({ evidence: { ...evidence, lines } }), receipt());
      assert.deepEqual(store.receiptOf(first.id), receipt());
      store.updateBan({ ...first, evidence: { ...evidence, lines: ['later'] } });
      assert.deepEqual(store.receiptOf(first.id), receipt());
    });

    it('begins empty', () => {
      assert.deepEqual(store.positions(), []);
      assert.equal(store.lastFailureId(), 0);
      assert.deepEqual([...store.bansInForce()], []);
      assert.equal(store.countBansInForce().size, 0);
      assert.equal(store.nextBanEnd(), null);
      assert.equal(store.degraded, null);
    });

    it('undoes everything of a transaction that throws, and gives the error on', () => {
      const kept = store.insertBan(ban({ network: network('192.0.2.1') }));
      store.countBansInForce();
      const broken = new Error('stop');
      assert.throws(
        () =>
          store.transaction(() => {
            store.savePosition(position(10));
            store.insertFailures(FailureBatch.of([failure(1)]));
            store.insertBan(ban());
            store.endBans([kept.id], start, 'unban');
            store.addAudit({ at: at(0), actor: 'admin', action: 'ban', ip: null, jail: null, detail: '' });
            throw broken;
          }),
        broken,
      );
      assert.deepEqual(store.positions(), []);
      assert.equal(store.lastFailureId(), 0);
      assert.deepEqual([...store.countBansInForce()], [['wordpress', 1]]);
      assert.equal(store.banInForce('wordpress', kept.network)?.id, kept.id);
    });

    it('sees its own writes inside a transaction, and returns what the work returns', () => {
      const seen = store.transaction(() => {
        store.savePosition(position(10));
        store.savePosition(position(20));
        store.insertFailures(FailureBatch.of([failure(7)]));
        return [store.positions(), store.lastFailureId()];
      });
      assert.deepEqual(seen, [[position(20)], 7]);
      assert.deepEqual(store.positions(), [position(20)]);
    });

    it('keeps positions of files or of the journal, never of both', () => {
      const journal = { log: 'journal', cursor: 's=00;i=1', realtime: 1_795_304_798_554_477 } as const;
      store.savePosition(position(20));
      store.savePosition(journal);
      assert.deepEqual(store.positions(), [journal]);
      store.savePosition({ ...journal, cursor: 's=00;i=2' });
      assert.deepEqual(store.positions(), [{ ...journal, cursor: 's=00;i=2' }]);
      store.savePosition(position(30));
      assert.deepEqual(store.positions(), [position(30)]);
    });

    it('knows when the latest line was written', () => {
      assert.equal(store.lastEventAt(), null);
      const times = { firstEventAt: start, events: 1, failures: 0 };
      store.touchSites([
        { site: 'a.example', ...times, lastEventAt: start + 9 },
        { site: 'b.example', ...times, lastEventAt: start + 5 },
      ]);
      assert.equal(store.lastEventAt(), start + 9);
    });

    it('makes a transaction inside another a part of it', () => {
      assert.throws(() =>
        store.transaction(() => {
          store.transaction(() => store.savePosition(position(1)), { durable: true });
          throw new Error('stop');
        }),
      );
      assert.deepEqual(store.positions(), []);
    });

    it('gives failures back as they were, whatever they are', () => {
      fc.assert(
        fc.property(fc.array(failures, { maxLength: 70 }), (records) => {
          const base = store.lastFailureId();
          const numbered = records.map((record, index) => ({ ...record, id: base + 1 + index }));
          store.insertFailures(FailureBatch.of(numbered));
          assert.deepEqual(plain(store.failuresById(numbered.map(({ id }) => id))), plain(numbered));
          assert.equal(store.lastFailureId(), base + records.length);
        }),
        { numRuns: 30 },
      );
    });

    it('tells the failures that count since an instant, by id and without lines', () => {
      store.insertFailures(
        FailureBatch.of([
          failure(1),
          failure(2, { time: start - 1 }),
          failure(3, { reason: 'exempt' }),
          failure(4, { time: start }),
        ]),
      );
      const found = [...store.failuresSince(start)];
      assert.deepEqual(
        found.map(({ id }) => id),
        [1, 4],
      );
      assert.equal('line' in found[0]!, false);
    });

    it('tells more failures than one page holds', () => {
      store.insertFailures(FailureBatch.of(Array.from({ length: 12_001 }, (_, index) => failure(index + 1))));
      assert.equal([...store.failuresSince(0)].length, 12_001);
    });

    it('remembers the highest failure that was forgotten, for each network and jail', () => {
      const v6 = network('2001:db8:1::/64');
      store.saveForgotten([{ jail: 'wordpress', network: v6, failureId: 5 }]);
      store.saveForgotten([{ jail: 'wordpress', network: v6, failureId: 3 }]);
      store.saveForgotten([{ jail: 'other', network: v6, failureId: 4 }]);
      const all = [...store.forgotten()].map((one) => `${one.jail} ${one.network} ${one.failureId}`);
      assert.deepEqual(all.sort(), ['other 2001:db8:1::/64 4', 'wordpress 2001:db8:1::/64 5']);
    });

    it('gives a ban back as it was, with its evidence', () => {
      const inserted = store.insertBan(ban());
      assert.deepEqual(store.banInForce('wordpress', network('198.51.100.7')), inserted);
      assert.equal(store.banInForce('other', network('198.51.100.7')), undefined);
      assert.equal(store.banInForce('wordpress', network('198.51.100.6')), undefined);
      assert.equal(store.banInForce('wordpress', network('198.51.100.0/24')), undefined);
    });

    it('changes end, failures, evidence and reason of a ban', () => {
      const changed = {
        ...store.insertBan(ban()),
        until: null,
        failures: 9,
        reason: 'again',
        state: 'active' as const,
        byHand: true,
        gentle: true,
        evidence: {
          ...evidence,
          sites: { 'other.example.com': 9 },
          ofSites: { 'other.example.com': evidence.ofSites['']! },
          users: ['carol'],
        },
      };
      store.updateBan(changed);
      assert.deepEqual(store.banInForce('wordpress', changed.network), changed);
      assert.equal(store.nextBanEnd(), null);
      assert.deepEqual(
        [...store.bansInForce()].map(({ gentle }) => gentle),
        [true],
      );
    });

    it('moves the ends of bans in force with the clock by which they were written', () => {
      const hour = 3_600_000;
      const insert = (ip: string, since: number, until: number | null) =>
        store.insertBan(ban({ network: network(ip), since, until })).network;
      const moved = insert('192.0.2.1', start, start + hour);
      const forever = insert('192.0.2.2', start, null);
      const ofAnotherClock = insert('192.0.2.3', start + hour, start + 2 * hour);
      assert.equal(store.moveBanEnds(-hour, start), 1);
      const ends = [moved, forever, ofAnotherClock].map((of) => store.banInForce('wordpress', of)?.until);
      assert.deepEqual(ends, [start, null, start + 2 * hour]);
      assert.equal(store.nextBanEnd(), start);
    });

    it('confirms a ban, and keeps why one failed', () => {
      const first = store.insertBan(ban());
      const second = store.insertBan(ban({ network: network('192.0.2.1') }));
      store.setBanState([first.id], 'active');
      store.setBanState([second.id], 'failed', 'the kernel said no');
      const states = [...store.bansInForce()].map(({ id, state }) => [id, state]);
      assert.deepEqual(states, [
        [first.id, 'active'],
        [second.id, 'failed'],
      ]);
      assert.match(store.banInForce('wordpress', second.network)!.reason, /^3 failures.*the kernel said no$/);
      assert.equal(store.banInForce('wordpress', first.network)?.reason, first.reason);
      store.setBanState([second.id], 'failed', 'the kernel said no again');
      assert.match(
        store.banInForce('wordpress', second.network)!.reason,
        /^3 failures[^;]*; .*said no again$/,
      );
      store.setBanState([second.id], 'active');
      assert.equal(store.banInForce('wordpress', second.network)?.reason, second.reason);
    });

    it('has no more in force what has ended, and lets it be banned again under a new id', () => {
      const first = store.insertBan(ban());
      store.endBans([first.id], start + 5, 'unban', 'admin');
      store.setBanState([first.id], 'active');
      assert.equal(store.banInForce('wordpress', first.network), undefined);
      assert.deepEqual(store.bansOverlapping(network('0.0.0.0/0')), []);
      const second = store.insertBan(ban({ timesBanned: 2 }));
      assert.ok(second.id > first.id);
      assert.equal(store.timesBanned(first.network, 'wordpress'), 2);
      assert.equal(store.timesBanned(first.network, 'other'), 0);
      assert.equal(store.timesBanned(first.network, null), 2);
    });

    it('tells the bans that are due, the earliest first, and when the next one ends', () => {
      const late = store.insertBan(ban({ network: network('192.0.2.3'), until: start + 30 }));
      const early = store.insertBan(ban({ network: network('192.0.2.2'), until: start + 10 }));
      store.insertBan(ban({ network: network('192.0.2.1'), until: null }));
      const due = (now: number, limit: number) => store.bansDue(now, limit).map(({ id }) => id);
      assert.equal(store.nextBanEnd(), start + 10);
      assert.deepEqual(due(start + 9, 9), []);
      assert.deepEqual(due(start + 10, 9), [early.id]);
      assert.deepEqual(due(start + 30, 9), [early.id, late.id]);
      assert.deepEqual(due(start + 30, 1), [early.id]);
      store.endBans([early.id], start + 10, 'expired');
      assert.equal(store.nextBanEnd(), start + 30);
    });

    it('finds exactly the bans that share an address with a network, and counts them by jail', () => {
      fc.assert(
        fc.property(fc.array(networks, { maxLength: 12 }), networks, (banned, asked) => {
          const distinct = [...new Map(banned.map((one) => [`${one}`, one])).values()];
          const ids = distinct.map(
            (one, index) => store.insertBan(ban({ network: one, jail: `j${index % 2}` })).id,
          );
          const found = store.bansOverlapping(asked).map((one) => `${one.network}`);
          const wanted = distinct.filter((one) => one.overlaps(asked)).map(String);
          assert.deepEqual(found.sort(), wanted.sort());
          assert.equal(
            store
              .countBansInForce()
              .values()
              .reduce((sum, bans) => sum + bans, 0),
            distinct.length,
          );
          assert.deepEqual(
            [...store.bansInForce()].map((one) => `${one.network}`).sort(),
            distinct.map(String).sort(),
          );
          store.endBans(ids, start, 'unban');
          assert.equal(store.countBansInForce().size, 0);
        }),
        { numRuns: 60 },
      );
    });

    it('keeps one entry of the allow list for each network and site', () => {
      const entry = {
        ip: '192.0.2.0/24',
        until: at(60_000),
        note: 'office',
        added_at: at(0),
        added_by: 'admin',
        site: null,
        sub_site: null,
      };
      const first = store.addAllowEntry(entry);
      const own = store.addAllowEntry({ ...entry, site: 'blog' });
      assert.notEqual(own.id, first.id);
      assert.deepEqual(store.removeAllowEntry(own.id), own);
      const second = store.addAllowEntry({ ...entry, until: null });
      assert.equal(second.id, first.id);
      assert.deepEqual(store.allowEntries(), [{ ...entry, id: first.id, until: null }]);
      assert.deepEqual(store.removeAllowEntry(first.id), { ...entry, id: first.id, until: null });
      assert.equal(store.removeAllowEntry(first.id), undefined);
      assert.deepEqual(store.allowEntries(), []);
    });

    it('keeps what sites ask for, and the answer', () => {
      const asked = store.addRequest({
        site: 'blog',
        ip: '192.0.2.1',
        asked_by: 'editor',
        asked_at: at(0),
        note: 'my office',
        state: 'open',
        sub_site: null,
      });
      assert.deepEqual(store.request(asked.id), asked);
      const again = store.addRequest({ ...asked, note: 'please' });
      assert.equal(again.id, asked.id);
      assert.notEqual(store.addRequest({ ...asked, site: 'shop' }).id, asked.id);
      store.addRequest(asked);
      assert.deepEqual(store.answerRequest(asked.id, 'approved'), { ...asked, state: 'approved' });
      assert.equal(store.answerRequest(asked.id + 9, 'approved'), undefined);
      assert.notEqual(store.addRequest(asked).id, asked.id, 'what is answered is not asked again');
    });

    it('keeps registered sites and the hashes of tokens', () => {
      const site = {
        id: 'blog',
        domains: ['blog.example.com', 'example.com/blog'],
        user: 'blog',
        mode: 'isolated' as const,
        rights: ['view', 'ask'] as const,
        wp: null,
      };
      store.saveRegistration({ ...site, mode: 'shared' }, start);
      store.saveRegistration(site, start);
      store.saveToken('blog', new Uint8Array([1, 2]), start);
      store.saveToken('blog', new Uint8Array([3]), start);
      store.saveToken('shop', new Uint8Array([4]), start);
      assert.deepEqual(store.registrations(), [site]);
      store.removeToken('shop');
      assert.deepEqual([...store.tokens()], [['blog', new Uint8Array([3])]]);
      store.removeRegistration('blog');
      assert.deepEqual(store.registrations(), []);
    });

    it('forgets what belongs to sites that are gone, and nothing of the host', () => {
      const entry = {
        ip: '192.0.2.9',
        until: null,
        note: '',
        added_at: at(0),
        added_by: 'x',
        sub_site: null,
      };
      const ofHost = store.addAllowEntry({ ...entry, site: null });
      const ofBlog = store.addAllowEntry({ ...entry, site: 'blog' });
      store.addAllowEntry({ ...entry, site: 'shop' });
      const request = {
        ip: '192.0.2.9',
        asked_by: '',
        asked_at: at(0),
        note: '',
        state: 'open' as const,
        sub_site: null,
      };
      const kept = store.addRequest({ ...request, site: 'blog' });
      const gone = store.addRequest({ ...request, site: 'shop' });
      store.saveToken('shop', new Uint8Array([4]), start);
      store.keepSites(['blog']);
      assert.deepEqual(store.allowEntries(), [ofHost, ofBlog]);
      assert.deepEqual([store.request(kept.id), store.request(gone.id)], [kept, undefined]);
      assert.equal(store.tokens().size, 0);
    });

    it('has nothing to prune where everything is kept', () => {
      store.insertFailures(FailureBatch.of([failure(1)]));
      const kept = store.insertBan(ban());
      store.endBans([kept.id], start, 'expired');
      while (store.prune(start + 1e12)) {
        // A bounded part at a time.
      }
      assert.equal(store.lastFailureId(), 1);
      assert.equal(store.timesBanned(kept.network, null), 1);
    });
  });
}

const at = (offset: number) => new Date(start + offset).toISOString();

/** Comparable by value: a network as text, a line as its bytes. */
const plain = (records: readonly FailureRecord[]) =>
  records.map((record) => ({ ...record, address: `${record.address}`, line: [...record.line] }));

/** Near one another, so that they often overlap; of both families and every width. */
export const networks: fc.Arbitrary<Network> = fc.oneof(
  fc
    .tuple(fc.constantFrom(0, 0xc0000200, 0xc0000280, 0xffffffff), fc.nat(3), fc.nat(32))
    .map(([high, low, prefix]) => new Network(4, 0, 0, 0, high ^ low, prefix)),
  fc
    .tuple(fc.constantFrom(0, 0x20010db8, 0xffffffff), fc.nat(3), fc.nat(3), fc.nat(128))
    .map(([a, b, d, prefix]) => new Network(6, a, b, 0xffffffff, d, prefix)),
);

const failures: fc.Arbitrary<Omit<FailureRecord, 'id'>> = fc.record({
  time: fc.integer({ min: 0, max: 4e12 }),
  address: networks.map(({ family, a, b, c, d }) => new Network(family, a, b, c, d)),
  site: fc.constantFrom('', 'blog.example.com', 'host/shop', '(forged)', 'ü\u2028\0x'),
  event: fc.constantFrom('login_failure', 'block_request', 'spam_comment'),
  channel: fc.constantFrom(null, 'login', 'xmlrpc', 'rest'),
  user: fc.option(fc.string({ unit: 'binary' }).map((text) => text.toWellFormed())),
  count: fc.integer({ min: 1, max: 1e6 }),
  reason: fc.constantFrom(null, 'exempt', 'no_time', 'not_wordpress', 'wrong_sender'),
  doubts: fc.nat(31),
  line: fc.uint8Array({ maxLength: 300 }),
  sender: fc.option(fc.record({ uid: fc.nat(), pid: fc.nat() }, { noNullPrototype: true })),
});
