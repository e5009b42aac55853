import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHost } from '../support/daemon-process.ts';
import { setEntries } from '../support/kernel.ts';
import { failureLines } from '../support/log-lines.ts';
import { namespacesLeftOut } from '../support/network-namespace.ts';
import { waitFor } from '../support/wait-for.ts';

const hour = 3_600_000;
const script = new URL('../support/stepped-daemon.ts', import.meta.url).pathname;

for (const [name, step] of [
  ['forward', hour],
  ['back', -hour],
] as const) {
  test(`a clock that is set an hour ${name} neither ends bans early nor makes them last`, {
    skip: namespacesLeftOut,
  }, async () => {
    await using host = await createHost();
    host.configure('[defaults]\nbantime = "10m"');
    const daemon = await host.start({ script });
    host.write(...failureLines('198.51.100.7', 3));
    const before = await host.banned('198.51.100.7');
    const shortEnd = Date.now() + 6_000;
    await host.client.call('ban', { body: { ip: '198.51.100.8', bantime: '6s' } });
    await host.client.call('ban', { body: { ip: '198.51.100.9', bantime: '-1' } });

    await daemon.send(step);
    const after = await waitFor('the end has moved', async () => {
      const ban = (await host.bans()).get('198.51.100.7');
      assert.ok(ban, 'never lifted');
      return ban.until !== before.until && ban;
    });
    assert.ok(Math.abs(Date.parse(after.until!) - Date.parse(before.until!) - step) < 100, after.until!);
    const left = (await setEntries(host.namespace)).get('198.51.100.7')!;
    assert.ok(left > 580 && left <= 600, `${left} s left in the kernel`);
    assert.ok((await host.bans()).has('198.51.100.9'));

    await waitFor('the short ban is over', async () => !(await host.bans()).has('198.51.100.8'));
    const late = Date.now() - shortEnd;
    assert.ok(late > -100 && late < 3_000, `${late} ms late`);
    await waitFor(
      'it is over in the kernel',
      async () => !(await setEntries(host.namespace)).has('198.51.100.8'),
    );

    host.write(...failureLines('198.51.100.10', 3, { time: Date.now() + step }));
    const fresh = await host.banned('198.51.100.10');
    assert.equal(Date.parse(fresh.until!) - Date.parse(fresh.since), 600_000);
    const { bans, problems } = await host.status();
    assert.deepEqual([bans.wanted, bans.enforced, problems], [3, 3, []]);
  });
}
