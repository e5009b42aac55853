import { errors, PortcullisError, type Problem, type Route } from '@portcullis/contracts';
import type { Dispatcher } from 'undici';

/** Largest answer that is read, in bytes: a page of 1000 bans with everything in them stays far below. */
export const maxAnswerBytes = 64 * 1024 * 1024;

/** The value that the daemon answered. @throws PortcullisError its problem, or bad_answer */
export async function readAnswer(route: Route, answer: Dispatcher.ResponseData): Promise<unknown> {
  const text = await answer.body.text();
  const failed = answer.statusCode >= 400;
  if (!failed && route.response === 'text') return text;
  const value = parse(text);
  if (failed && isProblem(value)) throw PortcullisError.fromProblem(value);
  if (failed || typeof value !== 'object' || value === null || answer.statusCode !== (route.status ?? 200)) {
    const start = JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
    throw new PortcullisError(
      'bad_answer',
      `Status ${answer.statusCode}, and instead of a value: ${start}.`,
      {
        hint: 'Is it Portcullis that listens there, and of the same version? See: portcullis --version',
      },
    );
  }
  return value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isProblem(value: unknown): value is Problem {
  const { code, detail, problems = [] } = (value ?? {}) as Partial<Problem>;
  return (
    typeof code === 'string' &&
    Object.hasOwn(errors, code) &&
    typeof detail === 'string' &&
    Array.isArray(problems)
  );
}
