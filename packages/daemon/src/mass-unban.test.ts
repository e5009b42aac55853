import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseNetwork } from '@portcullis/core';
import fc from 'fast-check';
import { createSmallDaemon, type SmallDaemon } from '../../../test/support/small-daemon.ts';
import { recount } from './recount.ts';

const day = 86_400_000;
const escalating = '[defaults]\nbantime_increment = true\nbantime = "1d"\n';
const network = (ip: string) => parseNetwork(ip)!;

const failure = ({ clock }: SmallDaemon, ip: string, site = 'blog.example.com'): string =>
  `${new Date(clock.now()).toISOString()} web1 wordpress(${site})[7]: Authentication failure for bob from ${ip}`;
const fail = (daemon: SmallDaemon, ip: string, times: number, site?: string) =>
  daemon.read(...Array.from({ length: times }, () => failure(daemon, ip, site)));

/** All that a ban changes and an unban must put back: the kernel, the counts, what the next ban would be. */
async function stateOf({ firewall, detector, store }: SmallDaemon, ips: readonly string[]) {
  const { jail } = detector.rule('wordpress')!;
  return {
    kernel: (await firewall.list()).map(({ network, until }) => `${network} ${until}`).sort(),
    counts: ips.map((ip) => jail.failuresOf(network(ip))),
    timesBanned: ips.map((ip) => store.timesBanned(network(ip), 'wordpress')),
    inForce: [...store.bansInForce()].length,
  };
}

describe('undoing', () => {
  test('an unban after a ban restores the state before, whoever decided on the ban, and a restart does not bring it back', async () => {
    const ips = ['198.51.100.7', '198.51.100.8', '203.0.113.9', '2001:db8:5::'];
    const clients = ['198.51.100.7', '198.51.100.8', '203.0.113.9', '2001:db8:5::/64'];
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ who: fc.nat(3), times: fc.integer({ min: 1, max: 2 }) }), { maxLength: 6 }),
        fc.nat(3),
        fc.boolean(),
        async (before, victim, byHand) => {
          using daemon = await createSmallDaemon(escalating);
          for (const { who, times } of before) await fail(daemon, ips[who]!, times);
          // What was counted of the victim is forgotten with the ban: the state before is that of a clean client.
          await daemon.byHand.unban('admin', clients[victim]!, { forget_history: true });
          const state = await stateOf(daemon, clients);
          if (byHand) await daemon.byHand.ban('admin', { ip: clients[victim]! });
          else await fail(daemon, ips[victim]!, 3);
          assert.equal(daemon.store.timesBanned(network(clients[victim]!), 'wordpress'), 1);
          assert.equal((await stateOf(daemon, clients)).inForce, state.inForce + 1);
          await daemon.byHand.unban('admin', ips[victim]!, { forget_history: true });
          assert.deepEqual(await stateOf(daemon, clients), state);

          const { store, detector, clock } = daemon;
          for (const client of clients) detector.forget(network(client), null);
          const jails = new Set(['wordpress']);
          const options = { store, detector, jails, since: 0, now: clock.now(), release: () => {} };
          assert.deepEqual(recount(options), []);
          assert.deepEqual(await stateOf(daemon, clients), state);
        },
      ),
      { numRuns: 25 },
    );
  });

  test('an unban keeps the escalation unless it is told to forget it, also where no ban is in force', async () => {
    using daemon = await createSmallDaemon(escalating);
    const lasts = () => {
      const ban = daemon.store.banInForce('wordpress', network('198.51.100.7'))!;
      return (ban.until! - ban.since) / day;
    };
    await fail(daemon, '198.51.100.7', 3);
    assert.equal(lasts(), 1);
    await daemon.byHand.unban('admin', '198.51.100.7', {});
    await fail(daemon, '198.51.100.7', 3);
    assert.equal(lasts(), 2);
    await daemon.byHand.unban('admin', '198.51.100.7', { forget_history: true });
    await fail(daemon, '198.51.100.7', 3);
    assert.equal(lasts(), 1);
    await daemon.byHand.unban('admin', '198.51.100.7', {});
    await daemon.byHand.unban('admin', '198.51.100.0/24', { forget_history: true });
    await fail(daemon, '198.51.100.7', 3);
    assert.equal(lasts(), 1);
  });

  test('allowing an address lifts its bans and forgets its count, also when the entry is gone again', async () => {
    using daemon = await createSmallDaemon('');
    await fail(daemon, '198.51.100.7', 3);
    await fail(daemon, '198.51.100.8', 2);
    for (const ip of ['198.51.100.7', '198.51.100.8']) {
      const { entry } = await daemon.byHand.allow('admin', { ip });
      await daemon.byHand.disallow('admin', entry.id);
    }
    const { kernel, counts } = await stateOf(daemon, ['198.51.100.7', '198.51.100.8']);
    assert.deepEqual([kernel, counts], [[], [0, 0]]);
  });
});

