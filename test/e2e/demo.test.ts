import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../demo/demo.ts', import.meta.url));

test('the demo keeps every promise it shows, exits with 0 and leaves nothing behind', async () => {
  using demo = startDemo('--once');
  const printed = await text(demo.child.stdout!);
  assert.equal(await demo.exitCode, 0, printed);
  assert.match(printed, /All \d+ promises held/);
  assert.ok(!printed.includes('\x1b'), 'no colour and no escape where there is no terminal');
  demo.assertNothingLeft();
});

test('an interrupted demo leaves nothing behind', async () => {
  using demo = startDemo('--once');
  await printedBy(demo.child, /after the last line was written/);
  demo.child.stdout!.resume();
  demo.child.kill('SIGINT');
  assert.equal(await demo.exitCode, 130);
  demo.assertNothingLeft();
});

test('a demo whose reader has seen enough leaves nothing behind', async () => {
  using demo = startDemo('--once');
  await printedBy(demo.child, /The log holds/);
  demo.child.stdout!.destroy();
  assert.equal(await demo.exitCode, 130);
  demo.assertNothingLeft();
});

test('a demo that is interrupted while it sets up leaves nothing behind', async () => {
  using demo = startDemo('--once');
  // Its directory is made first; the namespaces and programs follow.
  for (const until = Date.now() + 20_000; readdirSync(demo.directory).length === 0; ) {
    assert.ok(Date.now() < until && demo.child.exitCode === null, 'the demo has not begun');
    await new Promise(setImmediate);
  }
  demo.child.kill('SIGINT');
  assert.equal(await demo.exitCode, 130);
  demo.assertNothingLeft();
});

test('an argument that the demo does not know is wrong usage', async () => {
  using demo = startDemo('--twice');
  assert.equal(await demo.exitCode, 2);
});

/** The demo with a directory of its own for temporary files, so that what it leaves there shows. */
function startDemo(...args: string[]) {
  const directory = mkdtempSync(join(tmpdir(), 'pc-demo-'));
  const env = { ...process.env, TMPDIR: directory };
  const child = spawn(process.execPath, [script, ...args], { env, stdio: ['ignore', 'pipe', 'ignore'] });
  const exitCode = once(child, 'close').then(([code]) => code as number | null);
  return {
    child,
    directory,
    exitCode,
    assertNothingLeft() {
      assert.deepEqual(readdirSync(directory), []);
      assert.deepEqual(processesThatName(directory), []);
      const namespaces = existsSync('/run/netns') ? readdirSync('/run/netns') : [];
      assert.deepEqual(
        namespaces.filter((name) => name.startsWith(`pc-${child.pid}-`)),
        [],
      );
    },
    [Symbol.dispose]() {
      child.kill('SIGKILL');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Resolves when the program's output has it. */
async function printedBy(child: ChildProcess, wanted: RegExp): Promise<void> {
  let printed = '';
  for await (const chunk of child.stdout!.iterator({ destroyOnReturn: false })) {
    printed += chunk;
    if (wanted.test(printed)) break;
  }
  assert.match(printed, wanted);
}

function processesThatName(directory: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return command.includes(directory) ? [command] : [];
      } catch {
        return [];
      }
    });
}
