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
/** A command with a line of output, whatever there was before: prompts alone are none. */
const lastCommand = 'version';
const lastAnswer = /^ipset v\d/;

/**
 * Works on the sets in the kernel: creates them, adds entries and deletes them, in batches, and counts them.
 *
 * To start a program takes longer than all else that a ban needs: Node forks, which takes 6 to 15 ms where it was
 * measured. So one `ipset` waits for commands (`ipset -`, its interactive mode). It hands each to the kernel and waits for
 * its answer before it reads the next; what is asked of it last, after each batch, says that the kernel has taken all. At
 * the first error it is ended, and `ipset restore` carries out the batch or says why it cannot be.
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
  /** Who waits for what it says. */
  #asking: Asking | null = null;

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
      if (!(await this.#ask(creations))) await restoreSets(this.#exec, creations);
    });
  }

  close(): void {
    const ipset = this.#ipset;
    this.#ipset = null;
    ipset?.stop();
    this.#asking?.resolve(false);
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
      return (await this.#ask([listHeaders.join(' ')], take)) ? sets : readSets(this.#exec);
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
    if (first.length <= maxLines && (await this.#ask(first))) return;
    await restoreSets(this.#exec, inSequence(creations, first, input));
  }

  /** Gives commands, and hands over what they print. @returns whether all were carried out */
  async #ask(commands: readonly string[], take: (line: string) => void = () => {}): Promise<boolean> {
    this.#ipset ??= this.#start();
    const ipset = this.#ipset;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#asking = { take, resolve };
    const timer = setTimeout(() => resolve(false), timeout);
    ipset.send(`${commands.join('\n')}\n${lastCommand}\n`);
    const done = await promise;
    clearTimeout(timer);
    this.#asking = null;
    if (!done) this.close();
    return done;
  }

  #start(): Conversation {
    const ipset = this.#exec.converse(argv, {
      output: (line) => this.#ipset === ipset && this.#output(line.replace(prompts, '')),
      error: (line) => this.#ipset === ipset && !isRemark(line) && this.#asking?.resolve(false),
    });
    void ipset.ended.then(() => {
      if (this.#ipset === ipset) this.close();
    });
    return ipset;
  }

  #output(line: string): void {
    const asking = this.#asking;
    if (asking === null) return;
    if (!lastAnswer.test(line)) asking.take(line);
    // Of an error it wrote before that, on the other stream: what is there is read in the same turn of the event loop.
    else setImmediate(() => asking.resolve(true));
  }
}

interface Asking {
  readonly take: (line: string) => void;
  readonly resolve: (done: boolean) => void;
}

/** As that the kernel is of another age: no error. */
const isRemark = (line: string): boolean => line.startsWith('Warning: ');

function* inSequence(...lists: Iterable<string>[]): Generator<string> {
  for (const list of lists) yield* list;
}
