import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';

/** What a process says that releases its pages and then works on. */
const told = (script: string) =>
  JSON.parse(
    execFileSync(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script],
      {
        encoding: 'utf8',
      },
    ),
  );
const begin = `
  import { readFileSync } from 'node:fs';
  import { releaseProgramPages } from ${JSON.stringify(import.meta.resolve('./release-pages.ts'))};
  const fileMegabytes = () => Number(/RssFile:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024;
  const before = fileMegabytes();
  const released = releaseProgramPages();
  const after = fileMegabytes();`;

test('the pages of Node’s file are given back, and come again when they are touched', () => {
  const { released, before, after, later } = told(`${begin}
    const { createHash, createSign } = await import('node:crypto');
    createHash('sha256').update('x').digest();
    new Intl.DateTimeFormat('de', { dateStyle: 'full' }).format(new Date());
    await (await import('node:fs/promises')).readFile('/proc/self/maps');
    console.log(JSON.stringify({ released, before, after, later: fileMegabytes() }));`);
  assert.equal(released, true);
  assert.ok(after < before / 2, `${before} MB became ${after}`);
  assert.ok(later > after, 'it has worked on');
});

test('a process that gave them back again and again still does what it did, errors and collections included', () => {
  const { rounds } = told(`${begin}
    import v8 from 'node:v8';
    import zlib from 'node:zlib';
    v8.setFlagsFromString('--expose-gc');
    const { runInNewContext } = await import('node:vm');
    const collect = runInNewContext('gc');
    let rounds = 0;
    for (let round = 0; round < 20; round++) {
      releaseProgramPages();
      collect();
      try { JSON.parse('{'); } catch (error) { if (!String(error.stack).includes('JSON')) break; }
      if (zlib.gunzipSync(zlib.gzipSync('a'.repeat(1000 + round))).length !== 1000 + round) break;
      rounds++;
    }
    console.log(JSON.stringify({ rounds }));`);
  assert.equal(rounds, 20);
});
