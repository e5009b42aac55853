import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from 'node:test';
import { fileURLToPath } from 'node:url';
import { inspect, stripVTControlCharacters } from 'node:util';

/** Tools that turn Node's compile cache on would put it into the temporary folder, where it must not stay. */
const compileCache = fileURLToPath(new URL('../../node_modules/.cache/node-compile-cache', import.meta.url));

export interface Failure {
  /** The test's name, behind those of the suites around it. */
  readonly name: string;
  readonly text: string;
}

export interface FileResult {
  readonly name: string;
  readonly passed: number;
  readonly failures: readonly Failure[];
  /** Tests that were left out, with the reason that they gave. */
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
  readonly milliseconds: number;
  /** What the tests printed. */
  readonly output: string;
}

/** A file that takes longer hangs, in milliseconds. */
const fileTimeout = 10 * 60_000;
const maxOutput = 20_000;

/**
 * Runs one test file in a process of its own, with a directory for temporary files of its own. What the file leaves
 * there, or running, is removed and makes it fail.
 */
export async function runTestFile(root: string, name: string, stop: AbortSignal): Promise<FileResult> {
  const path = join(root, name);
  const failures: Failure[] = [];
  const skipped: { name: string; reason: string }[] = [];
  const running = new Set<string>();
  const suites: string[] = [];
  let passed = 0;
  let output = '';
  // Short: tests put Unix sockets below it, and their paths may have 107 bytes.
  const scratch = mkdtempSync(join(tmpdir(), 't'));
  // Sites of the tests run as other users, who must get to what is theirs.
  chmodSync(scratch, 0o711);
  const startedAt = performance.now();
  const signal = AbortSignal.any([stop, AbortSignal.timeout(fileTimeout)]);
  const events = run({
    files: [path],
    signal,
    env: { ...process.env, TMPDIR: scratch, FORCE_COLOR: '0', NODE_COMPILE_CACHE: compileCache },
  });
  for await (const { type, data } of events) {
    if (type === 'test:stdout' || type === 'test:stderr') output += data.message;
    if (type === 'test:start') {
      suites.length = data.nesting;
      suites.push(data.name);
    }
    if (type === 'test:dequeue') running.add(data.name);
    if (type === 'test:complete') running.delete(data.name);
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    const isFile = data.name === path;
    const title = isFile ? 'the file itself' : [...suites.slice(0, data.nesting), data.name].join(' › ');
    if (data.skip !== undefined || data.todo !== undefined) {
      const reason = data.skip ?? data.todo;
      skipped.push({
        name: title,
        reason: typeof reason === 'string' && reason !== '' ? reason : 'no reason given',
      });
    } else if (type === 'test:fail') {
      const error = data.details.error as Error & { failureType?: string };
      // A suite fails because of its tests, which are reported already.
      if (error.failureType === 'subtestsFailed') continue;
      const hanging = isFile && running.size > 0 ? `\nstill running: ${[...running].join(', ')}` : '';
      failures.push({ name: title, text: describe(error) + hanging });
    } else if (isFile) failures.push({ name: title, text: 'It holds no tests.' });
    else if (data.details.type !== 'suite') passed++;
  }
  const milliseconds = performance.now() - startedAt;
  const left = [...endProcessesOf(scratch), ...readdirSync(scratch)];
  // A file that was stopped could not clean up.
  if (left.length > 0 && !signal.aborted)
    failures.push({ name: 'the file itself', text: `It left behind: ${left.join(', ')}` });
  rmSync(scratch, { recursive: true, force: true });
  return {
    name,
    passed,
    failures,
    skipped,
    milliseconds,
    output: stripVTControlCharacters(output).slice(-maxOutput),
  };
}

function describe(error: Error): string {
  const cause = error.cause instanceof Error ? error.cause : error;
  const text = cause === error ? error.message : inspect(cause, { colors: false });
  return stripVTControlCharacters(text).replace(/\n +at .*\bnode:internal\/[^)\n]*\)?/g, '');
}

/** Ends the processes that a test file started and did not end: they carry its TMPDIR. Linux only. */
function endProcessesOf(scratch: string): string[] {
  const ended: string[] = [];
  for (const pid of readdirSync('/proc').filter((entry) => /^[0-9]+$/.test(entry))) {
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
      if (!environment.some((variable) => variable.startsWith(`TMPDIR=${scratch}`))) continue;
      ended.push(
        `process ${pid}, ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').slice(0, 200).trim()}`,
      );
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It has ended, or belongs to somebody else.
    }
  }
  return ended;
}
