import type { Conversation, Exec } from '../exec.ts';
import { createHeaderReader, listHeaders, readSets, restoreSets, type SetHeader } from './sets.ts';
import { createTurns } from './turns.ts';

/** Lines that the `ipset` that waits is given: it needs a message for each, and `ipset restore` one for a hundred. */
const maxLines = 1_000;
/** In milliseconds: 1,000 lines take 20. */
const timeout = 10_000;

/** Its output by lines: to a pipe it would come in blocks of 4 KiB. */
const argv = ['stdbuf', '-oL', 'ipset', '-exist', '-'] as const;
/** What it puts before the answer to each command. */
const prompts = /^(?:ipset> )+/;

/**
 * Works on the sets in the kernel: adds entries and deletes them, in batches, and counts them.
 *
 * To start a program takes longer than all else that a ban needs: Node forks, which takes 6 to 15 ms where it was
 * measured. So one `ipset` waits for commands (`ipset -`, its interactive mode) and is asked, after each batch, whether
 * the set holds the last entry: its answer comes when the kernel has taken everything before it. That is written to
 * standard error, as is every error. At the first error it is ended, and `ipset restore` carries out the batch or says why
 * it cannot be.
 *
 * Of a set that it created itself, or was told to create although it is there, an `ipset` knows the type; of others it asks the
 * kernel anew for each line (seen in 7.17 and 7.22 with strace; 20,000 lines take 0.08 s instead of 0.2). But only who
 * makes the structure may create sets: one that somebody destroyed would be made anew with a batch, with no rule that
 * asks it, and seem to enforce.
 */
export class EntrySession {
  readonly #exec: Exec;
  readonly #inTurn = createTurns();
  #ipset: Conversation | null = null;
  /** What `ipset` says to the commands under way. */
  #hear: Hearing | null = null;
  /** How often it was asked for its version, and has not said it yet. */
  #versions = 0;

  constructor(exec: Exec) {
    this.#exec = exec;
  }

  /**
   * Creates sets with an `ipset` that waits from now on for what is added to them.
   *
   * @param creations `create SET …` for each set there is to be
   * @throws ExecError with what `ipset restore` said
   */
  create(creations: readonly string[]): Promise<void> {
    return this.#inTurn(async () => {
      this.close();
      const done = await this.#ask(creations, (resolve) => ({
        // What it said before of errors is there by now, too, but may not have been taken.
        version: () => setImmediate(resolve, true),
        error: (line) => isRemark(line) || resolve(false),
      }));
      if (!done) await restoreSets(this.#exec, creations);
    });
  }

  close(): void {
    const ipset = this.#ipset;
    this.#ipset = null;
    ipset?.stop();
    this.#hear?.ended();
  }

  /**
   * @param lines `add SET ENTRY …` or `del SET ENTRY`. What exists is replaced, what is missing need not be deleted.
   * @param creations `create SET …` for each set, where they were just made
   * @throws ExecError with what `ipset restore` said
   */
  apply(lines: Iterable<string>, creations: readonly string[] = []): Promise<void> {
    return this.#inTurn(() => this.#apply(lines, creations));
  }

  /** The sets whose names could be ours. */
  headers(): Promise<Map<string, SetHeader>> {
    return this.#inTurn(async () => {
      const { take, sets } = createHeaderReader();
      const listed = await this.#ask([listHeaders.join(' ')], (resolve) => ({
        output: take,
        version: () => resolve(true),
        error: (line) => isRemark(line) || resolve(false),
      }));
      return listed ? sets : readSets(this.#exec);
    });
  }

  async #apply(lines: Iterable<string>, creations: readonly string[]): Promise<void> {
    const input = Iterator.from(lines);
    const first: string[] = [];
    for (let line = input.next(); !line.done; line = input.next()) {
      first.push(line.value);
      if (first.length > maxLines) break;
    }
    if (first.length === 0) return;
    // Where that fails, as when somebody killed it, the lines are carried out anew: they say what is to be, not what to change.
    if (first.length <= maxLines && (await this.#tell(first))) return;
    await restoreSets(this.#exec, inSequence(creations, first, input));
  }

  /** @returns whether all was carried out */
  #tell(lines: readonly string[]): Promise<boolean> {
    const [, set = '', entry = ''] = lines.at(-1)!.split(' ');
    const answer = RegExp(` is (?:NOT )?in set ${RegExp.escape(set)}\\.$`);
    return this.#ask([...lines, `test ${set} ${entry}`], (resolve) => ({
      error(line) {
        const answered = answer.test(line);
        if (answered || !isRemark(line)) resolve(answered);
      },
    }));
  }

  /**
   * Gives commands and hears what comes of them. The last one is always the same: its answer is a line of output, which
   * prompts alone are not.
   *
   * @returns what the hearing resolves with; false where `ipset` ended or did not answer
   */
  async #ask(
    commands: readonly string[],
    hearing: (resolve: (done: boolean) => void) => Omit<Hearing, 'ended'>,
  ): Promise<boolean> {
    this.#ipset ??= this.#start();
    const ipset = this.#ipset;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#hear = { ...hearing(resolve), ended: () => resolve(false) };
    const timer = setTimeout(() => resolve(false), timeout);
    this.#versions++;
    ipset.send(`${commands.join('\n')}\nversion\n`);
    const done = await promise;
    clearTimeout(timer);
    this.#hear = null;
    if (!done) this.close();
    return done;
  }

  #start(): Conversation {
    this.#versions = 0;
    const ipset = this.#exec.converse(argv, {
      output: (line) => this.#ipset === ipset && this.#output(line.replace(prompts, '')),
      error: (line) => this.#ipset === ipset && this.#hear?.error(line),
    });
    void ipset.ended.then(() => {
      if (this.#ipset === ipset) this.close();
    });
    return ipset;
  }

  #output(line: string): void {
    if (!/^ipset v\d/.test(line)) this.#hear?.output?.(line);
    else if (--this.#versions === 0) this.#hear?.version?.();
  }
}

interface Hearing {
  readonly output?: (line: string) => void;
  /** It has carried out all that it was given. */
  readonly version?: () => void;
  readonly error: (line: string) => void;
  /** It said its last, or is not wanted any more. */
  readonly ended: () => void;
}

/** As that the kernel is of another age: neither an answer nor an error. */
const isRemark = (line: string): boolean => line.startsWith('Warning: ');

function* inSequence(...lists: Iterable<string>[]): Generator<string> {
  for (const list of lists) yield* list;
}
