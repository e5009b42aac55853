import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { FileResult } from './test-file.ts';

/** Generated files are not among them: a test of the package that owns them refuses stale ones. */
const checks = [
  { name: 'format and lint', folder: '.', argv: ['biome', 'check', '--error-on-warnings'] },
  { name: 'types', folder: '.', argv: ['tsc', '--project', '.'] },
  { name: 'lint of the panel', folder: 'wp-plugin', argv: ['wp-scripts', 'lint-js', 'src', '*.ts', '*.js'] },
  {
    name: 'lint of the panel’s styles',
    folder: 'wp-plugin',
    argv: ['wp-scripts', 'lint-style', 'src/**/*.scss'],
  },
  { name: 'types of the panel', folder: 'wp-plugin', argv: ['tsc', '--project', '.'] },
  {
    name: 'types of the panel’s tests',
    folder: 'wp-plugin',
    argv: ['tsc', '--project', 'tsconfig.test.json'],
  },
] as const;

export function runStaticChecks(root: string): FileResult[] {
  return checks.map(({ name, folder, argv: [program, ...args] }) => {
    const startedAt = performance.now();
    const { status, stdout, stderr, error } = spawnSync(
      join(root, folder, 'node_modules/.bin', program),
      args,
      {
        cwd: join(root, folder),
        encoding: 'utf8',
      },
    );
    const text = error?.message ?? stripVTControlCharacters(stdout + stderr).trim();
    return {
      name: `static checks: ${name}`,
      passed: status === 0 ? 1 : 0,
      failures: status === 0 ? [] : [{ name: program, text }],
      skipped: [],
      milliseconds: performance.now() - startedAt,
      output: '',
    };
  });
}
