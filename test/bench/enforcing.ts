import { setTimeout as pause } from 'node:timers/promises';
import { createDaemonUnderTest, type DaemonUnderTest, until } from './daemon-under-test.ts';
import { addressOf, attackBy } from './log-lines.ts';
import { type Measurement, median, percentile } from './measurement.ts';

const attacks = 300;
const burst = 5_000;
/** What happens once in a daemon's life is measured so often, and the median told. */
const runs = 3;
/** Less than this, in percent of one processor, is taken for nothing. */
const notMeasurable = 1;
/** A look at the kernel is a process, of two processors' one: more of them would slow down what they measure. In milliseconds. */
const lookEvery = 50;

/**
 * From the write of the deciding line to the entry in the kernel. The end is the daemon's event, which it sends when
 * `ipset` has answered: the entry is there a little earlier than this says.
 */
export async function measureLatency(): Promise<Measurement[]> {
  await using daemon = await createDaemonUnderTest();
  await daemon.start();
  const enforced = new Map<string, number>();
  const listening = new AbortController();
  const events = daemon.client.events({ signal: listening.signal });
  const listen = (async () => {
    for await (const { type, data } of events) {
      if (type === 'ban') enforced.set(String((data as { ip: string }).ip), performance.now());
    }
  })().catch(() => undefined);
  await pause(200);
  const samples: number[] = [];
  for (let i = 0; i < attacks; i++) {
    const address = addressOf(i);
    const written = performance.now();
    daemon.append(attackBy(address, Date.now()));
    await until(() => enforced.has(address), 5_000);
    samples.push(enforced.get(address)! - written);
    await pause(10 + (i % 17));
  }
  const inKernel = await daemon.kernelEntries();
  if (inKernel !== attacks) throw new Error(`${inKernel} of ${attacks} bans are in the kernel.`);
  listening.abort();
  await listen;
  return [
    { name: 'line to kernel, median', value: median(samples), unit: 'ms', limit: { atMost: 10 } },
    { name: 'line to kernel, p99', value: percentile(samples, 99), unit: 'ms', limit: { atMost: 30 } },
  ];
}

/** 5,000 addresses cross the threshold at once, in a daemon that has banned nobody yet. */
export async function measureBurst(): Promise<Measurement[]> {
  const samples: number[] = [];
  for (let run = 0; run < runs; run++) {
    await using daemon = await createDaemonUnderTest();
    await daemon.start();
    await idle(daemon);
    const now = Date.now();
    const lines = Array.from({ length: burst }, (_, i) => attackBy(addressOf(i), now)).join('');
    const written = performance.now();
    daemon.append(lines);
    await until(async () => (await daemon.kernelEntries()) === burst, 30_000, lookEvery);
    samples.push(performance.now() - written);
  }
  const name = `${burst.toLocaleString('en')} addresses at once: all in the kernel`;
  return [{ name, value: median(samples), unit: 'ms', limit: { atMost: 1_000 } }];
}

/** Restart with bans in the store and an empty kernel, memory with them, and what an idle daemon takes. */
export async function measureRestartAndMemory(): Promise<Measurement[]> {
  await using daemon = await createDaemonUnderTest();
  const measurements: Measurement[] = [];
  await daemon.start();
  await idle(daemon);
  measurements.push({
    name: 'resident memory, idle',
    value: daemon.residentMegabytes(),
    unit: 'MB',
    limit: { atMost: 80 },
  });
  measurements.push(await idleLoad(daemon, 'processor time of an idle daemon and what it runs'));
  let bans = 0;
  for (const [wanted, atMost] of [
    [20_000, 1_000],
    [100_000, 3_000],
  ] as const) {
    await addBans(daemon, bans, wanted);
    bans = wanted;
    const samples: number[] = [];
    for (let run = 0; run < runs; run++) samples.push(await restart(daemon, wanted));
    measurements.push({
      name: `restart with ${wanted.toLocaleString('en')} bans: all in the kernel since the process started`,
      value: median(samples),
      unit: 'ms',
      limit: { atMost },
    });
  }
  await idle(daemon);
  const resident = daemon.residentMegabytes();
  measurements.push({
    name: 'resident memory with 100,000 bans',
    value: resident,
    unit: 'MB',
    limit: { atMost: 150 },
  });
  measurements.push(await idleLoad(daemon, 'processor time with 100,000 bans'));
  return measurements;
}

/** After what a reboot does to the kernel. @returns milliseconds until it has all bans again */
async function restart(daemon: DaemonUnderTest, bans: number): Promise<number> {
  await daemon.stop();
  await daemon.namespace.run('iptables', '-F');
  await daemon.namespace.run('ip6tables', '-F');
  await daemon.namespace.run('ipset', 'destroy');
  daemon.launch();
  await until(async () => (await daemon.kernelEntries()) === bans, 30_000, lookEvery);
  const took = performance.now() - daemon.startedAt();
  await until(() => daemon.client.call('status').then(() => true), 60_000, lookEvery);
  return took;
}

async function addBans(daemon: DaemonUnderTest, from: number, to: number): Promise<void> {
  for (let start = from; start < to; start += burst) {
    const now = Date.now();
    const end = Math.min(start + burst, to);
    daemon.append(
      Array.from({ length: end - start }, (_, i) => attackBy(addressOf(start + i), now)).join(''),
    );
    await until(async () => (await daemon.kernelEntries()) === end, 60_000);
  }
}

/** Waits until the daemon has nothing to do: less than a tenth of a second of work in a second, twice. */
async function idle(daemon: DaemonUnderTest): Promise<void> {
  for (let quiet = 0, seconds = 0; quiet < 2; seconds++) {
    if (seconds === 60) throw new Error('The daemon has work for more than a minute.');
    const before = daemon.processorSeconds();
    await pause(1_000);
    quiet = daemon.processorSeconds() - before < 0.1 ? quiet + 1 : 0;
  }
}

async function idleLoad(daemon: DaemonUnderTest, name: string): Promise<Measurement> {
  const seconds = 20;
  const before = daemon.processorSeconds();
  await pause(seconds * 1000);
  const value = ((daemon.processorSeconds() - before) / seconds) * 100;
  return { name, value, unit: '% of one', limit: { atMost: notMeasurable } };
}
