import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSmallDaemon, smallDaemonStart } from '../../../test/support/small-daemon.ts';

const stamp = new Date(smallDaemonStart).toISOString();
const line = (ident: string, message: string) => `${stamp} web ${ident}[1]: ${message}`;
const jails = '[jails.wordpress]\nmaxretry = 2\n[jails.hard]\nfilter = ["wordpress-hard"]\n';

test('a line of a self-test is followed to the jails that it would fill, and leaves no trace', async () => {
  using daemon = await createSmallDaemon(jails);
  const { id, ident, message } = daemon.selfTests.begin();
  assert.equal(daemon.selfTests.get(id).seen, null);
  await daemon.read(line(ident, message), line(ident, message), line(ident, message));
  assert.deepEqual(daemon.selfTests.get(id).seen, { log: '/log', at: stamp, stamp, jails: ['wordpress'] });
  assert.equal(daemon.store.countBansInForce().size, 0);
  assert.equal(daemon.store.lastFailureId(), 0);
  assert.equal(daemon.store.lastEventAt(), null);
});

test('the marker hides no attacker: a line that names another address counts', async () => {
  using daemon = await createSmallDaemon(jails);
  const { id, ident, message } = daemon.selfTests.begin();
  const hidden = message.replace('192.0.2.235', '198.51.100.7');
  await daemon.read(line(ident, hidden), line(ident, hidden));
  assert.equal(daemon.selfTests.get(id).seen, null);
  assert.equal(daemon.store.countBansInForce().get('wordpress'), 1);
});

test('a number that nobody asked for, and one that comes too late, answer no test', async () => {
  using daemon = await createSmallDaemon(jails);
  const { id, ident, message } = daemon.selfTests.begin();
  await daemon.read(line(ident, message.replace(/user [0-9a-f]{32}/, `user ${'0'.repeat(32)}`)));
  daemon.clock.time += 61_000;
  await daemon.read(line(ident, message));
  assert.equal(daemon.selfTests.get(id).seen, null);
  assert.equal(daemon.store.countBansInForce().size, 0);
});

test('where no jail counts such lines, no jail is named', async () => {
  using daemon = await createSmallDaemon('[jails.wordpress]\nfilter = ["wordpress-hard"]');
  const { id, ident, message } = daemon.selfTests.begin();
  await daemon.read(line(ident, message));
  assert.deepEqual(daemon.selfTests.get(id).seen?.jails, []);
});

test('the oldest of seventeen tests is forgotten', async () => {
  using daemon = await createSmallDaemon('');
  const first = daemon.selfTests.begin();
  for (let more = 0; more < 16; more++) daemon.selfTests.begin();
  assert.throws(() => daemon.selfTests.get(first.id), { code: 'not_found' });
});
