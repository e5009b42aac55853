import type { AddressWords } from './address.ts';
import type { WordPressLine } from './wordpress-line.ts';

/**
 * Records of one process that follow each other within this belong to one request, in microseconds. Records that PHP splits
 * off one message come 3 to 20 apart; a request in which WordPress is loaded takes more than 5,000.
 */
export const instant = 3_000;

/** Failures that are held at once. */
const maxHeld = 32;

/** A failure whose instant is not over. Its place is used again: a log to catch up with has millions of them. */
class Held<T> {
  item: T | null = null;
  /** -1: nobody can tell which process wrote it. */
  pid = -1;
  site = '';
  family: 0 | 4 | 6 = 0;
  readonly words: AddressWords = new Uint32Array(4);
  /** When it was written, in microseconds. */
  begun = 0;
  /** When the latest record was written that belongs to the same request, in microseconds. */
  at = 0;
  burst = false;
}

/**
 * Finds the records that are forged with a line feed. PHP's syslog() makes a record of each line of a message, so raw text
 * in a user name writes records with a true ident and pid. But the plugin ends its message with the client's address, so the
 * *last* record of a request names it. A failure is therefore held until its instant is over, and is a burst's where a later
 * record of the same process names another address, or none. The last one counts: nobody hides by it.
 *
 * At most 32 failures are held; of more than that by one process within an instant, all but the last 32 are a burst's.
 * Where the stamp has no microseconds, or the ident no pid, requests cannot be told apart, and nothing is. The same where a
 * stamp comes more than 32 times: no clock made it.
 */
export class BurstWatch<T> {
  readonly #settle: (item: T, burst: boolean) => void;
  /** A ring, in the order of the log: `#size` of them from `#start` on hold something. */
  readonly #held = Array.from({ length: maxHeld }, () => new Held<T>());
  #start = 0;
  #size = 0;
  /** A stamp that no clock made. */
  #still = Number.NaN;

  /** @param settle takes each failure in the order of the log */
  constructor(settle: (item: T, burst: boolean) => void) {
    this.#settle = settle;
  }

  /** The failure that has waited longest. */
  get first(): T | undefined {
    return this.#size === 0 ? undefined : this.#nth(0).item!;
  }

  /**
   * Takes the next line that a WordPress ident wrote.
   * @param vouched who wrote it by the journal's word; -1: by the line's own
   * @param item what is to be settled; null where the line is no failure
   */
  see(line: WordPressLine, vouched: number, item: T | null): void {
    if (item === null && this.#size === 0) return;
    const pid = vouched < 0 ? line.pid : vouched;
    const { micros } = line;
    const at = line.time * 1_000 + micros;
    const known = micros >= 0 && pid >= 0 && at !== this.#still;
    if (known) this.#mark(line, pid, at);
    while (this.#size > 0 && !(Math.abs(at - this.#nth(0).at) <= instant)) this.#settleFirst();
    if (item === null) return;
    if (this.#size === maxHeld && this.#held.every(({ begun }) => begun === at)) {
      this.#still = at;
      for (const one of this.#held) one.burst = false;
      this.flush();
    }
    if (this.#size === 0 && (!known || at === this.#still)) {
      this.#settle(item, false);
      return;
    }
    if (this.#size === maxHeld) {
      const oldest = this.#nth(0);
      if (oldest.pid === pid && oldest.site === line.site) oldest.burst = true;
      this.#settleFirst();
    }
    const held = this.#nth(this.#size++);
    held.item = item;
    held.pid = known ? pid : -1;
    held.site = line.site;
    held.family = namedFamily(line);
    const { words } = line;
    held.words[0] = words[0]!;
    held.words[1] = words[1]!;
    held.words[2] = words[2]!;
    held.words[3] = words[3]!;
    held.begun = at;
    held.at = at;
    held.burst = false;
  }

  /** All that is held, in the order of the log. */
  *held(): Generator<T> {
    for (let index = 0; index < this.#size; index++) yield this.#nth(index).item!;
  }

  /** Settles all that is held: nothing more of their instant will come. */
  flush(): void {
    while (this.#size > 0) this.#settleFirst();
  }

  #nth(index: number): Held<T> {
    return this.#held[(this.#start + index) % maxHeld]!;
  }

  #mark(line: WordPressLine, pid: number, at: number): void {
    for (let index = 0; index < this.#size; index++) {
      const one = this.#nth(index);
      if (one.pid !== pid || one.site !== line.site || Math.abs(at - one.at) > instant) continue;
      one.at = at;
      if (!namesTheSame(one, line)) one.burst = true;
    }
  }

  #settleFirst(): void {
    const held = this.#nth(0);
    const { item, burst } = held;
    held.item = null;
    this.#start = (this.#start + 1) % maxHeld;
    this.#size--;
    this.#settle(item!, burst);
  }
}

function namesTheSame({ family, words }: Held<unknown>, line: WordPressLine): boolean {
  if (family === 0 || namedFamily(line) !== family || words[3] !== line.words[3]) return false;
  return (
    family === 4 || (words[0] === line.words[0] && words[1] === line.words[1] && words[2] === line.words[2])
  );
}

/** What stands at the end of an overlong line is nobody's address. */
const namedFamily = ({ reason, family }: WordPressLine): 0 | 4 | 6 => (reason === 'overlong' ? 0 : family);
