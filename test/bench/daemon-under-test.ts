import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Client, createClient } from '@portcullis/client';
import { createNamespace, type NetworkNamespace } from '../support/network-namespace.ts';

const portcullis = fileURLToPath(new URL('../../node_modules/.bin/portcullis', import.meta.url));

/** A real daemon, as an administrator runs it, in a network namespace and folders of its own. */
export interface DaemonUnderTest extends AsyncDisposable {
  readonly namespace: NetworkNamespace;
  readonly log: string;
  readonly client: Client;
  /** Milliseconds of `performance.now()` at which the process was started. */
  startedAt(): number;
  /** Resolves when it answers. */
  start(): Promise<void>;
  /** Starts the process and does not wait. */
  launch(): void;
  /** Sends SIGTERM and waits for the end. */
  stop(): Promise<void>;
  /** Deletes what the daemon remembers: the next start is the first. */
  forget(): Promise<void>;
  append(lines: string): void;
  /** Entries in the kernel's IPv4 set. */
  kernelEntries(): Promise<number>;
  residentMegabytes(): number;
  /** Seconds of processor time of the daemon and of what it ran. */
  processorSeconds(): number;
}

export async function createDaemonUnderTest(): Promise<DaemonUnderTest> {
  const folder = mkdtempSync(path.join(tmpdir(), 'portcullis-bench-'));
  const namespace = await createNamespace();
  const log = path.join(folder, 'auth.log');
  const config = path.join(folder, 'portcullis.toml');
  const socketPath = path.join(folder, 'run', 'admin.sock');
  writeFileSync(log, '');
  writeFileSync(
    config,
    `state_dir = "${folder}/state"\nrun_dir = "${folder}/run"\n[log]\nfiles = ["${log}"]\n[firewall]\nbackend = "ipset"\n`,
  );
  const client = createClient({ socketPath });
  let child: ChildProcess | null = null;
  let startedAt = 0;

  function launch(): void {
    startedAt = performance.now();
    child = spawn('ip', ['netns', 'exec', namespace.name, portcullis, 'daemon', '--config', config], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }

  async function stop(): Promise<void> {
    if (child === null) return;
    const ended = new Promise((resolve) => child?.once('exit', resolve));
    process.kill(daemonPid(), 'SIGTERM');
    await ended;
    child = null;
  }

  /** `ip netns exec` replaces itself by the shell of the bin, which replaces itself by node: one process. */
  const daemonPid = (): number => child!.pid!;

  return {
    namespace,
    log,
    client,
    startedAt: () => startedAt,
    launch,
    async start() {
      launch();
      await until(() => client.call('status').then(() => true), 60_000);
    },
    stop,
    async forget() {
      rmSync(path.join(folder, 'state'), { recursive: true });
    },
    append: (lines) => appendFileSync(log, lines),
    async kernelEntries() {
      const listing = await namespace.run('ipset', 'list', '-t', 'portcullis-wordpress').catch(() => '');
      return Number(/Number of entries: ([0-9]+)/.exec(listing)?.[1] ?? 0);
    },
    residentMegabytes: () =>
      Number(/VmRSS:\s+([0-9]+)/.exec(readFileSync(`/proc/${daemonPid()}/status`, 'utf8'))![1]) / 1024,
    processorSeconds() {
      const fields = readFileSync(`/proc/${daemonPid()}/stat`, 'utf8').split(') ')[1]!.split(' ');
      // utime, stime, cutime, cstime in clock ticks of 1/100 s (proc_pid_stat(5)).
      return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / 100;
    },
    async [Symbol.asyncDispose]() {
      await stop();
      await client[Symbol.asyncDispose]();
      await namespace[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Waits for a condition, looking again every `pauseMs`. Failing is not holding. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  timeoutMs: number,
  pauseMs = 2,
): Promise<void> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    if (await Promise.resolve(holds()).catch(() => false)) return;
    if (performance.now() > end) throw new Error(`It did not happen within ${timeoutMs} ms.`);
    await pause(pauseMs);
  }
}
