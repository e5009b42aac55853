import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, createClient } from '@portcullis/client';
import { cliPath } from './cli.ts';
import { loginFailure } from './report-lines.ts';
import { waitFor } from './wait-for.ts';

/** A real daemon whose firewall is `dry-run`: it needs no network of its own, so servers of the test can be reached. */
export interface ReportingDaemon extends AsyncDisposable {
  readonly directory: string;
  readonly socketPath: string;
  readonly client: Client;
  /** Everything that it has written, over all of its runs. */
  output(): string;
  readonly pid: number;
  configure(sections: string): void;
  start(env?: Readonly<Record<string, string>>): Promise<void>;
  /** Sends a signal; with one that ends it, waits for the end. */
  signal(signal: NodeJS.Signals): Promise<void>;
  /** Writes what bans an address: three failures of one user on one site. */
  attack(ip: string, options?: { site?: string; user?: string }): void;
  write(text: string | Uint8Array): void;
  /** What its problems say, of reports. */
  troubles(): Promise<string[]>;
}

export function createReportingDaemon(): ReportingDaemon {
  const directory = mkdtempSync(join(tmpdir(), 'pc-reports-'));
  const log = join(directory, 'auth.log');
  const socketPath = join(directory, 'run', 'admin.sock');
  const configPath = join(directory, 'portcullis.toml');
  const client = createClient({ socketPath, timeout: 8_000 });
  let child: ChildProcess | null = null;
  let output = '';
  writeFileSync(log, '');
  mkdirSync(join(directory, 'state'));

  async function signal(name: NodeJS.Signals): Promise<void> {
    const running = child;
    if (running === null) return;
    running.kill(name);
    if (name === 'SIGHUP') return;
    child = null;
    if (running.exitCode === null && running.signalCode === null) await once(running, 'close');
  }

  return {
    directory,
    socketPath,
    client,
    output: () => output,
    get pid() {
      return child!.pid!;
    },
    configure(sections) {
      const paths = ['state', 'run'].map((name) => `${name}_dir = "${join(directory, name)}"`);
      const text = `${paths.join('\n')}\n[log]\nfiles = ["${log}"]\n[firewall]\nbackend = "dry-run"\n${sections}\n`;
      writeFileSync(configPath, text);
    },
    async start(env = {}) {
      const started = spawn(process.execPath, [cliPath, 'daemon', '--config', configPath], {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, ...env },
      });
      child = started;
      for (const stream of [started.stdout, started.stderr])
        stream.on('data', (chunk: Buffer) => {
          output += chunk.toString('utf8');
        });
      await waitFor('the daemon answers', async () => {
        if (started.exitCode !== null) return true;
        return (await client.call('status')).started_at !== '';
      });
      if (started.exitCode !== null) throw new Error(`The daemon ended: ${output}`);
    },
    signal,
    attack(ip, options) {
      appendFileSync(log, loginFailure(ip, options).repeat(3));
    },
    write: (text) => appendFileSync(log, text),
    troubles: async () =>
      (await client.call('status')).problems
        .filter(({ code }) => code === 'report_undelivered')
        .map(({ sentence }) => sentence),
    async [Symbol.asyncDispose]() {
      await signal('SIGKILL');
      await client[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A file beside the daemon's that holds a secret. */
export function writeSecret({ directory }: ReportingDaemon, name: string, secret: string): string {
  const path = join(directory, name);
  writeFileSync(path, `${secret}\n`, { mode: 0o600 });
  return path;
}

/** Everything that the daemon keeps and shows: its database, its command line, and what it has written. */
export const everythingOf = ({ directory, pid, output }: ReportingDaemon): Record<string, string> => ({
  output: output(),
  cmdline: readFileSync(`/proc/${pid}/cmdline`, 'latin1'),
  environ: readFileSync(`/proc/${pid}/environ`, 'latin1'),
  ...Object.fromEntries(
    ['portcullis.db', 'portcullis.db-wal'].map((name) => [
      name,
      readFileSync(join(directory, 'state', name), 'latin1'),
    ]),
  ),
});
