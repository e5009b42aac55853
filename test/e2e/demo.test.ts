import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { logIn } from '../demo/site-owner.ts';
import { namespacesLeftOut } from '../support/network-namespace.ts';

const script = fileURLToPath(new URL('../demo/demo.ts', import.meta.url));

test('the demo keeps every promise it shows, exits with 0 and leaves nothing behind', async () => {
  using demo = startDemo('--once');
  const printed = await text(demo.child.stdout!);
  assert.equal(await demo.exitCode, 0, printed);
  assert.match(printed, /All \d+ promises held/);
  if (namespacesLeftOut === false) {
    assert.match(printed, /✓ blog\.example\.com lifts it: HTTP 200/);
    assert.match(
      printed,
      /✓ HTTP 200 {2}http:\/\/shop\.localhost:\d+\/wp-admin\/tools\.php\?page=portcullis/,
    );
  }
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

test("on a terminal the panel's address and password are told, and hold until Ctrl-C", {
  skip: namespacesLeftOut,
}, async () => {
  using demo = startDemoOnTerminal();
  const printed = await printedBy(demo.child, /Press Ctrl-C/);
  const [, host, port, password] = /http:\/\/(blog\.localhost):(\d+)\/\S+\s+user admin, password (\S+)/.exec(
    stripVTControlCharacters(printed),
  )!;
  const owner = await logIn({
    host: `${host}:${port}`,
    port: Number(port),
    login: 'admin',
    password: password!,
  });
  const { value } = await owner.rest('GET', '/site');
  assert.equal(value['id'], 'blog.example.com');
  demo.child.stdout!.resume();
  demo.child.stdin!.write('\x03');
  assert.equal(await demo.exitCode, 0);
  demo.assertNothingLeft();
});

test('an argument that the demo does not know is wrong usage', async () => {
  using demo = startDemo('--twice');
  assert.equal(await demo.exitCode, 2);
});

const startDemo = (...args: string[]) => start([process.execPath, script, ...args], 'ignore');

/** `script` gives the demo a terminal, and passes Ctrl-C on to it. */
const startDemoOnTerminal = () =>
  start(['script', '-qec', `exec ${process.execPath} ${script}`, '/dev/null'], 'pipe');

/** The demo with a directory of its own for temporary files, so that what it leaves there shows. */
function start([program, ...args]: string[], stdin: 'ignore' | 'pipe') {
  const directory = mkdtempSync(join(tmpdir(), 'pc-demo-'));
  // Sites run as other users.
  chmodSync(directory, 0o711);
  const before = namespaces();
  const env = { ...process.env, TMPDIR: directory };
  const child = spawn(program!, args, { env, stdio: [stdin, 'pipe', 'ignore'] });
  const exitCode = once(child, 'close').then(([code]) => code as number | null);
  return {
    child,
    directory,
    exitCode,
    assertNothingLeft() {
      assert.deepEqual(readdirSync(directory), []);
      assert.deepEqual(processesThatName(directory), []);
      assert.deepEqual(namespacesOfTheDead(before), []);
    },
    [Symbol.dispose]() {
      child.kill('SIGKILL');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

const namespaces = () => (existsSync('/run/netns') ? readdirSync('/run/netns') : []);

/** Namespaces `pc-<pid>-<n>` that are new and whose process has ended: those of other tests are theirs to remove. */
const namespacesOfTheDead = (before: readonly string[]): string[] =>
  namespaces().filter((name) => {
    const [, pid] = /^pc-(\d+)-/.exec(name) ?? [];
    return pid !== undefined && !before.includes(name) && !existsSync(`/proc/${pid}`);
  });

/** Resolves when the program's output has it, with the output so far. */
async function printedBy(child: ChildProcess, wanted: RegExp): Promise<string> {
  let printed = '';
  for await (const chunk of child.stdout!.iterator({ destroyOnReturn: false })) {
    printed += chunk;
    if (wanted.test(printed)) break;
  }
  assert.match(printed, wanted);
  return printed;
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
