import { PortcullisError } from '@portcullis/contracts';
import { CommanderError } from 'commander';
import { createTerminal, visible, visibleJson } from './terminal.ts';

/** Tells a person, or with `json` a program, what went wrong. @returns the exit code */
export function reportFailure(cause: unknown, { json, color }: { json: boolean; color: boolean }): number {
  if (cause instanceof CommanderError) {
    // What was asked for, or the help in place of a missing command, is printed already.
    if (cause.exitCode === 0) return 0;
    if (cause.code === 'commander.help') return 2;
  }
  const error = asPortcullisError(cause);
  const terminal = createTerminal(process.stderr, color);
  if (json) {
    terminal.line(visibleJson(error.toProblem()));
    return error.exitCode;
  }
  terminal.line(`${terminal.styled('red', 'portcullis:')} ${visible(error.message)}`);
  for (const { path, message } of error.problems) {
    if (error.message.includes(message)) continue;
    terminal.line(`  ${visible(message.startsWith(path) ? message : `${path} ${message}`)}`);
  }
  for (const line of error.hint?.split('\n') ?? []) terminal.line(`  ${visible(line)}`);
  return error.exitCode;
}

function asPortcullisError(cause: unknown): PortcullisError {
  if (cause instanceof PortcullisError) return cause;
  if (cause instanceof CommanderError) {
    const [sentence = '', ...more] = cause.message.replace(/^error: /, '').split('\n');
    return new PortcullisError('invalid_request', sentence, {
      hint: [...more, 'See: portcullis --help'].join('\n'),
    });
  }
  const message = cause instanceof Error ? cause.message : String(cause);
  return new PortcullisError('internal', `${message}.`, {
    hint: 'This is a mistake in portcullis: please report it.',
    cause,
  });
}
