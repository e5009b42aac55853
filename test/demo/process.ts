import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, readFileSync } from 'node:fs';

/** A program that runs until it is stopped. What it writes goes to a file. */
export interface RunningProcess extends AsyncDisposable {
  /** Resolves when `isReady` does not throw any more. Rejects with the program's last words when it ends before that. */
  ready(isReady: () => Promise<void>): Promise<void>;
  /** Resolves when the program has ended with 0. Rejects with its last words when it ended otherwise. */
  succeeded(): Promise<void>;
}

/** How long a program may take to be ready, in milliseconds. */
const readyTimeout = 20_000;
/** How long it may take to stop before it is killed, in milliseconds. */
const stopTimeout = 6_000;

/** @param signal ends every wait */
export function startProcess(
  [program, ...args]: readonly [string, ...string[]],
  logFile: string,
  signal: AbortSignal,
): RunningProcess {
  // A group of its own: Ctrl-C is for the demo, which stops its programs in their order.
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const log = createWriteStream(logFile);
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  let ended: string | null = null;
  const end = new Promise<void>((resolve) => {
    const over = (how: string) => {
      ended ??= how;
      resolve();
    };
    child.once('error', (error) => over(error.message));
    child.once('close', (code, signal) => over(`exit code ${code ?? signal}`));
  });
  return {
    async ready(isReady) {
      const deadline = performance.now() + readyTimeout;
      for (;;) {
        signal.throwIfAborted();
        if (ended !== null) throw new Error(`${program} has ended (${ended}): ${lastWords(logFile)}`);
        try {
          return await isReady();
        } catch (error) {
          if (performance.now() > deadline) throw error;
          await Promise.race([end, pause()]);
        }
      }
    },
    async succeeded() {
      const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      await Promise.race([end, aborted]);
      signal.throwIfAborted();
      if (ended !== 'exit code 0') throw new Error(lastWords(logFile) || `${program} has ended (${ended}).`);
    },
    async [Symbol.asyncDispose]() {
      if (ended === null) await stop(child, end);
      log.close();
    },
  };
}

async function stop(child: ChildProcess, end: Promise<void>): Promise<void> {
  // The group: a launcher may stand between us and the program.
  process.kill(-child.pid!, 'SIGTERM');
  const late = setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), stopTimeout);
  await end;
  clearTimeout(late);
}

const pause = () => new Promise<void>((resolve) => setTimeout(resolve, 20));

const lastWords = (logFile: string): string =>
  readFileSync(logFile, 'utf8').trim().split('\n').slice(-5).join('\n');
