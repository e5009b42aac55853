import { readFileSync, writeFileSync } from 'node:fs';
import { withReference } from './reference.ts';

/* Writes the generated parts of docs/configure.md anew. */

const page = new URL('../../docs/configure.md', import.meta.url);
writeFileSync(page, withReference(readFileSync(page, 'utf8')));
