import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { waitFor } from '../../../test/support/wait-for.ts';
import { createExec } from './exec.ts';
import { ExecError } from './exec-error.ts';

const exec = createExec();

test('gives what the process wrote', async () => {
  assert.deepEqual(await exec(['printf', '%s', 'a b; $HOME *']), { stdout: 'a b; $HOME *', stderr: '' });
});

test('passes input to the process and closes it', async () => {
  assert.equal((await exec(['cat'], { input: 'one\n' })).stdout, 'one\n');
  assert.equal((await exec(['cat'])).stdout, '');
});

test('passes a hundred thousand lines of input in order', async () => {
  function* numbers() {
    for (let number = 0; number < 100_000; number++) yield String(number);
  }
  const seen: string[] = [];
  await exec.lines(['cat'], (line) => seen.push(line), { input: numbers() });
  assert.equal(seen.length, 100_000);
  assert.ok(seen.every((line, index) => line === String(index)));
});

test('shows a process nothing of the environment but the path and the C locale', async () => {
  const { stdout } = await exec(['env']);
  assert.deepEqual(stdout.trim().split('\n').sort(), [
    'LC_ALL=C',
    'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  ]);
});

test('a failure carries argv, exit code and what the process said, as a sentence', async () => {
  const error = await failureOf(exec(['ls', '/nowhere']));
  assert.deepEqual(error.facts.argv, ['ls', '/nowhere']);
  assert.equal(error.facts.exitCode, 2);
  assert.match(
    error.message,
    /^`ls \/nowhere` failed with exit code 2: ls: cannot access '\/nowhere': No such/,
  );
});

test('a program that does not exist is named', async () => {
  const error = await failureOf(exec(['no-such-program', 'x']));
  assert.equal(error.facts.errno, 'ENOENT');
  assert.equal(error.message, '`no-such-program x` cannot run: there is no program `no-such-program`.');
});

test('a process that does not end in time is killed', async () => {
  const error = await failureOf(exec(['sleep', '60'], { timeoutMs: 50 }));
  assert.equal(error.facts.signal, 'SIGKILL');
  assert.equal(error.message, '`sleep 60` did not end within 0.05 s and was killed.');
});

test('a program that is followed hands over bytes until it is stopped', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'pc-exec-'));
  const file = join(directory, 'followed');
  await writeFile(file, 'one\n');
  const { promise, resolve } = Promise.withResolvers<string>();
  let seen = '';
  const following = exec.follow(['tail', '-n', '+1', '-f', file], (bytes) => {
    seen += Buffer.from(bytes).toString('latin1');
    if (seen.length >= 8) resolve(seen);
  });
  try {
    await appendFile(file, 'two\n');
    assert.equal(await promise, 'one\ntwo\n');
  } finally {
    await following.stop();
    await rm(directory, { recursive: true });
  }
  assert.equal(await following.ended, null);
});

test('a program that is followed tells why it ended', async () => {
  const failed = await exec.follow(['ls', '/nowhere'], () => {}).ended;
  assert.ok(failed instanceof ExecError);
  assert.equal(failed.facts.exitCode, 2);
  assert.equal(await exec.follow(['true'], () => {}).ended, null);
  const thrown = exec.follow(['yes'], () => {
    throw new Error('what is taken is refused');
  });
  assert.equal((await thrown.ended)?.message, 'what is taken is refused');
});

test('a process that ends without reading its input fails by its own exit code', async () => {
  const error = await failureOf(exec(['false'], { input: 'x\n'.repeat(1_000_000) }));
  assert.equal(error.facts.exitCode, 1);
});

test('output without bound ends the process', async () => {
  await assert.rejects(exec(['cat', '/dev/zero']), /wrote more than 16 MiB/);
  await assert.rejects(
    exec.lines(['cat', '/dev/zero'], () => {}),
    /wrote a line that is too long/,
  );
});

test('what the input or the taker of lines throws is thrown', async () => {
  function* broken() {
    yield 'x';
    throw new Error('no more input');
  }
  await assert.rejects(exec(['cat'], { input: broken() }), /no more input/);
  const refuse = () => {
    throw new Error('not this line');
  };
  await assert.rejects(exec.lines(['yes'], refuse), /not this line/);
});

test('hands over a last line without newline, and characters that lie across two chunks', async () => {
  const text = `${'é'.repeat(50_000)}\nend`;
  const seen: string[] = [];
  await exec.lines(['cat'], (line) => seen.push(line), { input: text });
  assert.deepEqual(seen, ['é'.repeat(50_000), 'end']);
});

test('a program that is run at once has read its input and ended, or was killed, when it is said whether it succeeded', () => {
  const atOnce = (script: string, input: string, timeoutMs = 10_000) =>
    exec.atOnce(['sh', '-c', script], input, timeoutMs);
  assert.equal(atOnce('read -r x; test "$x" = one', 'one\n'), true);
  assert.equal(atOnce('exit 3', ''), false);
  assert.equal(atOnce('cat >/dev/null; sleep 60', 'one\n', 50), false);
  assert.equal(exec.atOnce(['no-such-program'], 'one\n', 10_000), false);
});

async function failureOf(work: Promise<unknown>): Promise<ExecError> {
  const error = await work.then(
    () => assert.fail('it did not fail'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof ExecError, String(error));
  return error;
}

test('a program that takes commands answers each, on both streams, until it ends by itself', async () => {
  const output: string[] = [];
  const error: string[] = [];
  const talk = exec.converse(['sh', '-c', 'while read -r x; do echo "$x?"; echo "$x!" >&2; done; exit 3'], {
    output: (line) => output.push(line),
    error: (line) => error.push(line),
  });
  talk.send('one\ntwo\n');
  await waitFor('two answers', () => error.length === 2);
  talk.send('three\n');
  await waitFor('a third', () => error.length === 3 && output.length === 3);
  assert.deepEqual(
    [output, error],
    [
      ['one?', 'two?', 'three?'],
      ['one!', 'two!', 'three!'],
    ],
  );
  talk.stop();
  await talk.ended;
});

test('why a program that takes commands has ended is told, and what it is told after that is lost', async () => {
  const failed = exec.converse(['sh', '-c', 'echo no >&2; exit 3'], {});
  assert.match((await failed.ended).message, /failed with exit code 3: no$/);
  failed.send('too late\n');
  const left = exec.converse(['true'], {});
  assert.equal((await left.ended).message, '`true` ended too soon.');
  const missing = exec.converse(['no-such-program'], {});
  missing.send('to nobody\n');
  assert.equal(
    (await missing.ended).message,
    '`no-such-program` cannot run: there is no program `no-such-program`.',
  );
});

test('a program that waits for commands keeps nobody from ending, and ends too', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'portcullis-exec-'));
  const script = join(folder, 'waits.ts');
  const pidFile = join(folder, 'pid');
  await writeFile(
    script,
    `import { createExec } from ${JSON.stringify(import.meta.resolve('./exec.ts'))};
     createExec().converse(['sh', '-c', 'echo $$ > "$0"; exec cat', ${JSON.stringify(pidFile)}], {});`,
  );
  await exec([process.execPath, script]);
  const pid = await waitFor('it has begun', () => readFileSync(pidFile, 'utf8').trim() || undefined);
  await waitFor('it has ended', async () => !existsSync(`/proc/${pid}`));
  await rm(folder, { recursive: true });
});
