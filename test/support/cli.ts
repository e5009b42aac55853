import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

export const cliPath = fileURLToPath(new URL('../../packages/cli/bin/portcullis.js', import.meta.url));

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  /** Columns of a terminal to run in; its output, both streams in one, comes as stdout. */
  readonly terminal?: number;
  /** Closes standard output after so many pieces of it. */
  readonly readAtMost?: number;
}

/** Runs the command line as a process of its own. */
export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const { input = '', env = {}, terminal, readAtMost = Number.POSITIVE_INFINITY } = options;
  const argv = [process.execPath, cliPath, ...args];
  const quoted = argv.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  const [program, ...rest] =
    terminal === undefined ? argv : ['script', '-qec', `stty cols ${terminal}; exec ${quoted}`, '/dev/null'];
  const child = spawn(program!, rest, { env: { PATH: process.env['PATH'], TERM: 'xterm-256color', ...env } });
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr, code] = await Promise.all([
    readPieces(child.stdout, readAtMost),
    text(child.stderr),
    ended,
  ]);
  return { code, stdout: terminal === undefined ? stdout : stdout.replaceAll('\r\n', '\n'), stderr };
}

async function readPieces(stream: Readable, limit: number): Promise<string> {
  let read = '';
  let pieces = 0;
  for await (const piece of stream.setEncoding('utf8')) {
    read += piece;
    if (++pieces >= limit) break;
  }
  return read;
}
