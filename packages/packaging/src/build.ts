import path from 'node:path';
import { createExec } from '@portcullis/daemon/offline';
import { bundle } from './bundle.ts';
import { makeExecutable } from './executable.ts';

/* `pnpm build`: dist/portcullis, the single executable. */

const output = path.join(import.meta.dirname, '../../../dist/portcullis');
await makeExecutable(await bundle(), output, createExec());
process.stdout.write(`${output}\n`);
