import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, createClient } from '@portcullis/client';
import type { Ban, Status } from '@portcullis/contracts';
import { createNamespace, type NetworkNamespace } from './network-namespace.ts';
import { waitFor } from './wait-for.ts';

const commandLine = new URL('../../packages/cli/bin/portcullis.js', import.meta.url).pathname;

/** How a process ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A daemon that runs. */
export interface Running {
  readonly pid: number;
  /** What it has written to standard error so far. */
  stderr(): string;
  kill(signal: NodeJS.Signals): void;
  /** Sends a message to a script, and waits for its answer. */
  send(message: number): Promise<void>;
  /** Sends the signal and waits for the end. */
  end(signal?: NodeJS.Signals): Promise<Ended>;
  readonly ended: Promise<Ended>;
}

/** A host for one daemon: a network of its own, a directory of its own, and a client. */
export interface Host extends AsyncDisposable {
  readonly namespace: NetworkNamespace;
  readonly directory: string;
  readonly log: string;
  readonly stateDir: string;
  readonly socketPath: string;
  readonly configPath: string;
  readonly client: Client;
  /** Replaces the configuration. `sections` is TOML behind the paths; the log is `auth.log` unless it says otherwise. */
  configure(sections: string, options?: { log?: string }): void;
  /** Starts the daemon and waits until it answers. */
  start(options?: StartOptions): Promise<Running>;
  /** Starts the daemon only. */
  launch(options?: StartOptions): Running;
  /** Runs the command line and waits for its end. */
  portcullis(...argv: string[]): Promise<Ended>;
  /** Appends lines to the log, each with its newline. */
  write(...lines: string[]): void;
  status(): Promise<Status>;
  /** Bans in force, by address. */
  bans(): Promise<Map<string, Ban>>;
  /** Waits until the address is banned, in the store and in the kernel. */
  banned(ip: string): Promise<Ban>;
  /** Waits until nothing of the log is unread. */
  caughtUp(): Promise<void>;
}

export interface StartOptions {
  /** Put before the daemon's own argv: programs that change its surroundings and then become it. */
  readonly wrapper?: readonly string[];
  /** A script to run in the daemon's place, with the configuration's path; it may be sent messages. */
  readonly script?: string;
}

export async function createHost(): Promise<Host> {
  const namespace = await createNamespace();
  const directory = mkdtempSync(join(tmpdir(), 'pc-e2e-'));
  const log = join(directory, 'auth.log');
  const stateDir = join(directory, 'state');
  const runDir = join(directory, 'run');
  const socketPath = join(runDir, 'admin.sock');
  const configPath = join(directory, 'portcullis.toml');
  const client = createClient({ socketPath, timeout: 8_000 });
  const running = new Set<Running>();
  mkdirSync(stateDir);
  writeFileSync(log, '');

  function launch({ wrapper = [], script }: StartOptions = {}): Running {
    const argv =
      script === undefined ? [commandLine, 'daemon', '--config', configPath] : [script, configPath];
    const daemon = run([...wrapper, process.execPath, ...argv], script !== undefined);
    running.add(daemon);
    void daemon.ended.then(() => running.delete(daemon));
    return daemon;
  }

  const run = (argv: readonly string[], channel = false): Running =>
    asRunning(
      spawn('ip', ['netns', 'exec', namespace.name, ...argv], {
        stdio: ['ignore', 'pipe', 'pipe', ...(channel ? (['ipc'] as const) : [])],
      }),
    );

  const host: Host = {
    namespace,
    directory,
    log,
    stateDir,
    socketPath,
    configPath,
    client,
    configure(sections, { log: files = `[log]\nfiles = ["${log}"]` } = {}) {
      const paths = `state_dir = "${stateDir}"\nrun_dir = "${runDir}"`;
      writeFileSync(configPath, `${paths}\n${files}\n${sections}\n`);
    },
    launch,
    async start(options) {
      const daemon = launch(options);
      let over: Ended | undefined;
      void daemon.ended.then((ended) => {
        over = ended;
      });
      await waitFor('the daemon answers', async () => {
        if (over !== undefined) return true;
        return (await client.call('status')).started_at !== '';
      }).catch((cause) => {
        throw new Error(`The daemon does not answer: ${daemon.stderr()}`, { cause });
      });
      if (over !== undefined) throw new Error(`The daemon ended with ${over.code}: ${over.stderr}`);
      return daemon;
    },
    portcullis: (...argv) => run([process.execPath, commandLine, '--socket', socketPath, ...argv]).ended,
    write(...lines) {
      appendFileSync(log, lines.map((line) => `${line}\n`).join(''));
    },
    status: () => client.call('status'),
    async bans() {
      const bans = new Map<string, Ban>();
      for await (const ban of client.all('listBans')) bans.set(ban.ip, ban);
      return bans;
    },
    banned: (ip) =>
      waitFor(`${ip} is banned`, async () => {
        const ban = (await host.bans()).get(ip);
        return ban?.state === 'active' && ban;
      }),
    async caughtUp() {
      await waitFor('the log is read', async () => {
        const { log: logs } = await host.status();
        return logs.length > 0 && logs.every(({ lag_seconds }) => lag_seconds === 0);
      });
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...running].map((daemon) => daemon.end('SIGKILL')));
      await client[Symbol.asyncDispose]();
      await namespace[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true, force: true });
    },
  };
  return host;
}

function asRunning(child: ChildProcess): Running {
  let stdout = '';
  let stderr = '';
  child.stdout!.on('data', (chunk: Buffer) => {
    stdout += chunk.toString('utf8');
  });
  child.stderr!.on('data', (chunk: Buffer) => {
    stderr += chunk.toString('utf8');
  });
  const ended = once(child, 'close').then(([code, signal]): Ended => ({ code, signal, stdout, stderr }));
  return {
    pid: child.pid!,
    stderr: () => stderr,
    kill: (signal) => child.kill(signal),
    async send(message) {
      const answer = once(child, 'message');
      child.send(message);
      await answer;
    },
    end(signal = 'SIGTERM') {
      child.kill(signal);
      return ended;
    },
    ended,
  };
}
