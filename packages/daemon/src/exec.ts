import { type ChildProcess, type StdioOptions, spawn, spawnSync } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { ExecError } from './exec-error.ts';

export type Argv = readonly [program: string, ...args: string[]];

export interface ExecOptions {
  /** Written to standard input, which is then closed: a text, or lines without their newlines. Left out: it is /dev/null. */
  readonly input?: string | Iterable<string>;
  /** After this time the process is killed. Default: 10 s. */
  readonly timeoutMs?: number;
}

/**
 * Runs a program and waits for its end, without a shell. Rejects with `ExecError` unless the exit code is 0, and when
 * standard output exceeds 16 MiB or a line of `lines` 64 Ki characters: the process is then killed.
 */
export interface Exec {
  (argv: Argv, options?: ExecOptions): Promise<{ readonly stdout: string; readonly stderr: string }>;
  /** Hands over standard output line by line, in memory that does not grow with the output. */
  lines(argv: Argv, take: (line: string) => void, options?: ExecOptions): Promise<void>;
  /**
   * Runs a program while nothing else goes on here, for the rare work that cannot wait for its turn.
   *
   * @param timeoutMs after which it is killed
   * @returns whether it ended with exit code 0
   */
  atOnce(argv: Argv, input: string, timeoutMs: number): boolean;
  /**
   * Starts a program that runs until it ends by itself or is stopped, without a limit of time, and hands over standard
   * output as bytes. They are valid during the call only; the program waits while they are taken, so nothing piles up.
   */
  follow(argv: Argv, take: (bytes: Uint8Array) => void): Following;
  /**
   * Starts a program that takes commands on standard input for as long as it is wanted, and hands over line by line what
   * it says. It keeps nobody from ending, and where we end its standard input ends.
   */
  converse(argv: Argv, take: ConversationLines): Conversation;
}

/** Where the lines go that a program says; left out: they are read and dropped. */
export interface ConversationLines {
  readonly output?: (line: string) => void;
  readonly error?: (line: string) => void;
}

/** A program that waits for commands. */
export interface Conversation {
  /** Its commands, each with its newline. What a program that has ended is told is lost: see `ended`. */
  send(commands: string): void;
  /** Why it ended, after its last line was taken. Never rejects. */
  readonly ended: Promise<Error>;
  /** Kills it; nothing is taken any more. */
  stop(): void;
}

/** A program that runs. */
export interface Following {
  /** Why it ended, after its last bytes were taken: null where it was stopped or ended with exit code 0. Never rejects. */
  readonly ended: Promise<Error | null>;
  /** Kills it; nothing is taken any more. Resolves when it is gone. */
  stop(): Promise<void>;
}

const defaultTimeoutMs = 10_000;
const maxOutput = 16 * 1024 * 1024;
const maxLine = 64 * 1024;
const maxStderr = 4096;
const chunkSize = 64 * 1024;
const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * The only way in which the daemon starts processes. It stands on node:child_process because execa costs 30 MB of
 * resident memory, more than a third of what the idle daemon may use.
 *
 * @param options.path where programs are looked for. The environment holds nothing else but LC_ALL=C.
 */
export function createExec(options: { readonly path?: string } = {}): Exec {
  const env = { PATH: options.path ?? systemPath, LC_ALL: 'C' };

  const exec: Exec = async (argv, execOptions = {}) => {
    let stdout = '';
    const stderr = await attendText(argv, execOptions, launch(argv, env, execOptions.input), (text) => {
      stdout += text;
      if (stdout.length > maxOutput) throw new Error(`\`${argv.join(' ')}\` wrote more than 16 MiB.`);
    });
    return { stdout, stderr };
  };

  exec.lines = async (argv, take, execOptions = {}) => {
    const { write, end } = createLineSplitter(argv, take);
    await attendText(argv, execOptions, launch(argv, env, execOptions.input), write);
    end();
  };

  exec.atOnce = ([program, ...args], input, timeoutMs) => {
    const stdio: StdioOptions = ['pipe', 'ignore', 'ignore'];
    const killSignal = 'SIGKILL';
    return (
      spawnSync(program, args, { env, shell: false, stdio, input, timeout: timeoutMs, killSignal }).status ===
      0
    );
  };

  exec.follow = (argv, take) => {
    const { done, abort } = attend(argv, { timeoutMs: null }, launch(argv, env, undefined), take);
    let stopped = false;
    const ended = done.then(
      () => null,
      (error: Error) => (stopped ? null : error),
    );
    return {
      ended,
      async stop() {
        stopped = true;
        abort();
        await ended;
      },
    };
  };

  exec.converse = (argv, take) => {
    const child = launch(argv, env, '');
    rest(child);
    const output = createLineSplitter(argv, take.output ?? drop);
    const takeError = createLineSplitter(argv, take.error ?? drop).write;
    const { done, abort } = attend(argv, { input: null, timeoutMs: null, takeError }, child, (bytes) =>
      output.write(bytes.toString()),
    );
    const ended = done.then(
      (stderr) =>
        new ExecError({ argv, exitCode: 0, signal: null, errno: null, timedOutAfterMs: null, stderr }),
      (error: Error) => error,
    );
    return { send: (commands) => void child.stdin?.write(commands), ended, stop: abort };
  };

  return exec;
}

