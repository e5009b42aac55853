import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { createProgram } from '@portcullis/cli';
import { createExec } from '@portcullis/daemon/offline';
import { type Bundle, bundle } from './bundle.ts';
import { makeExecutable } from './executable.ts';
import { readLicences, readNodeLicence, thirdPartyDocument } from './licences.ts';
import { manual } from './manual.ts';

const exec = createExec();
const folder = mkdtempSync(path.join(tmpdir(), 'portcullis-packaging-'));
const executable = path.join(folder, 'portcullis');
let program: Bundle;

before(async () => {
  program = await bundle();
  await makeExecutable(program, executable, exec);
});
after(() => rmSync(folder, { recursive: true }));

test('the executable prints its version with no Node on the path, and takes its code cache', async () => {
  const { stdout, stderr } = await createExec({ path: folder })([executable, '--version']);
  assert.equal(stdout.trim(), createProgram().version());
  assert.equal(stderr, '', 'Node warns of a cache that it rejects');
});

test('the executable needs no younger C library than Ubuntu 22.04 has', async () => {
  const { stdout } = await exec(['objdump', '-T', executable], { timeoutMs: 60_000 });
  const newest = (name: string) =>
    [...stdout.matchAll(new RegExp(`\\b${name}_([0-9.]+)`, 'g'))]
      .map(([, version]) => version!.split('.').map((part) => Number(part)))
      .reduce((a, b) => (compare(a, b) < 0 ? b : a));
  assert.ok(compare(newest('GLIBC'), [2, 35]) <= 0, `GLIBC_${newest('GLIBC').join('.')}`);
  assert.ok(compare(newest('GLIBCXX'), [3, 4, 30]) <= 0, `GLIBCXX_${newest('GLIBCXX').join('.')}`);
});

test('the same sources make the same program, and the same program the same executable', async () => {
  assert.equal((await bundle()).code, (await bundle()).code);
  const other = path.join(folder, 'again');
  await makeExecutable(program, other, exec);
  assert.ok(readFileSync(executable).equals(readFileSync(other)));
});

test('nothing in the bundle names the folder in which it was built', () => {
  assert.ok(!program.code.includes(path.join(import.meta.dirname, '../../..')));
});

test('the files that the daemon reads are in the bundle: migrations and the description of the API', () => {
  const names = [...program.assets.keys()];
  assert.ok(names.includes('packages/contracts/openapi.json'));
  assert.ok(names.includes('packages/daemon/src/store/migrations/001-initial.sql'));
});

test('every package inside has a licence that goes with the GPL, and the document names it', () => {
  const licences = readLicences(program.packages);
  const document = thirdPartyDocument(licences, readNodeLicence());
  assert.ok(licences.length > 20);
  for (const { name, version } of licences) assert.ok(document.includes(`${name} ${version}\n`), name);
  assert.match(document, /Node\.js is licensed for use as follows/);
});

test('the manual has each command of --help, and is correct roff', async () => {
  const page = manual(createProgram(), { version: '1.2.3', date: '2026-11-21T00:00:00.000Z' });
  for (const { name } of createProgram().commands.map((command) => ({ name: command.name() }))) {
    if (name === 'complete') continue;
    assert.ok(page.includes(`.SS portcullis ${name.replaceAll('-', '\\-')}`), name);
  }
  assert.doesNotMatch(page, /webhook\\-path/, 'an option that --help hides');
  // A line that begins with a dot or an apostrophe is a request; we know which we make.
  const requests = page
    .split('\n')
    .filter((line) => /^[.']/.test(line) && !/^\.(TH|SH|SS|TP|PP|B|BR|I|nf|fi)\b/.test(line));
  assert.deepEqual(requests, []);
});

function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
