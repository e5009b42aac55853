import path from 'node:path';
import { createExec } from '@portcullis/daemon/offline';
import { makeRelease } from './make-release.ts';

/*
 * `pnpm release`: everything that a release consists of, in dist/. Two runs on one commit make the same bytes:
 * SOURCE_DATE_EPOCH is the commit's time unless it is set.
 */

const root = path.join(import.meta.dirname, '../../..');
const exec = createExec();
const given = process.env['SOURCE_DATE_EPOCH'];
const epoch = Number(given ?? (await exec(['git', '-C', root, 'log', '-1', '--format=%ct'])).stdout);
for (const file of await makeRelease({ folder: path.join(root, 'dist'), epoch, exec })) {
  process.stdout.write(`${file}\n`);
}
