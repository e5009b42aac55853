import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describeLogSource } from '../../../../test/support/log-source-conformance.ts';
import { createFileSource } from './file.ts';

const clock = { now: () => Date.now() };

/** `auth.log.1` becomes `.2`, and so on, as logrotate does. */
function shift(log: string) {
  const numbers = readdirSync(join(log, '..'))
    .map((name) => /\.(\d+)(\.gz)?$/.exec(name))
    .filter((match) => match !== null)
    .sort((a, b) => Number(b[1]) - Number(a[1]));
  for (const [ending, number, gz = ''] of numbers)
    renameSync(`${log}${ending}`, `${log}.${Number(number) + 1}${gz}`);
}

function compress(path: string) {
  if (!existsSync(path)) return;
  const { mtime } = statSync(path);
  writeFileSync(`${path}.gz`, gzipSync(readFileSync(path)));
  utimesSync(`${path}.gz`, mtime, mtime);
  rmSync(path);
}

describeLogSource('the file source', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'portcullis-log-'));
  const log = join(directory, 'auth.log');
  writeFileSync(log, '');
  return {
    log,
    source: () => createFileSource({ globs: [log], clock, drainMs: 20 }),
    append: (text) => appendFileSync(log, text),
    rotations: {
      'rename and create'() {
        shift(log);
        renameSync(log, `${log}.1`);
        writeFileSync(log, '');
      },
      'rename and create, compressed with delay'() {
        compress(`${log}.1`);
        shift(log);
        renameSync(log, `${log}.1`);
        writeFileSync(log, '');
      },
      'rename and create, compressed at once'() {
        shift(log);
        renameSync(log, `${log}.1`);
        writeFileSync(log, '');
        compress(`${log}.1`);
      },
      copytruncate() {
        shift(log);
        copyFileSync(log, `${log}.1`);
        truncateSync(log);
      },
      'copytruncate, compressed at once'() {
        shift(log);
        copyFileSync(log, `${log}.1`);
        truncateSync(log);
        compress(`${log}.1`);
      },
    },
    async close() {
      rmSync(directory, { recursive: true });
    },
  };
});
