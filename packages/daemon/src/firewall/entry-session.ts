import type { Conversation, Exec } from '../exec.ts';
import { restoreSets } from './sets.ts';

/** Lines that the `ipset` that waits is given: it needs a message for each, and `ipset restore` one for a hundred. */
const maxLines = 1_000;
/** In milliseconds: 1,000 lines take 20. */
const timeout = 10_000;

const argv = ['ipset', '-exist', '-'] as const;

/**
 * Adds entries to sets and deletes them, in batches that must not overlap.
 *
 * To start a program takes longer than all else that a ban needs: Node forks, which takes 6 to 15 ms where it was
 * measured. So one `ipset` waits for commands (`ipset -`, its interactive mode) and is asked, after each batch, whether
 * the set holds the last entry: its answer comes when the kernel has taken everything before it. That is written to
 * standard error, as is every error, because only that is not buffered. At the first error it is ended, and `ipset restore`
 * carries out the batch or says why it cannot be.
 *
 * Both are told first to create the sets, which are there: of a set that it created itself an `ipset` knows the type, of others
 * it asks the kernel anew for each line (seen in 7.17 and 7.22 with strace; 20,000 lines take 0.08 s instead of 0.2).
 */
export class EntrySession {
  readonly #exec: Exec;
  #creations: readonly string[] = [];
  #ipset: Conversation | null = null;
  /** Of the batch under way: what `ipset` says, and null where it has ended. */
  #hear: ((line: string | null) => void) | null = null;

  constructor(exec: Exec) {
    this.#exec = exec;
  }

  /**
   * Says which sets there are.
   *
   * @param creations `create SET …` for each
   */
  use(creations: readonly string[]): void {
    if (creations.join() === this.#creations.join()) return;
    this.#creations = creations;
    this.close();
  }

  /** Starts the `ipset` that waits, so that no ban waits for its start. */
  open(): Conversation {
    this.#ipset ??= this.#start();
    return this.#ipset;
  }

  close(): void {
    const ipset = this.#ipset;
    this.#ipset = null;
    ipset?.stop();
    this.#hear?.(null);
  }

  /**
   * @param lines `add SET ENTRY …` or `del SET ENTRY`. What exists is replaced, what is missing need not be deleted.
   * @throws ExecError with what `ipset restore` said
   */
  async apply(lines: Iterable<string>): Promise<void> {
    const input = Iterator.from(lines);
    const first: string[] = [];
    for (let line = input.next(); !line.done; line = input.next()) {
      first.push(line.value);
      if (first.length > maxLines) break;
    }
    if (first.length === 0) return;
    // Where that fails, as when somebody killed it, the lines are carried out anew: they say what is to be, not what to change.
    if (first.length <= maxLines && (await this.#tell(first))) return;
    await restoreSets(this.#exec, inTurn(this.#creations, first, input));
  }

  /** @returns whether all was carried out */
  async #tell(lines: readonly string[]): Promise<boolean> {
    const [, set = '', entry = ''] = lines.at(-1)!.split(' ');
    const ipset = this.open();
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const answer = RegExp(` is (?:NOT )?in set ${RegExp.escape(set)}\\.$`);
    this.#hear = (line) => {
      const answered = line !== null && answer.test(line);
      // A remark, as that the kernel is of another age, is neither an answer nor an error.
      if (answered || !line?.startsWith('Warning: ')) resolve(answered);
    };
    const timer = setTimeout(() => resolve(false), timeout);
    ipset.send(`${lines.join('\n')}\ntest ${set} ${entry}\n`);
    const done = await promise;
    clearTimeout(timer);
    this.#hear = null;
    if (!done) this.close();
    return done;
  }

  #start(): Conversation {
    const ipset = this.#exec.converse(argv, (line) => {
      if (this.#ipset === ipset) this.#hear?.(line);
    });
    void ipset.ended.then(() => {
      if (this.#ipset === ipset) this.close();
    });
    for (const creation of this.#creations) ipset.send(`${creation}\n`);
    return ipset;
  }
}

function* inTurn(...lists: Iterable<string>[]): Generator<string> {
  for (const list of lists) yield* list;
}
