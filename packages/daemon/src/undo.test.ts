import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientNetwork, oneCustomer, parseNetwork } from '@portcullis/core';
import fc from 'fast-check';
import { failureLine, failureLines } from '../../../test/support/log-lines.ts';
import { createSmallDaemon, type SmallDaemon } from '../../../test/support/small-daemon.ts';

/*
 * A ban that is undone leaves no trace but history and audit: whatever happened before, meanwhile and afterwards to others, everything
 * that decides (bans in force, the kernel, counters, earlier bans, exemptions) is as if the ban had never been, for its own address, too.
 */

const others = [
  '198.51.100.1',
  '198.51.100.2',
  '192.0.2.90',
  '2001:db8::1',
  '2001:db8:0:1::1',
  '203.0.113.0/24',
];
const targets = ['192.0.2.77', '192.0.2.64/28', '2001:db8:ffff::7', '2001:db8:ffff::/48'];
const singles = others.filter((ip) => !ip.includes('/'));

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('fail' as const), ip: fc.constantFrom(...singles) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('ban' as const, 'unban' as const, 'allow' as const),
      ip: fc.constantFrom(...others),
    }),
  },
  fc.constant({ do: 'wait' as const, ip: '' }),
);
const steps = fc.array(step, { maxLength: 15 });
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** How the ban comes about: by lines, of one address or of several in the network, or by hand. */
const banning = fc.record({
  target: fc.constantFrom(...targets),
  by: fc.constantFrom('lines' as const, 'hand' as const, 'both' as const),
  times: fc.constantFrom(1, 2),
});

async function take(
  { byHand, clock, read }: Pick<SmallDaemon, 'byHand' | 'clock' | 'read'>,
  { do: what, ip }: Step,
) {
  switch (what) {
    case 'fail':
      return read(failureLine(ip, { time: clock.now() }));
    case 'ban':
      return byHand.ban('admin', { ip, bantime: '30d' }).catch(() => {});
    case 'unban':
      return byHand.unban('admin', ip, {}).catch(() => {});
    case 'allow':
      return byHand.allow('admin', { ip });
    case 'wait':
      clock.time += 60_000;
  }
}

/** The address that fails in place of a network. */
const oneOf = (network: string) =>
  network === '192.0.2.64/28' ? '192.0.2.70' : network.replace(/::\/48$/, '::7');

async function banAndUndo(
  daemon: SmallDaemon,
  { target, by, times }: typeof banning extends fc.Arbitrary<infer B> ? B : never,
  meanwhile: readonly Step[],
) {
  const { byHand, clock, read, store } = daemon;
  for (let time = 0; time < times; time++) {
    if (by !== 'hand') await read(...failureLines(oneOf(target), 4, { time: clock.now() }));
    if (by !== 'lines') await byHand.ban('admin', { ip: target, reason: 'by hand' });
    assert.ok(store.bansOverlapping(parseNetwork(target)!).length > 0, 'it is banned');
    if (time === 0) for (const one of meanwhile) await take(daemon, one);
    await byHand.unban('admin', target, { forget_history: true });
  }
}

/** Everything by which later lines are decided, and what the kernel has. Numbers of rows are nobody's state. */
async function stateOf({ store, firewall, detector, exemptions, clock }: SmallDaemon) {
  const told = (bans: Iterable<{ jail: string; network: unknown; until: number | null }>) =>
    [...bans].map(({ jail, network, until }) => `${jail} ${network} ${until}`).sort();
  return {
    bans: told(store.bansInForce()),
    kernel: told(await firewall.list()),
    exempt: exemptions.countBySource(null),
    ofAddresses: [...others, ...targets, ...targets.map(oneOf)].map((ip) => {
      const network = parseNetwork(ip)!;
      const counted = detector.jails.map(({ config, jail }) =>
        jail.failuresOf(clientNetwork(network, config)),
      );
      const client = clientNetwork(network, oneCustomer);
      return [
        ip,
        counted,
        store.timesBanned(network, null),
        store.timesBanned(client, null),
        exemptions.covering(network, 'wordpress', clock.now())?.source,
      ];
    }),
  };
}

test('a ban that is undone leaves everything that decides as if it had never been', async () => {
  await fc.assert(
    fc.asyncProperty(steps, steps, steps, banning, async (before, meanwhile, afterwards, ban) => {
      const states = [];
      for (const undone of [true, false]) {
        using daemon = await createSmallDaemon(
          '[jails.wordpress]\nbantime_increment = true\n[jails.strict]\nmaxretry = 2',
        );
        for (const one of before) await take(daemon, one);
        if (undone) await banAndUndo(daemon, ban, meanwhile);
        else for (const one of meanwhile) await take(daemon, one);
        for (const one of afterwards) await take(daemon, one);
        const state = await stateOf(daemon);
        // And whoever was let in again is banned like anybody, no sooner and for no longer.
        await daemon.read(failureLine(oneOf(ban.target), { time: daemon.clock.now() }));
        const once = await stateOf(daemon);
        await daemon.read(...failureLines(oneOf(ban.target), 2, { time: daemon.clock.now() }));
        states.push([state, once, await stateOf(daemon)]);
        assert.ok((await daemon.store.auditChain.verify(null, async () => {})).whole);
      }
      assert.deepEqual(states[0], states[1]);
    }),
    { numRuns: 60 },
  );
});