describe('lifting many bans', () => {
  /** Bans of two sites, an hour apart. */
  async function withBans() {
    const daemon = await createSmallDaemon(escalating);
    await fail(daemon, '198.51.100.1', 3);
    await fail(daemon, '198.51.100.2', 3, 'shop.example.com');
    daemon.clock.time += 3_600_000;
    await fail(daemon, '198.51.100.3', 3);
    await fail(daemon, '203.0.113.4', 3, 'shop.example.com');
    await daemon.byHand.ban('admin', { ip: '203.0.112.0/23' });
    return daemon;
  }
  const left = async ({ firewall }: SmallDaemon) =>
    (await firewall.list()).map((ban) => String(ban.network)).sort();

  for (const [query, lifted] of [
    [{ site: 'shop.example.com' }, ['198.51.100.2', '203.0.113.4']],
    [{ ip: '198.51.100.0/24' }, ['198.51.100.1', '198.51.100.2', '198.51.100.3']],
    [{ ip: '203.0.113.4' }, ['203.0.112.0/23', '203.0.113.4']],
    [{ since: '2026-11-21T12:30:00.000Z' }, ['198.51.100.3', '203.0.112.0/23', '203.0.113.4']],
    [{ until: '2026-11-21T12:30:00.000Z', site: 'blog.example.com' }, ['198.51.100.1']],
    [{ jail: 'wordpress', ip: '192.0.2.0/24' }, []],
    [{}, ['198.51.100.1', '198.51.100.2', '198.51.100.3', '203.0.112.0/23', '203.0.113.4']],
  ] as const) {
    test(`lifts what matches ${JSON.stringify(query)} and nothing else, and audits each`, async () => {
      using daemon = await withBans();
      const before = await left(daemon);
      assert.equal((await daemon.byHand.unbanAll('admin', query)).ended, lifted.length);
      assert.deepEqual(
        await left(daemon),
        before.filter((ip) => !(lifted as readonly string[]).includes(ip)),
      );
      const audited = daemon.store.db.all<{ ip: string }>(
        "SELECT ip FROM audit WHERE action = 'unban' AND actor = 'admin'",
      );
      assert.deepEqual(audited.map(({ ip }) => ip).sort(), lifted);
    });
  }

  test('lifts more than one transaction takes, leaves what begins meanwhile, and forgets each count', async () => {
    using daemon = await createSmallDaemon('');
    const ips = Array.from({ length: 1_300 }, (_, n) => `198.18.${n >> 8}.${n & 255}`);
    for (const ip of ips) await fail(daemon, ip, 3);
    for (const ip of ips.slice(0, 40)) await fail(daemon, ip, 1);
    assert.equal(daemon.detector.rule('wordpress')!.jail.tracked, 40);
    const lifting = daemon.byHand.unbanAll('admin', { ip: '198.18.0.0/15' });
    // The first part is lifted; one of the last ends and begins anew before its part has its turn.
    const [again] = ips;
    await daemon.byHand.unban('admin', again!, {});
    await fail(daemon, again!, 3);
    assert.equal((await lifting).ended, 1_299);
    assert.deepEqual(await left(daemon), [again]);
    assert.equal(daemon.detector.rule('wordpress')!.jail.tracked, 0);
  });

  test('refuses a jail or an address that is none, and changes nothing', async () => {
    using daemon = await withBans();
    const before = await left(daemon);
    await assert.rejects(daemon.byHand.unbanAll('admin', { jail: 'sshd' }), { code: 'unknown_jail' });
    await assert.rejects(daemon.byHand.unbanAll('admin', { ip: 'shop' }), { code: 'invalid_address' });
    assert.deepEqual(await left(daemon), before);
  });
});
