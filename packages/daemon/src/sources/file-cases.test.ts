import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { LogPosition, LogSource } from '@portcullis/core';
import { createLogReader, type LogReader } from '../../../../test/support/log-source-conformance.ts';
import { compress, logrotate } from '../../../../test/support/logrotate.ts';
import { createFileSource, type FileSourceOptions } from './file.ts';

describe('the file source', () => {
  let directory: string;
  let log: string;
  let running: LogSource[];

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'portcullis-log-'));
    log = join(directory, 'auth.log');
    running = [];
  });
  afterEach(async () => {
    for (const source of running) await source.stop();
    rmSync(directory, { recursive: true });
  });

  async function run(options: Partial<FileSourceOptions> = {}, positions: LogPosition[] = []) {
    const reader = createLogReader();
    const source = createFileSource({ globs: [log], clock: Date, drainMs: 20, ...options });
    running.push(source);
    await source.start(positions, reader);
    return { reader, source };
  }

  /** Where a reader that stopped now would go on. */
  async function readAll(
    options: Partial<FileSourceOptions> = {},
    positions: LogPosition[] = [],
  ): Promise<LogReader> {
    const { reader, source } = await run(options, positions);
    await source.settled();
    await source.stop();
    return reader;
  }

  const troubles = (reader: LogReader) =>
    reader.troubles.map(({ code, sentence }) => [code, sentence !== null]);

  it('says that a log is missing, and reads it when it and its directory appear', async () => {
    log = join(directory, 'not', 'yet', 'auth.log');
    const { reader } = await run();
    assert.match(reader.troubles[0]?.sentence ?? '', /not\/yet\/auth\.log does not exist/);
    mkdirSync(join(directory, 'not', 'yet'), { recursive: true });
    writeFileSync(log, 'one\n');
    await until(() => reader.lines.length === 1);
    assert.deepEqual(troubles(reader), [
      ['log_missing', true],
      ['log_missing', false],
    ]);
  });

  it('keeps the position of a log that is not there yet', async () => {
    writeFileSync(log, 'one\n');
    const { source, reader } = await run();
    await source.settled();
    await source.stop();
    renameSync(log, join(directory, 'unmounted'));
    const later = await run({}, reader.positions());
    appendFileSync(join(directory, 'unmounted'), 'two\n');
    renameSync(join(directory, 'unmounted'), log);
    await until(() => later.reader.lines.length > 0);
    assert.deepEqual(later.reader.lines, ['two']);
  });

  it('reads a log that matches a pattern later, in a directory that appears later', async () => {
    const { reader } = await run({ globs: [join(directory, 'hosts', '*', '*.log')] });
    assert.deepEqual(troubles(reader), [['log_missing', true]]);
    mkdirSync(join(directory, 'hosts', 'web1'), { recursive: true });
    writeFileSync(join(directory, 'hosts', 'web1', 'auth.log'), 'one\n');
    await until(() => reader.lines.length === 1, 12_000);
    mkdirSync(join(directory, 'hosts', 'web2'));
    writeFileSync(join(directory, 'hosts', 'web2', 'auth.log'), 'two\n');
    await until(() => reader.lines.length === 2, 12_000);
    assert.deepEqual(reader.lines, ['one', 'two']);
    assert.equal(reader.troubles.at(-1)?.sentence, null);
  });

  it('takes a rotated file that a pattern matches for a part of its log', async () => {
    writeFileSync(`${log}.1`, 'one\n');
    writeFileSync(log, 'two\n');
    const reader = await readAll({ globs: [`${log}*`] });
    assert.deepEqual(reader.lines, ['one', 'two']);
  });

  it('reads the renamed file until its writer has left it', async () => {
    const marker = join(directory, 'marker.log');
    writeFileSync(marker, '');
    writeFileSync(log, 'one\n');
    const { reader, source } = await run({ drainMs: 500, globs: [log, marker] });
    const writer = openSync(log, 'a');
    renameSync(log, `${log}.1`);
    writeFileSync(log, '');
    writeSync(writer, 'two\n');
    await source.settled();
    appendFileSync(log, 'four\n');
    // Notices come in order: with this one, the one of the new file has come too.
    appendFileSync(marker, 'marker\n');
    await until(() => reader.lines.includes('marker'));
    writeSync(writer, 'three\n');
    closeSync(writer);
    await source.settled();
    assert.deepEqual(
      reader.lines.filter((line) => line !== 'marker'),
      ['one', 'two', 'three', 'four'],
    );
    assert.equal(reader.chunks.at(-1)?.file.path, log);
  });

  it('finds the bytes of a truncated log in its copy', async () => {
    writeFileSync(log, 'one\n');
    const { reader, source } = await run();
    await source.settled();
    appendFileSync(log, 'two\nthree, not yet com');
    logrotate['copytruncate']!(log);
    appendFileSync(log, 'a much longer line than all that stood in the file before\n');
    await source.settled();
    assert.deepEqual(reader.lines.slice(0, 3), ['one', 'two', 'three, not yet com']);
    assert.equal(reader.lines.length, 4);
    assert.deepEqual(reader.troubles, []);
  });

  it('finds what was written and copied away before an empty log was looked at again', async () => {
    writeFileSync(log, '');
    const { reader, source } = await run();
    appendFileSync(log, 'one\n');
    logrotate['copytruncate']!(log);
    await source.settled();
    assert.deepEqual(reader.lines, ['one']);
    logrotate['copytruncate']!(log);
    appendFileSync(log, 'two\n');
    logrotate['copytruncate, compressed at once']!(log);
    appendFileSync(log, 'three\n');
    await source.settled();
    assert.deepEqual(reader.lines, ['one', 'two', 'three']);
  });

  it('goes on after a copy that was made before the last lines were read', async () => {
    const one = 'one '.repeat(100);
    writeFileSync(log, `${one}\n`);
    const { reader, source } = await run();
    await source.settled();
    copyFileSync(log, `${log}.1`);
    appendFileSync(log, 'two, in no copy\n');
    await source.settled();
    truncateSync(log);
    appendFileSync(log, 'three\n');
    await source.settled();
    assert.deepEqual(reader.lines, [one, 'two, in no copy', 'three']);
    assert.deepEqual(reader.troubles, []);
  });

  it('says that lines may be lost when a log is truncated without a copy', async () => {
    writeFileSync(log, 'one\n');
    const { reader, source } = await run();
    await source.settled();
    truncateSync(log);
    appendFileSync(log, '2\n');
    await source.settled();
    assert.deepEqual(reader.lines, ['one', '2']);
    assert.deepEqual(troubles(reader), [['log_gap', true]]);
    assert.match(reader.troubles[0]!.sentence!, /truncated and no copy/);
  });

  it('counts lines again that are written again after a truncation', async () => {
    writeFileSync(log, 'same\nsame\n');
    const { reader, source } = await run();
    await source.settled();
    truncateSync(log);
    appendFileSync(log, 'same\n');
    await source.settled();
    assert.deepEqual(reader.lines, ['same', 'same', 'same']);
  });

  it('reads a log anew that was rewritten while the daemon was down', async () => {
    writeFileSync(log, 'one\n');
    const first = await readAll();
    writeFileSync(log, 'another and longer content\n');
    const second = await readAll({}, first.positions());
    assert.deepEqual(second.lines, ['another and longer content']);
    assert.deepEqual(troubles(second), [['log_gap', true]]);
  });

  it('goes on at the end of a log that lost its last bytes with the power', async () => {
    const lines = Array.from({ length: 20 }, (_, at) => `line ${at} ${'x'.repeat(20)}`);
    writeFileSync(log, `${lines.join('\n')}\n`);
    const first = await readAll();
    truncateSync(log, 300);
    const second = await run({}, first.positions());
    await second.source.settled();
    appendFileSync(log, 'next\n');
    await second.source.settled();
    assert.deepEqual(second.reader.lines, ['next']);
  });

  it('reads what was rotated away while it was down, by number and by date, compressed or not', async () => {
    for (const name of [
      (at: number) => `${log}.${9 - at}`,
      (at: number) => `${log}-2026112${at}`,
      (at: number) => `${log}-2026112${at}19-1795287600`,
    ]) {
      writeFileSync(log, 'read before\n');
      const first = await readAll();
      appendFileSync(log, 'a\n');
      for (const [at, line] of ['b', 'c', 'd'].entries()) {
        renameSync(log, name(at));
        if (at < 2) compress(name(at));
        writeFileSync(log, `${line}\n`);
      }
      const second = await readAll({}, first.positions());
      assert.deepEqual(second.lines, ['a', 'b', 'c', 'd']);
      assert.deepEqual(second.troubles, []);
      for (const entry of readdirSync(directory)) rmSync(join(directory, entry));
    }
  });

  it('leaves out rotated files that are older than it was told', async () => {
    for (const [at, line] of ['current', 'young', 'old'].entries()) {
      const path = at === 0 ? log : `${log}.${at}`;
      writeFileSync(path, `${line}\n`);
      const seconds = Date.now() / 1000 - at * 7200;
      utimesSync(path, seconds, seconds);
    }
    const reader = await readAll({ catchUpSince: Date.now() - 3 * 3_600_000 });
    assert.deepEqual(reader.lines, ['young', 'current']);
  });

  it('delivers what can be read of a broken .gz and says what is missing', async () => {
    const lines = Array.from({ length: 50_000 }, (_, at) => `line ${at} ${(at * 7919) % 104_729}`);
    const whole = gzipSync(`${lines.join('\n')}\n`);
    writeFileSync(`${log}.1.gz`, whole.subarray(0, whole.length / 2));
    writeFileSync(`${log}.2.gz`, 'no gzip at all');
    writeFileSync(log, 'current\n');
    const reader = await readAll();
    assert.ok(reader.lines.length > 20_000);
    assert.equal(reader.lines.at(-1), 'current');
    assert.match(reader.troubles[0]!.sentence!, /2\.gz cannot be read to its end: its/);
    assert.match(reader.troubles[1]!.sentence!, /1\.gz cannot be read to its end: it ends in the middle/);
  });

  it('follows a symbolic link, and where it points later', async () => {
    mkdirSync(join(directory, 'data'));
    const [first, second] = ['first', 'second'].map((name) => join(directory, 'data', name));
    writeFileSync(first!, 'one\n');
    writeFileSync(second!, 'three\n');
    symlinkSync(first!, log);
    const { reader, source } = await run();
    await source.settled();
    appendFileSync(first!, 'two\n');
    await until(() => reader.lines.length === 2, 500);
    symlinkSync(second!, `${log}.new`);
    renameSync(`${log}.new`, log);
    await until(() => reader.lines.length === 3, 500);
    appendFileSync(second!, 'four\n');
    await until(() => reader.lines.length === 4, 500);
    assert.equal(readlinkSync(log), second);
    assert.deepEqual(reader.lines, ['one', 'two', 'three', 'four']);
    assert.deepEqual(reader.troubles, []);
  });

  it('goes on behind a symbolic link that points elsewhere after a restart', async () => {
    const [first, second] = ['first', 'second'].map((name) => join(directory, name));
    writeFileSync(first!, 'one\n');
    symlinkSync(first!, log);
    const before = await readAll();
    appendFileSync(first!, 'two\n');
    writeFileSync(second!, 'three\n');
    rmSync(log);
    symlinkSync(second!, log);
    const after = await readAll({}, before.positions());
    assert.deepEqual(after.lines, ['two', 'three']);
    assert.deepEqual(after.troubles, []);
  });

  it('refuses a directory and a named pipe in the place of a log, and reads the log that replaces it', async () => {
    for (const [make, kind] of [
      [() => mkdirSync(log), /is a directory/],
      [() => execFileSync('mkfifo', [log]), /is a named pipe/],
    ] as const) {
      make();
      const { reader, source } = await run();
      await source.settled();
      assert.equal(reader.troubles[0]?.code, 'log_unreadable');
      assert.match(reader.troubles[0]?.sentence ?? '', kind);
      rmSync(log, { recursive: true });
      writeFileSync(log, 'one\n');
      await until(() => reader.lines.length === 1, 500);
      assert.deepEqual(reader.troubles.at(-1), { code: 'log_unreadable', log, sentence: null });
      await source.stop();
      rmSync(log);
    }
  });

  it('lets other work run while it catches up', async () => {
    writeFileSync(log, `${'x'.repeat(99)}\n`.repeat(100_000));
    const { reader, source } = await run({ chunkBytes: 64 * 1024 });
    let turns = 0;
    const ticking = setInterval(() => turns++, 1);
    await source.settled();
    clearInterval(ticking);
    assert.equal(reader.lines.length, 100_000);
    assert.ok(turns > 3, `${turns} turns`);
  });

  it('holds no descriptor of a file that it has left, and none after stop', async () => {
    writeFileSync(log, 'one\n');
    const { source } = await run();
    for (const rotate of Object.values(logrotate)) {
      rotate(log);
      appendFileSync(log, 'more\n');
      await source.settled();
    }
    assert.equal(openFilesIn(directory).length, 1);
    await source.stop();
    assert.deepEqual(openFilesIn(directory), []);
    assert.ok(existsSync(log));
  });
});

function openFilesIn(directory: string): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`);
      return path.startsWith(directory) ? [path] : [];
    } catch {
      return [];
    }
  });
}

async function until(condition: () => boolean, withinMs = 5_000): Promise<void> {
  const end = Date.now() + withinMs;
  while (!condition()) {
    assert.ok(Date.now() < end, `${condition} within ${withinMs} ms`);
    await wait(2);
  }
}
