import assert from 'node:assert/strict';
import { type Argv, createExec, type Exec } from '../../packages/daemon/src/exec.ts';

/** A network of its own, with its own firewall and sets, and loopback up. Disposing of it removes all of that. */
export interface NetworkNamespace extends AsyncDisposable {
  readonly name: string;
  /** Runs programs inside. */
  readonly exec: Exec;
  /** Standard output of a program that is run inside. */
  run(...argv: Argv): Promise<string>;
}

/** For a test's `skip`: why tests that need a namespace are left out here; false where they run. */
export const namespacesLeftOut: string | false =
  process.getuid?.() === 0 ? false : 'left out: network namespaces need root';

let created = 0;
let removed: Promise<void> | null = null;

/**
 * Makes a namespace `pc-<pid>-<n>`. Those of processes that are gone, killed before they could clean up, are removed.
 *
 * @param path where programs are looked for, as in `createExec`
 */
export async function createNamespace(options: { readonly path?: string } = {}): Promise<NetworkNamespace> {
  const outside = createExec();
  removed ??= removeAbandoned(outside);
  await removed;
  const name = `pc-${process.pid}-${++created}`;
  await outside(['ip', 'netns', 'add', name]);
  await outside(['ip', '-n', name, 'link', 'set', 'lo', 'up']);
  const exec = prefixed(createExec(options), ['ip', 'netns', 'exec', name]);
  return {
    name,
    exec,
    run: async (...argv) => (await exec(argv)).stdout,
    async [Symbol.asyncDispose]() {
      await outside(['ip', 'netns', 'delete', name]);
    },
  };
}

/** An Exec that puts `prefix` before each argv. */
export function prefixed(exec: Exec, prefix: Argv): Exec {
  const inside: Exec = (argv, options) => exec([...prefix, ...argv], options);
  inside.lines = (argv, take, options) => exec.lines([...prefix, ...argv], take, options);
  inside.atOnce = (argv, input, timeoutMs) => exec.atOnce([...prefix, ...argv], input, timeoutMs);
  inside.follow = (argv, take) => exec.follow([...prefix, ...argv], take);
  inside.converse = (argv, take) => exec.converse([...prefix, ...argv], take);
  return inside;
}

async function removeAbandoned(exec: Exec): Promise<void> {
  const { stdout } = await exec(['ip', 'netns', 'list']);
  for (const [name, pid] of stdout.matchAll(/^pc-(\d+)-\d+/gm)) {
    // Another test process may have removed it in the meantime.
    if (!isRunning(Number(pid))) await exec(['ip', 'netns', 'delete', name]).catch(() => undefined);
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    assert.ok(error instanceof Error && 'code' in error);
    return error.code === 'EPERM';
  }
}
