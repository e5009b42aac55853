import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  type Clock,
  type EnforcedBan,
  type Firewall,
  type FirewallChange,
  parseNetwork,
  planRepair,
} from '@portcullis/core';
import fc from 'fast-check';

/** A firewall that nothing has been done to, and the time that it knows. */
export interface FirewallSubject extends AsyncDisposable {
  readonly firewall: Firewall;
  readonly clock: Clock;
  /** Lets that much time pass for the firewall. */
  pass(ms: number): Promise<void>;
}

export interface FirewallTraits {
  /** Whether an entry ends without the daemon. */
  readonly endsByItself: boolean;
  /** Why the suite is left out here, if it is. */
  readonly skip?: string | false;
}

const second = 1000;
const day = 86_400_000;
const toleranceMs = 2 * second;

export const ban = (network: string, until: number | null, jail = 'wordpress'): EnforcedBan => {
  const parsed = parseNetwork(network);
  assert.ok(parsed !== null, network);
  return { jail, network: parsed, until };
};
export const add = (ban: EnforcedBan): FirewallChange => ({ action: 'add', ...ban });
export const remove = (ban: EnforcedBan): FirewallChange => ({ action: 'remove', ...ban });

/** Single addresses and networks of both families. */
const everyKind = ['198.51.100.7', '203.0.113.0/24', '2001:db8:1:2::/64', '2001:db8::1', '::102:304'];

export async function assertHolds(
  { firewall, clock }: Pick<FirewallSubject, 'firewall' | 'clock'>,
  wanted: readonly EnforcedBan[],
): Promise<void> {
  const held = await firewall.list();
  const describe = (bans: Iterable<EnforcedBan>) =>
    [...bans].map((entry) => `${entry.jail} ${entry.network}`);
  assert.deepEqual(describe(held).sort(), describe(wanted).sort());
  assert.deepEqual(planRepair(wanted, held, clock.now(), toleranceMs), []);
}

