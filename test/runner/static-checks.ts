import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
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

/** Each check, to be run at any time. */
export function staticChecks(root: string): (() => Promise<FileResult>)[] {
  return checks.map((check) => () => run(root, check));
}

async function run(root: string, { name, folder, argv }: (typeof checks)[number]): Promise<FileResult> {
  const [program, ...args] = argv;
  const startedAt = performance.now();
  const child = spawn(join(root, folder, 'node_modules/.bin', program), args, {
    cwd: join(root, folder),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<string>((resolve) => {
    child.once('error', ({ message }) => resolve(message));
    child.once('close', (code) => resolve(code === 0 ? '' : `It ended with exit code ${code}.`));
  });
  const [failure, ...printed] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  const said = stripVTControlCharacters(printed.join('')).trim() || failure;
  return {
    name: `static checks: ${name}`,
    passed: failure === '' ? 1 : 0,
    failures: failure === '' ? [] : [{ name: program, text: said }],
    skipped: [],
    milliseconds: performance.now() - startedAt,
    output: '',
  };
}
