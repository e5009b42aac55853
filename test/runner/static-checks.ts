import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { FileResult } from './test-file.ts';

/** Generated files are not among them: a test of the package that owns them refuses stale ones. */
const checks = [
  { name: 'static checks: format and lint', argv: ['biome', 'check', '--error-on-warnings'] },
  { name: 'static checks: types', argv: ['tsc', '--project', '.'] },
] as const;

export function runStaticChecks(root: string): FileResult[] {
  return checks.map(({ name, argv: [program, ...args] }) => {
    const startedAt = performance.now();
    const { status, stdout, stderr, error } = spawnSync(join(root, 'node_modules/.bin', program), args, {
      cwd: root,
      encoding: 'utf8',
    });
    const text = error?.message ?? stripVTControlCharacters(stdout + stderr).trim();
    return {
      name,
      passed: status === 0 ? 1 : 0,
      failures: status === 0 ? [] : [{ name: program, text }],
      skipped: [],
      milliseconds: performance.now() - startedAt,
      output: '',
    };
  });
}
