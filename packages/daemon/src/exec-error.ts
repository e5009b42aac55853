export interface ExecFacts {
  readonly argv: readonly string[];
  /** Null where the process did not end by itself, or never began. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** The system's word where the process could not begin, as `ENOENT`. */
  readonly errno: string | null;
  /** The time that was allowed, where it was exceeded. */
  readonly timedOutAfterMs: number | null;
  /** At most the first 4 KiB. */
  readonly stderr: string;
}

/** A command that did not do what it was asked: the facts, and a sentence made of them. */
export class ExecError extends Error {
  readonly facts: ExecFacts;

  constructor(facts: ExecFacts, cause?: unknown) {
    super(sentence(facts), cause === undefined ? undefined : { cause });
    this.name = 'ExecError';
    this.facts = facts;
  }
}

function sentence({ argv, exitCode, signal, errno, timedOutAfterMs, stderr }: ExecFacts): string {
  const command = `\`${argv.join(' ')}\``;
  if (errno === 'ENOENT') return `${command} cannot run: there is no program \`${argv[0]}\`.`;
  if (errno !== null) return `${command} cannot run: ${errno}.`;
  if (timedOutAfterMs !== null) {
    return `${command} did not end within ${timedOutAfterMs / 1000} s and was killed.`;
  }
  const end =
    exitCode === null
      ? `was ended by ${signal}`
      : exitCode === 0
        ? 'ended too soon'
        : `failed with exit code ${exitCode}`;
  const said = stderr.split('\n').map((line) => line.trim());
  const first = said.filter((line) => line !== '').slice(0, maxLines);
  return `${command} ${end}${first.length === 0 ? '.' : `: ${first.join(' / ')}`}`;
}

const maxLines = 3;
