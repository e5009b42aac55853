import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createDaemonUnderTest, until } from './daemon-under-test.ts';
import { writeLog } from './log-lines.ts';
import { type Measurement, median } from './measurement.ts';

const portcullis = fileURLToPath(new URL('../../node_modules/.bin/portcullis', import.meta.url));
const runs = 3;
const hour = 3_600_000;
/** An answer takes the daemon about a millisecond: more of them would slow down what they measure, in milliseconds. */
const lookEvery = 50;

/** Lines a second that `replay` reads, start of the process included, and the memory it takes for 1 MB and 1 GB. */
export async function measureReplay(): Promise<Measurement[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'portcullis-bench-'));
  const log = path.join(folder, 'auth.log');
  const now = Date.now();
  try {
    const rates: Measurement[] = [];
    for (const [wordpressPercent, atLeast] of [
      [10, 1_000_000],
      [100, 500_000],
    ] as const) {
      const lines = 3_000_000;
      writeLog(log, { lines, wordpressPercent, addresses: 20_000, from: now - hour, until: now });
      const samples: number[] = [];
      for (let run = 0; run < runs; run++) samples.push(lines / ((await replay(log)).ms / 1000));
      const name = `replay, ${wordpressPercent} % WordPress lines`;
      rates.push({ name, value: median(samples), unit: 'lines/s', limit: { atLeast } });
    }
    const memory: Measurement[] = [];
    for (const megabytes of [1, 1000]) {
      const lines = megabytes * 8_500;
      writeLog(log, { lines, wordpressPercent: 10, addresses: 2_000, from: now - 24 * hour, until: now });
      memory.push({
        name: `replay, peak memory for ${megabytes} MB of log`,
        value: (await replay(log)).peakMegabytes,
        unit: 'MB',
      });
    }
    return [...rates, ...memory];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function replay(log: string): Promise<{ ms: number; peakMegabytes: number }> {
  const start = performance.now();
  const child = spawn(portcullis, ['replay', '--json', log], { stdio: ['ignore', 'ignore', 'inherit'] });
  let peakMegabytes = 0;
  const watch = setInterval(() => {
    try {
      const peak = /VmHWM:\s+([0-9]+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'));
      peakMegabytes = Math.max(peakMegabytes, Number(peak?.[1] ?? 0) / 1024);
    } catch {
      // It has ended between two looks.
    }
  }, 20);
  const code = await new Promise((resolve) => child.once('exit', resolve));
  clearInterval(watch);
  if (code !== 0) throw new Error(`replay ended with exit code ${code}`);
  return { ms: performance.now() - start, peakMegabytes };
}

/**
 * Lines a second that a starting daemon reads from a log it does not know: a day of it, of which the last three hours
 * count, and one hour of it, in which every failure counts and is kept.
 */
export async function measureColdRead(): Promise<Measurement[]> {
  const measurements: Measurement[] = [];
  for (const [hours, what] of [
    [24, 'a day of log'],
    [1, 'an hour of log'],
  ] as const) {
    for (const [wordpressPercent, atLeast] of [
      [10, 1_000_000],
      [100, 500_000],
    ] as const) {
      const samples: number[] = [];
      for (let run = 0; run < runs; run++) samples.push(await coldRead(hours, wordpressPercent));
      const name = `cold read of the daemon, ${what}, ${wordpressPercent} % WordPress lines`;
      measurements.push({ name, value: median(samples), unit: 'lines/s', limit: { atLeast } });
    }
  }
  return measurements;
}

/** From the start of the process to the last line, less what a start with an empty log takes. */
async function coldRead(hours: number, wordpressPercent: number): Promise<number> {
  const lines = 2_000_000;
  await using daemon = await createDaemonUnderTest();
  await daemon.start();
  const startTakes = performance.now() - daemon.startedAt();
  await daemon.stop();
  await daemon.forget();
  const now = Date.now();
  const from = now - hours * hour;
  const bytes = writeLog(daemon.log, { lines, wordpressPercent, addresses: 1_000, from, until: now });
  await daemon.start();
  const read = async () => (await daemon.client.call('status')).log[0]?.offset === bytes;
  await until(read, 120_000, lookEvery);
  return lines / ((performance.now() - daemon.startedAt() - startTakes) / 1000);
}
