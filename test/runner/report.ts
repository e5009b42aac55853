import type { FileResult } from './test-file.ts';

const colour = process.stdout.isTTY && process.env['NO_COLOR'] === undefined;
const paint = (code: number, text: string) => (colour ? `\x1b[${code}m${text}\x1b[0m` : text);
const red = (text: string) => paint(31, text);
const green = (text: string) => paint(32, text);
const dim = (text: string) => paint(2, text);

/** Indented, so that nothing that a test prints can pass for a line of the report. */
const indent = (text: string, by: string) => text.trimEnd().replace(/^/gm, by);

const plural = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** One line a file, and below it what failed, with what the file printed. */
export function formatResult({ name, passed, failures, skipped, milliseconds, output }: FileResult): string {
  const sign = failures.length > 0 ? red('✗') : passed > 0 ? green('✓') : dim('–');
  const notes = [
    plural(passed, 'test'),
    ...(failures.length > 0 ? [red(plural(failures.length, 'failure'))] : []),
    ...(skipped.length > 0 ? [dim(`${skipped.length} left out`)] : []),
    dim(`${(milliseconds / 1000).toFixed(1)} s`),
  ];
  const lines = [`${sign} ${name}  ${notes.join(', ')}`];
  for (const failure of failures) lines.push(`    ${red(failure.name)}`, indent(failure.text, '      '));
  if (failures.length > 0 && output.trim() !== '') {
    lines.push(dim('    it printed:'), indent(output, '    │ '));
  }
  return `${lines.join('\n')}\n`;
}

/** What was left out and why, what failed once more, and the closing line. */
export function formatSummary(
  results: readonly FileResult[],
  missing: readonly string[],
  interrupted: boolean,
): string {
  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  const failures = results.flatMap(({ name, failures }) =>
    failures.map((failure) => `${name}: ${failure.name}`),
  );
  const skipped = results.flatMap(({ name, skipped }) =>
    skipped.map((test) => `${name}: ${test.name} (${test.reason})`),
  );
  const lines: string[] = [];
  const list = (title: string, entries: readonly string[]) => {
    if (entries.length > 0) lines.push('', title, ...entries.map((entry) => indent(entry, '  ')));
  };
  list('Missing:', missing);
  list('Left out:', skipped);
  list(red('Failed:'), failures);
  if (interrupted) lines.push('', 'Interrupted before the end.');
  const counts = [`${passed} passed`, `${failures.length} failed`];
  if (skipped.length > 0) counts.push(`${skipped.length} skipped`);
  return `${[...lines, '', counts.join(', ')].join('\n')}\n`;
}