/** The laws of the port that hold for every backend. */
export function describeFirewall(
  name: string,
  create: () => Promise<FirewallSubject>,
  { endsByItself, skip = false }: FirewallTraits,
): void {
  const law = (title: string, check: (subject: FirewallSubject) => Promise<void>) =>
    test(title, async () => {
      await using subject = await create();
      await subject.firewall.install(['wordpress', 'extra']);
      await check(subject);
    });

  suite(`the ${name} firewall`, { skip }, () => {
    law('stands without a fault after install, and after another', async ({ firewall }) => {
      const clean = { faults: [], entries: new Map(Object.entries({ wordpress: 0, extra: 0 })) };
      assert.deepEqual(await firewall.inspect(), clean);
      assert.deepEqual(await firewall.install(['wordpress', 'extra']), clean);
      assert.deepEqual(await firewall.inspect(), clean);
    });

    law('says after install what it holds', async ({ firewall, clock }) => {
      await firewall.apply([add(ban(everyKind[0]!, clock.now() + day))]);
      const { faults, entries } = await firewall.install(['wordpress', 'extra']);
      assert.deepEqual([faults, entries.get('wordpress'), entries.get('extra')], [[], 1, 0]);
    });

    law(
      'may take what is wanted with its first install, says truly what it holds, and asks no second time',
      async (subject) => {
        const { firewall } = subject;
        const gentle = { ...ban('192.0.2.9', null), gentle: true };
        const wanted = [...everyKind.map((network) => ban(network, null)), gentle];
        await firewall.install([]);
        const { entries } = await firewall.install(['wordpress', 'extra'], wanted.values());
        const held = await firewall.list();
        assert.equal(held.length, entries.get('wordpress'));
        assert.ok(held.length === 0 || held.length === wanted.length);
        assert.deepEqual(
          held.filter((each) => each.gentle).map(({ network }) => String(network)),
          held.length > 0 && firewall.sparesPorts ? ['192.0.2.9'] : [],
        );
        let reads = 0;
        function* counted(): Generator<EnforcedBan> {
          reads++;
          yield* wanted;
        }
        await firewall.install(['wordpress', 'extra'], counted());
        assert.equal(reads, 0);
        await firewall.apply(wanted.map(add));
        await assertHolds(
          subject,
          firewall.sparesPorts ? wanted : wanted.map((each) => ({ ...each, gentle: false })),
        );
      },
    );

    law('reads changes while it writes, and none where there are none', async (subject) => {
      const bans = everyKind.map((network) => ban(network, null));
      await subject.firewall.apply(bans.values().map(add));
      await subject.firewall.apply([].values());
      await assertHolds(subject, bans);
    });

    law('holds addresses and networks of both families after apply', async (subject) => {
      const now = subject.clock.now();
      const bans = everyKind.map((network, index) => ban(network, index === 0 ? null : now + index * day));
      await subject.firewall.apply(bans.map(add));
      await assertHolds(subject, bans);
      assert.equal((await subject.firewall.inspect()).entries.get('wordpress'), bans.length);
    });

    law('replaces the end of a ban that is there', async (subject) => {
      const now = subject.clock.now();
      for (const until of [now + day, now + 3 * day, now + day / 2, null, now + day]) {
        await subject.firewall.apply(everyKind.map((network) => add(ban(network, until))));
        await assertHolds(
          subject,
          everyKind.map((network) => ban(network, until)),
        );
      }
    });

    law('lifts a ban, and lifting one that is not there is no error', async (subject) => {
      const bans = everyKind.map((network) => ban(network, null));
      await subject.firewall.apply(bans.map(add));
      await subject.firewall.apply(bans.slice(1).map(remove));
      await assertHolds(subject, bans.slice(0, 1));
      await subject.firewall.apply(bans.map(remove));
      await assertHolds(subject, []);
    });

    law('does nothing for a ban that has already ended', async (subject) => {
      const now = subject.clock.now();
      const lasting = ban('198.51.100.7', now + day);
      await subject.firewall.apply([add(lasting)]);
      await subject.firewall.apply(everyKind.map((network) => add(ban(network, now - 1))));
      await assertHolds(subject, [lasting]);
    });

    law('makes the changes of a batch in their order', async (subject) => {
      const [one, two] = [ban('198.51.100.1', null), ban('2001:db8::/64', null)];
      await subject.firewall.apply([add(one)]);
      await subject.firewall.apply([remove(one), add(one), add(two), remove(two), remove(two)]);
      await assertHolds(subject, [one]);
    });

    law('keeps one ban of a network for each jail', async (subject) => {
      const [here, there] = [ban('198.51.100.1', null), ban('198.51.100.1', null, 'extra')];
      await subject.firewall.apply([add(here), add(there)]);
      await subject.firewall.apply([remove(there)]);
      await assertHolds(subject, [here]);
    });

    law('holds a ban of a network and one of an address in it', async (subject) => {
      const bans = [ban('198.51.100.0/24', null), ban('198.51.100.1', null)];
      await subject.firewall.apply(bans.map(add));
      await subject.firewall.apply([remove(bans[0]!)]);
      await assertHolds(subject, bans.slice(1));
    });

    law('takes bans of any length', async (subject) => {
      const now = subject.clock.now();
      const bans = [ban('198.51.100.1', now + 30 * day), ban('2001:db8::/64', now + 36_500 * day)];
      await subject.firewall.apply(bans.map(add));
      await assertHolds(subject, bans);
    });

    law('refuses to ban every address, whatever else is asked for', async (subject) => {
      for (const everyone of ['0.0.0.0/0', '::/0']) {
        const changes = [add(ban('198.51.100.7', null)), add(ban(everyone, null))];
        await assert.rejects(subject.firewall.apply(changes), { code: 'invalid_address' });
      }
      await assertHolds(subject, []);
    });

    law('refuses bans of a jail that is not installed', async ({ firewall }) => {
      await assert.rejects(firewall.apply([add(ban('198.51.100.7', null, 'nowhere'))]));
    });

    law('keeps bans when it is installed again, and drops those of a jail that is gone', async (subject) => {
      const until = subject.clock.now() + day;
      const bans = everyKind.flatMap((network) => [ban(network, until), ban(network, until, 'extra')]);
      await subject.firewall.apply(bans.map(add));
      await subject.firewall.install(['wordpress', 'another']);
      await assertHolds(
        subject,
        bans.filter(({ jail }) => jail === 'wordpress'),
      );
      assert.deepEqual([...(await subject.firewall.inspect()).entries.keys()], ['wordpress', 'another']);
      await subject.firewall.install(['wordpress', 'extra']);
      assert.equal((await subject.firewall.inspect()).entries.get('extra'), 0);
    });

    law('holds nothing after uninstall', async (subject) => {
      await subject.firewall.apply([add(ban('198.51.100.7', null))]);
      await subject.firewall.uninstall();
      await assertHolds(subject, []);
      assert.deepEqual(await subject.firewall.inspect(), { faults: [], entries: new Map() });
      await subject.firewall.install(['wordpress']);
      await assertHolds(subject, []);
    });

    law(endsByItself ? 'ends a ban by itself' : 'keeps a ban until it is lifted', async (subject) => {
      const bans = everyKind.map((network) => ban(network, subject.clock.now() + second));
      const lasting = ban('198.51.100.99', subject.clock.now() + day);
      await subject.firewall.apply([...bans, lasting].map(add));
      await subject.pass(2 * second);
      const held = (await subject.firewall.list()).length;
      assert.equal(held, endsByItself ? 1 : bans.length + 1);
      assert.equal((await subject.firewall.inspect()).entries.get('wordpress'), held);
    });

    law('takes twenty thousand bans at once', async (subject) => {
      const until = subject.clock.now() + day;
      const bans = Array.from({ length: 20_000 }, (_, index) =>
        ban(
          index % 10 === 0 ? `2001:db8:${index.toString(16)}::/64` : `10.9.${index >> 8}.${index & 255}`,
          until,
        ),
      );
      await subject.firewall.apply(bans.map(add));
      assert.equal((await subject.firewall.inspect()).entries.get('wordpress'), bans.length);
      await subject.firewall.apply(bans.slice(100).map(remove));
      await assertHolds(subject, bans.slice(0, 100));
    });

    law('holds after any batches what they add up to', async (subject) => {
      const now = subject.clock.now();
      const change = fc
        .record({
          action: fc.constantFrom('add', 'add', 'remove'),
          network: fc.constantFrom(...everyKind),
          jail: fc.constantFrom('wordpress', 'extra'),
          until: fc.constantFrom(null, now - day, now + day, now + 2 * day, now + 40 * day),
        })
        .map(
          ({ action, network, jail, until }): FirewallChange => ({ action, ...ban(network, until, jail) }),
        );
      const expected = new Map<string, EnforcedBan>();
      await fc.assert(
        fc.asyncProperty(fc.array(change, { maxLength: 12 }), async (changes) => {
          await subject.firewall.apply(changes);
          for (const { action, ...entry } of changes) {
            const key = `${entry.jail} ${entry.network}`;
            if (action === 'remove') expected.delete(key);
            else if (entry.until === null || entry.until > now) expected.set(key, entry);
          }
          await assertHolds(subject, [...expected.values()]);
        }),
        { numRuns: 20, endOnFailure: true },
      );
    });
  });
}
