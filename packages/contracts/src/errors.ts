import { array, integer, object, oneOf, type Static, string } from './schema.ts';

/** HTTP status, exit code of the command line, and the sentence's beginning. The list is closed. */
export const errors = {
  invalid_request: { status: 400, exit: 2, title: 'The request is not valid' },
  invalid_address: { status: 400, exit: 2, title: 'Not an address' },
  unknown_jail: { status: 404, exit: 2, title: 'No such jail' },
  not_banned: { status: 404, exit: 1, title: 'Not banned' },
  not_found: { status: 404, exit: 1, title: 'Not found' },
  unknown_route: { status: 404, exit: 2, title: 'No such route' },
  unauthorized: { status: 401, exit: 4, title: 'A token is needed' },
  forbidden: { status: 403, exit: 4, title: 'Not allowed here' },
  exempt_address: { status: 409, exit: 4, title: 'The address is exempt' },
  shared_evidence: { status: 409, exit: 4, title: 'Other sites have evidence against this address' },
  already_answered: { status: 409, exit: 1, title: 'The request is answered already' },
  already_registered: { status: 409, exit: 1, title: 'The site is registered already' },
  configured_site: { status: 409, exit: 4, title: 'The configuration registers this site' },
  unknown_user: { status: 400, exit: 2, title: 'No such Unix user' },
  payload_too_large: { status: 413, exit: 2, title: 'The request is too large' },
  rate_limited: { status: 429, exit: 4, title: 'Too many requests' },
  internal: { status: 500, exit: 1, title: 'The daemon failed' },
  unavailable: { status: 503, exit: 1, title: 'The daemon is not ready' },
  daemon_unreachable: { status: 503, exit: 3, title: 'The daemon cannot be reached' },
  bad_answer: { status: 502, exit: 3, title: 'The daemon gave an answer that is not one' },
  invalid_config: { status: 400, exit: 2, title: 'The configuration is not valid' },
  already_running: { status: 409, exit: 1, title: 'Another daemon works on this state' },
  firewall_unavailable: { status: 500, exit: 1, title: 'The firewall cannot be used' },
  not_configured: { status: 409, exit: 2, title: 'Not configured' },
  unreadable_file: { status: 400, exit: 2, title: 'A file cannot be read' },
} as const;

export type ErrorCode = keyof typeof errors;

/** RFC 9457. `type` is `urn:portcullis:<code>`; `hint` says what to do next. */
export const Problem = object(
  {
    type: string,
    title: string,
    status: integer,
    code: oneOf(...(Object.keys(errors) as unknown as readonly [ErrorCode, ...ErrorCode[]])),
    detail: string,
    hint: string,
    problems: array(object({ path: string, message: string })),
  },
  ['hint', 'problems'],
);
export type Problem = Static<typeof Problem>;

/** A failure that a person reads: the code, one sentence with the offending value, and what to do about it. */
export class PortcullisError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  /** Each problem with its dotted path, where there are several. */
  readonly problems: readonly { readonly path: string; readonly message: string }[];

  constructor(
    code: ErrorCode,
    detail: string,
    options: {
      hint?: string | undefined;
      cause?: unknown;
      problems?: readonly { readonly path: string; readonly message: string }[];
    } = {},
  ) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'PortcullisError';
    this.code = code;
    this.hint = options.hint;
    this.problems = options.problems ?? [];
  }

  get exitCode(): number {
    return errors[this.code].exit;
  }

  toProblem(): Problem {
    const { status, title } = errors[this.code];
    return {
      type: `urn:portcullis:${this.code}`,
      title,
      status,
      code: this.code,
      detail: this.message,
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      ...(this.problems.length === 0 ? {} : { problems: [...this.problems] }),
    };
  }

  static fromProblem(problem: Problem): PortcullisError {
    return new PortcullisError(problem.code, problem.detail, {
      hint: problem.hint,
      problems: problem.problems ?? [],
    });
  }
}
