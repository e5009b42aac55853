import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeByteSource } from '../../../../test/support/log-source-conformance.ts';
import { logrotate } from '../../../../test/support/logrotate.ts';
import { createFileSource } from './file.ts';

describeByteSource('the file source', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'portcullis-log-'));
  const log = join(directory, 'auth.log');
  writeFileSync(log, '');
  return {
    log,
    source: () => createFileSource({ globs: [log], clock: Date, drainMs: 20 }),
    append: (text) => appendFileSync(log, text),
    rotations: Object.fromEntries(
      Object.entries(logrotate).map(([name, rotate]) => [name, () => rotate(log)]),
    ),
    close: async () => rmSync(directory, { recursive: true }),
  };
});
