import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import type { NetworkNamespace } from '../support/network-namespace.ts';
import { waitFor } from '../support/wait-for.ts';

export interface ServeOptions {
  /** An address of loopback, or of the namespace. */
  readonly address: string;
  readonly port: number;
  /** Where it listens; left out: in this process' network. */
  readonly namespace?: NetworkNamespace;
  /** The Unix user that PHP runs as; needs root. Left out: this process' own. */
  readonly user?: string;
  /** The socket that stands for /dev/log, as of `startRsyslog`; needs root. Left out: the machine's, if it has one. */
  readonly syslog?: string;
  /** Requests at a time; the site may call itself. */
  readonly workers?: number;
}

export interface WebServer extends AsyncDisposable {
  readonly pid: number;
  /** What PHP wrote to standard error: one line a request, and its errors. */
  log(): string;
}

/** PHP's built-in server for one WordPress. */
export async function startWebServer(
  env: Readonly<Record<string, string>>,
  { address, port, namespace, user, syslog, workers = 3 }: ServeOptions,
): Promise<WebServer> {
  const argv = [
    ...(namespace === undefined ? [] : ['ip', 'netns', 'exec', namespace.name]),
    ...(syslog === undefined
      ? []
      : ['bwrap', '--dev-bind', '/', '/', '--dev', '/dev', '--bind', syslog, '/dev/log', '--']),
    ...(user === undefined ? [] : ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups', '--']),
    'php',
    ...[
      'opcache.enable_cli=1',
      // Changes of wp-config.php hold from the next request on.
      'opcache.revalidate_freq=0',
      'opcache.memory_consumption=64',
      'memory_limit=256M',
    ].flatMap((setting) => ['-d', setting]),
    ...['-S', `${address}:${port}`, '-t', env['BENCH_CORE']!, join(env['BENCH_PARTS']!, 'router.php')],
  ];
  // A group of its own: the workers end with it.
  const server = spawn(argv[0]!, argv.slice(1), {
    env: { ...process.env, ...env, PHP_CLI_SERVER_WORKERS: String(workers) },
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  let log = '';
  server.stderr.setEncoding('utf8').on('data', (text: string) => {
    log = (log + text).slice(-100_000);
  });
  const ended = once(server, 'close');
  const listens = async () => {
    if (server.exitCode !== null) throw new Error(log);
    if (namespace !== undefined)
      return (await namespace.run('ss', '-Hltn', `sport = :${port}`)).includes(address);
    const socket = connect(port, address);
    await once(socket, 'connect');
    socket.destroy();
    return true;
  };
  const running = {
    pid: server.pid!,
    log: () => log,
    async [Symbol.asyncDispose]() {
      try {
        process.kill(-server.pid!, 'SIGKILL');
      } catch {
        // It has ended.
      }
      await ended;
    },
  };
  try {
    await waitFor(`PHP listens on ${address}:${port}`, listens);
  } catch (error) {
    await running[Symbol.asyncDispose]();
    throw new Error(`PHP does not listen on ${address}:${port}: ${log}`, { cause: error });
  }
  return running;
}

/** Runs a PHP script of a site and gives what it prints. */
export async function runPhp(
  env: Readonly<Record<string, string>>,
  argv: readonly string[],
  user?: string,
): Promise<string> {
  const as =
    user === undefined ? [] : ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups', '--'];
  const [program, ...rest] = [...as, 'php', ...argv];
  return (await execa(program!, rest, { env })).stdout;
}
