import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Config, LogPosition } from '@portcullis/core';
import { journalLeftOut, startJournald } from '../../../../test/support/journald.ts';
import { createExec } from '../exec.ts';
import { chooseSource, type Places } from './choose-source.ts';

const exec = createExec();
const minute = 60_000;

/** A place for log files. */
function createFolder() {
  const directory = mkdtempSync(join(tmpdir(), 'portcullis-source-'));
  const path = join(directory, 'auth.log');
  const log: Config['log'] = { source: 'auto', files: [path, '/nowhere/*.log'], facilities: ['auth'] };
  return {
    log,
    writtenAt(time: number) {
      writeFileSync(path, '');
      utimesSync(path, time / 1000, time / 1000);
    },
    [Symbol.dispose]: () => rmSync(directory, { recursive: true }),
  };
}

test('auto takes a file that is written, and the journal where none is', {
  skip: journalLeftOut,
}, async () => {
  await using journald = await startJournald();
  using folder = createFolder();
  const places: Places = {
    log: folder.log,
    usualFiles: folder.log.files,
    exec,
    directory: journald.directory,
  };
  const choose = () => chooseSource(places, []);
  assert.equal(await choose(), 'journal', 'there is no file, and nothing of the facility in the journal yet');
  folder.writtenAt(Date.now() - 60 * minute);
  assert.equal(await choose(), 'file', 'nothing was to be written to either');
  journald.send(['<37>sshd[1]: hello']);
  assert.equal(await choose(), 'journal', 'the file does not get what the journal gets');
  folder.writtenAt(Date.now() - 5 * minute);
  assert.equal(await choose(), 'file', 'both are written');
});

test('auto goes on with what was read before', { skip: journalLeftOut }, async () => {
  await using journald = await startJournald();
  using folder = createFolder();
  journald.send(['<37>sshd[1]: hello']);
  const places: Places = {
    log: folder.log,
    usualFiles: folder.log.files,
    exec,
    directory: journald.directory,
  };
  const file: LogPosition = { log: '/l', path: '/l', device: 1, inode: 2, head: '0:', offset: 0 };
  assert.equal(await chooseSource(places, [file]), 'file', 'a file may be away for the time of a reboot');
  folder.writtenAt(Date.now());
  assert.equal(await chooseSource(places, [{ log: 'journal', cursor: 's=1', realtime: 1 }]), 'journal');
});

test('auto waits for files that the administrator chose', { skip: journalLeftOut }, async () => {
  await using journald = await startJournald();
  using folder = createFolder();
  journald.send(['<37>sshd[1]: hello']);
  assert.equal(await chooseSource({ log: folder.log, exec, directory: journald.directory }, []), 'file');
});

test('auto takes files where the journal cannot be read', async () => {
  using folder = createFolder();
  for (const places of [
    { log: folder.log, usualFiles: folder.log.files, exec, directory: '/nowhere' },
    { log: folder.log, usualFiles: folder.log.files, exec: createExec({ path: '/nowhere' }) },
  ]) {
    assert.equal(await chooseSource(places, []), 'file');
  }
});

test('what is configured is taken without a look', async () => {
  using folder = createFolder();
  const nothing = createExec({ path: '/nowhere' });
  for (const source of ['file', 'journal'] as const) {
    assert.equal(await chooseSource({ log: { ...folder.log, source }, exec: nothing }, []), source);
  }
});
