import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Exec } from './exec.ts';
import { createServiceManager } from './systemd.ts';

/** An exec that remembers what it was asked to run; the program does not exist. */
function recording(fails = false): { exec: Exec; told: string[] } {
  const told: string[] = [];
  const exec = (async (argv: readonly string[]) => {
    told.push(argv.join(' '));
    if (fails) throw new Error('no such program');
    return { stdout: '', stderr: '' };
  }) as unknown as Exec;
  return { exec, told };
}

const onError = (error: unknown) => assert.fail(String(error));

test('without a service manager nothing is run', async () => {
  const { exec, told } = recording();
  const manager = createServiceManager({ exec, socket: undefined, watchdogUsec: '1000', onError });
  await manager.ready();
  await manager.stopping();
  assert.deepEqual(told, []);
});

test('ready, reloading and stopping are told to the socket that systemd named', async () => {
  const { exec, told } = recording();
  const manager = createServiceManager({ exec, socket: '@abc', watchdogUsec: undefined, onError });
  await manager.ready();
  await manager.reloading();
  await manager.stopping();
  assert.deepEqual(
    told.map((line) => line.split(' ').slice(1).join(' ')),
    ['READY=1', 'RELOADING=1', 'STOPPING=1'].map((word) => `NOTIFY_SOCKET=@abc systemd-notify ${word}`),
  );
});

test('signs of life come twice in a period of the watchdog, and end with the stop', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const { exec, told } = recording();
  const manager = createServiceManager({ exec, socket: '@abc', watchdogUsec: '60000000', onError });
  await manager.ready();
  await manager.ready();
  t.mock.timers.tick(60_000);
  assert.equal(told.filter((line) => line.endsWith('WATCHDOG=1')).length, 2);
  await manager.stopping();
  t.mock.timers.tick(60_000);
  assert.equal(told.filter((line) => line.endsWith('WATCHDOG=1')).length, 2);
});

test('a systemd-notify that fails is told once and stops nothing', async () => {
  const { exec } = recording(true);
  const errors: unknown[] = [];
  const manager = createServiceManager({
    exec,
    socket: '@abc',
    watchdogUsec: undefined,
    onError: (error) => errors.push(error),
  });
  await manager.ready();
  await manager.stopping();
  assert.equal(errors.length, 1);
});
