import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { formatResult, formatSummary } from './runner/report.ts';
import { staticChecks } from './runner/static-checks.ts';
import { provideSystemPackages } from './runner/system-packages.ts';
import { type FileResult, runTestFile } from './runner/test-file.ts';

/**
 * `pnpm test [PART-OF-A-PATH …]`: installs what the suites need, then runs the static checks and every `*.test.ts`
 * (or those whose path has one of the parts in it). The last line is `N passed, N failed[, N skipped]`.
 */
const root = join(import.meta.dirname, '..');
/** Tests wait for kernels and daemons, not for processors; more than this many files at once would disturb timings. */
const filesAtOnce = Math.min(2, availableParallelism());

const parts = process.argv.slice(2);
const wanted = (path: string) => parts.length === 0 || parts.some((part) => path.includes(part));
const files = globSync(['packages/**/*.test.ts', 'test/**/*.test.ts', 'wp-plugin/**/*.test.ts'], {
  cwd: root,
  exclude: (entry) => /(^|\/)node_modules$/.test(entry),
})
  .filter(wanted)
  .sort();

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());

const results: FileResult[] = [];
const report = (result: FileResult): void => {
  results.push(result);
  process.stdout.write(formatResult(result));
};

const missing = files.length > 0 ? provideSystemPackages() : [];
const queue = [
  ...(wanted('static checks') ? staticChecks(root) : []),
  ...files.map((file) => () => runTestFile(root, file, stopping.signal)),
].values();
const worker = async (): Promise<void> => {
  for (const run of queue) {
    if (stopping.signal.aborted) return;
    report(await run());
  }
};
await Promise.all(Array.from({ length: filesAtOnce }, worker));
process.stdout.write(formatSummary(results, missing, stopping.signal.aborted));

const passed = results.reduce((sum, result) => sum + result.passed, 0);
const failed = results.some((result) => result.failures.length > 0);
process.exitCode = failed || passed === 0 || stopping.signal.aborted ? 1 : 0;
