import { existsSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Client, createClient } from '@portcullis/client';
import { type ExecaError, execa } from 'execa';
import { capturedLog } from './captured-log.ts';
import { cast } from './cast.ts';
import { type EventStream, openEvents } from './event-stream.ts';
import { createNetwork, type Network, serverAddress } from './network.ts';
import { type RunningProcess, startProcess } from './process.ts';
import { createWordPressLog } from './wordpress-log.ts';

export const portcullis = fileURLToPath(new URL('../../node_modules/.bin/portcullis', import.meta.url));

/** Everything that the story is played with. */
export interface Stage {
  /** Null: without the kernel; `leftOut` says why. */
  readonly network: Network | null;
  readonly leftOut: string | null;
  /** Holds all of the demo's files. */
  readonly directory: string;
  /** Takes what must be undone; before what the stage itself stands on. */
  readonly cleanUp: AsyncDisposableStack;
  /** Aborted when the demo is interrupted; then `cleanUp` takes nothing any more. */
  readonly signal: AbortSignal;
  readonly logPath: string;
  readonly configPath: string;
  readonly socketPath: string;
  /** What was sent to Slack: a line of JSON each. */
  readonly slackMessages: string;
  readonly log: ReturnType<typeof createWordPressLog>;
  readonly events: EventStream;
  readonly client: Client;
  /** From the start of the daemon until it had read the captured log, in milliseconds. */
  readonly startTook: number;
  /** Resolves when the daemon has read all of the log. */
  settled(): Promise<void>;
  /** What the command prints, whatever its exit code; it runs where the daemon runs. */
  portcullis(...args: string[]): Promise<string>;
  /** A program of the demo's own, `<name>.ts`, that goes on where the daemon runs. */
  startInServer(name: string, ...args: string[]): RunningProcess;
  /** Asks a web server for its login page from an address, over TCP. Only with a network. */
  visit(from: string, to?: string): Promise<{ accepted: boolean; outcome: string }>;
}

/**
 * Makes directories, namespaces, a web server and a daemon that has read the captured log.
 *
 * @param leftOut why there can be no network; null where there can
 * @param cleanUp takes what must be undone
 * @param signal ends what waits
 */
export async function createStage(
  leftOut: string | null,
  cleanUp: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<Stage> {
  const directory = await mkdtemp(join(tmpdir(), 'portcullis-demo-'));
  cleanUp.defer(() => rm(directory, { recursive: true, force: true }));
  const logPath = join(directory, 'auth.log');
  const configPath = join(directory, 'portcullis.toml');
  const socketPath = join(directory, 'run', 'admin.sock');
  await mkdir(join(directory, 'run'));
  await writeFile(logPath, capturedLog(Date.now()));

  const network =
    leftOut === null
      ? await createNetwork(
          Object.values(cast).map(({ address }) => address),
          cleanUp,
        )
      : null;
  await writeFile(configPath, configuration(directory, logPath, network !== null));
  const inServer = network === null ? [] : ['ip', 'netns', 'exec', network.server.name];

  if (network !== null) {
    const server = cleanUp.use(startInServer('web-server', serverAddress.ipv4, serverAddress.ipv6));
    await server.ready(async () => {
      const { accepted, outcome } = await visit(cast.reader.address);
      if (!accepted) throw new Error(`The web server does not answer: ${outcome}`);
    });
  }

  function startInServer(name: string, ...args: string[]): RunningProcess {
    const script = fileURLToPath(new URL(`${name}.ts`, import.meta.url));
    const words = argv(...inServer, process.execPath, script, ...args);
    return startProcess(words, join(directory, `${name}.log`), signal);
  }

  async function visit(from: string, to = from.includes(':') ? serverAddress.ipv6 : serverAddress.ipv4) {
    const script = fileURLToPath(new URL('visit.ts', import.meta.url));
    const printed = await network!.visitors.run(process.execPath, script, from, to);
    const [word = '', ...rest] = printed.trim().split(' ');
    return { accepted: word === 'accepted', outcome: rest.join(' ') };
  }

  const slackAddress = join(directory, 'slack-webhook');
  const slackMessages = join(directory, 'slack.jsonl');
  const slack = cleanUp.use(startInServer('slack', slackAddress, slackMessages));
  await slack.ready(async () => {
    if (!existsSync(slackAddress)) throw new Error('Nobody stands in the place of Slack.');
  });

  const client = cleanUp.use(createClient({ socketPath }));
  const startedAt = performance.now();
  const daemon = cleanUp.use(
    startProcess(
      argv(...inServer, portcullis, 'daemon', '--config', configPath),
      join(directory, 'daemon.log'),
      signal,
    ),
  );
  const settled = () =>
    daemon.ready(async () => {
      const { log } = await client.call('status');
      if (log[0]?.offset !== statSync(logPath).size) throw new Error('The daemon has not read the log.');
    });
  await settled();
  const startTook = performance.now() - startedAt;

  return {
    network,
    leftOut,
    directory,
    cleanUp,
    signal,
    logPath,
    configPath,
    socketPath,
    slackMessages,
    log: createWordPressLog(logPath),
    events: cleanUp.use(await openEvents(socketPath)),
    client,
    startTook,
    startInServer,
    visit,
    settled,
    async portcullis(...args) {
      const { stdout } = await execa(portcullis, ['--socket', socketPath, ...args], {
        env: { NO_COLOR: '1' },
      }).catch((error: ExecaError) => {
        if (typeof error.stdout === 'string' && error.stdout !== '') return { stdout: error.stdout };
        throw error;
      });
      return stdout;
    },
  };
}

const argv = (...words: string[]): [string, ...string[]] => words as [string, ...string[]];

const configuration = (directory: string, logPath: string, withKernel: boolean): string => `\
state_dir = "${directory}/state"
run_dir = "${directory}/run"

[log]
source = "file"
files = ["${logPath}"]

[firewall]
backend = "${withKernel ? 'ipset' : 'dry-run'}"

[slack]
webhook_url_file = "${directory}/slack-webhook"
window = "2s"  # 10m by default, but who watches a demo for so long
`;