const drop = () => {};

/** Makes lines of text that comes in pieces. */
function createLineSplitter(argv: Argv, take: (line: string) => void) {
  let rest = '';
  return {
    write(text: string) {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > maxLine) throw new Error(`\`${argv.join(' ')}\` wrote a line that is too long.`);
      for (const line of lines) take(line);
    },
    end() {
      if (rest !== '') take(rest);
    },
  };
}

/** @returns the beginning of standard error */
function attendText(
  argv: Argv,
  { input, timeoutMs = defaultTimeoutMs }: ExecOptions,
  child: ChildProcess,
  take: (text: string) => void,
): Promise<string> {
  const decoder = new StringDecoder('utf8');
  return attend(argv, { input, timeoutMs }, child, (bytes) => take(decoder.write(bytes))).done;
}

/** @param input whether there will be any; left out: standard input is /dev/null */
function launch(
  [program, ...args]: Argv,
  env: Record<string, string>,
  input: ExecOptions['input'],
): ChildProcess {
  const stdio: StdioOptions = [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'];
  return spawn(program, args, { env, shell: false, stdio });
}

/** A process that waits keeps ours from nothing. */
function rest(child: ChildProcess): void {
  child.unref();
  for (const stream of [child.stdin, child.stdout, child.stderr] as (Socket | null)[]) stream?.unref();
}

interface Attended {
  /** The beginning of standard error. What `take` threw ended the process and is thrown here. */
  readonly done: Promise<string>;
  /** Kills the process; nothing is taken any more. */
  abort(): void;
}

interface AttendOptions {
  /** Null: who started it writes to standard input. */
  readonly input?: ExecOptions['input'] | null;
  /** Null: it may run for ever. */
  readonly timeoutMs: number | null;
  readonly takeError?: (text: string) => void;
}

function attend(
  argv: Argv,
  { input, timeoutMs, takeError }: AttendOptions,
  child: ChildProcess,
  take: (bytes: Buffer) => void,
): Attended {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let stderr = '';
  let timedOutAfterMs: number | null = null;
  let failure: unknown;

  const abort = (error?: unknown) => {
    failure ??= error;
    child.kill('SIGKILL');
    child.stdout?.destroy();
    child.stderr?.destroy();
  };
  const expire = () => {
    timedOutAfterMs = timeoutMs;
    abort();
  };
  const timer = timeoutMs === null ? undefined : setTimeout(expire, timeoutMs);

  const orAbort = (work: () => void) => {
    try {
      work();
    } catch (error) {
      abort(error);
    }
  };
  child.stdout?.on('data', (chunk: Buffer) => orAbort(() => take(chunk)));
  child.stderr?.on('data', (chunk: Buffer) => {
    const text = chunk.toString('utf8');
    if (stderr.length < maxStderr) stderr += text;
    if (takeError !== undefined) orAbort(() => takeError(text));
  });
  child.stdin?.on('error', () => {});
  if (child.stdin !== null && input !== null) feed(child.stdin, input ?? '', abort);

  const facts = { argv, timedOutAfterMs, errno: null };
  child.once('error', (cause: NodeJS.ErrnoException) => {
    clearTimeout(timer);
    const errno = cause.code ?? cause.message;
    reject(new ExecError({ ...facts, exitCode: null, signal: null, errno, stderr }, cause));
  });
  child.once('close', (exitCode, signal) => {
    clearTimeout(timer);
    if (failure !== undefined) reject(failure);
    else if (exitCode === 0 && timedOutAfterMs === null) resolve(stderr);
    else {
      const text = stderr.slice(0, maxStderr);
      reject(new ExecError({ ...facts, timedOutAfterMs, exitCode, signal, stderr: text }));
    }
  });
  return { done: promise, abort: () => abort() };
}

/** Writes as fast as the process reads. A process that ends before that tells why by its exit code. */
function feed(stdin: Writable, input: string | Iterable<string>, fail: (error: unknown) => void): void {
  const chunks = typeof input === 'string' ? [input].values() : inChunks(input);
  const pump = () => {
    try {
      for (let next = chunks.next(); !next.done; next = chunks.next()) {
        if (!stdin.write(next.value)) return stdin.once('drain', pump);
      }
      return stdin.end();
    } catch (error) {
      return fail(error);
    }
  };
  pump();
}

/** Joins lines, so that a hundred thousand are not a hundred thousand writes. */
function* inChunks(lines: Iterable<string>): Generator<string> {
  let chunk = '';
  for (const line of lines) {
    chunk += `${line}\n`;
    if (chunk.length >= chunkSize) {
      yield chunk;
      chunk = '';
    }
  }
  if (chunk !== '') yield chunk;
}
