import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { PortcullisError } from '@portcullis/contracts';
import { expandLogs, type ReadLogOptions, readLog } from './read-log.ts';

describe('reading a log once', () => {
  let directory: string;
  let log: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'portcullis-log-'));
    log = join(directory, 'auth.log');
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  async function contentOf(path: string, options?: ReadLogOptions) {
    const chunks: Buffer[] = [];
    const progress: [number, number | null][] = [];
    for await (const { bytes, read, total } of readLog(path, options)) {
      chunks.push(Buffer.from(bytes));
      progress.push([read, total]);
    }
    return { content: Buffer.concat(chunks).toString('latin1'), progress };
  }

  const refusal = (path: string, sentence: RegExp) =>
    assert.rejects(contentOf(path), (error: unknown) => {
      assert.ok(error instanceof PortcullisError);
      assert.equal(error.code, 'unreadable_file');
      assert.match(error.message, sentence);
      assert.ok(error.hint);
      return true;
    });

  it('yields a file in chunks and says how far it is', async () => {
    writeFileSync(log, 'abcdefghij');
    const { content, progress } = await contentOf(log, { chunkBytes: 4 });
    assert.equal(content, 'abcdefghij');
    assert.deepEqual(progress, [
      [4, 10],
      [8, 10],
      [10, 10],
    ]);
  });

  it('yields nothing for an empty file', async () => {
    writeFileSync(log, '');
    assert.deepEqual(await contentOf(log), { content: '', progress: [] });
  });

  it('knows a compressed file by its bytes, with one member or several', async () => {
    const compressed = Buffer.concat([gzipSync('one\n'), gzipSync('two\n')]);
    writeFileSync(log, compressed);
    const { content, progress } = await contentOf(log);
    assert.equal(content, 'one\ntwo\n');
    assert.deepEqual(progress.at(-1), [compressed.length, compressed.length]);
  });

  it('reads standard input, compressed or not, however it is cut', async () => {
    const compressed = gzipSync('one\n');
    const cut = [compressed.subarray(0, 1), compressed.subarray(1, 2), compressed.subarray(2)];
    assert.equal((await contentOf('-', { stdin: Readable.from(cut) })).content, 'one\n');
    const plain = await contentOf('-', { stdin: Readable.from([Buffer.from('o'), Buffer.from('ne\n')]) });
    assert.deepEqual(plain, { content: 'one\n', progress: [[4, null]] });
    assert.equal((await contentOf('-', { stdin: Readable.from([]) })).content, '');
  });

  it('yields what can be read of a broken .gz, then says that it is broken', async () => {
    const whole = gzipSync(
      Array.from({ length: 90_000 }, (_, at) => `${at} ${(at * 7919) % 104_729}\n`).join(''),
    );
    writeFileSync(log, whole.subarray(0, whole.length / 2));
    let bytes = 0;
    await assert.rejects(async () => {
      for await (const chunk of readLog(log)) bytes += chunk.bytes.length;
    }, /auth\.log is a broken \.gz file: it ends in the middle/);
    assert.ok(bytes > 100_000);
    whole.fill(0xff, whole.length / 2, whole.length / 2 + 50);
    writeFileSync(log, whole);
    await refusal(log, /its compressed data is damaged/);
  });

  it('refuses what is missing and what is no file', async () => {
    await refusal(log, /auth\.log does not exist/);
    await refusal(directory, /is a directory/);
    await refusal('/dev/null', /is not a regular file/);
  });

  it('may be left before its end', async () => {
    writeFileSync(log, gzipSync('x'.repeat(10_000_000)));
    for await (const { bytes } of readLog(log)) {
      assert.ok(bytes.length > 0);
      break;
    }
  });

  it('expands patterns so that what was rotated comes first, oldest first', () => {
    const names = [
      'auth.log',
      'auth.log.1',
      'auth.log.2.gz',
      'auth.log.10.gz',
      'user.log-20261121',
      'user.log',
    ];
    for (const name of names) writeFileSync(join(directory, name), '');
    mkdirSync(join(directory, 'auth.log.d'));
    const found = expandLogs([join(directory, '*.log*'), log, '-']);
    assert.deepEqual(
      found.map((path) => path.replace(`${directory}/`, '')),
      ['-', 'auth.log.10.gz', 'auth.log.2.gz', 'auth.log.1', 'auth.log', 'user.log-20261121', 'user.log'],
    );
  });

  it('names each pattern that matches nothing', () => {
    assert.throws(
      () => expandLogs([join(directory, 'a*'), join(directory, 'b*')]),
      (error: unknown) => error instanceof PortcullisError && error.problems.length === 2,
    );
  });
});
