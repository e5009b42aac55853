import type { WordPressLine } from './wordpress-line.ts';

/**
 * Records of one process that follow each other within this belong to one request, in microseconds. Records that PHP splits
 * off one message come 3 to 20 apart; a request in which WordPress is loaded takes more than 5,000.
 */
export const instant = 3_000;

/** Failures that are held at once. */
const maxHeld = 32;

interface Held<T> {
  readonly item: T;
  /** -1: nobody can tell which process wrote it. */
  readonly pid: number;
  readonly site: string;
  readonly family: 0 | 4 | 6;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  /** When it was written, in microseconds. */
  readonly begun: number;
  /** Of the latest record that belongs to the same request. */
  at: number;
  burst: boolean;
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
  readonly #held: Held<T>[] = [];
  /** A stamp that no clock made. */
  #still = Number.NaN;

  /** @param settle takes each failure in the order of the log */
  constructor(settle: (item: T, burst: boolean) => void) {
    this.#settle = settle;
  }

  /** The failure that has waited longest. */
  get first(): T | undefined {
    return this.#held[0]?.item;
  }

  /**
   * Takes the next line that a WordPress ident wrote.
   * @param pid by the journal's word, where it has one
   * @param item what is to be settled; null where the line is no failure
   */
  see(line: WordPressLine, pid: number, item: T | null): void {
    const held = this.#held;
    const { micros } = line;
    const at = line.time * 1_000 + micros;
    const known = micros >= 0 && pid >= 0 && at !== this.#still;
    if (held.length > 0) {
      if (known) this.#mark(line, pid, at);
      while (held.length > 0 && !(Math.abs(at - held[0]!.at) <= instant)) this.#settleFirst();
    }
    if (item === null) return;
    if (!known && held.length === 0) {
      this.#settle(item, false);
      return;
    }
    if (held.length === maxHeld && held.every(({ begun }) => begun === at)) {
      this.#still = at;
      for (const one of held) one.burst = false;
      this.flush();
      this.#settle(item, false);
      return;
    }
    if (held.length === maxHeld) {
      if (held[0]!.pid === pid && held[0]!.site === line.site) held[0]!.burst = true;
      this.#settleFirst();
    }
    const [a, b, c, d] = line.words as unknown as [number, number, number, number];
    const { site } = line;
    held.push({
      item,
      pid: known ? pid : -1,
      site,
      family: namedFamily(line),
      a,
      b,
      c,
      d,
      begun: at,
      at,
      burst: false,
    });
  }

  /** Settles all that is held: nothing more of their instant will come. */
  flush(): void {
    while (this.#held.length > 0) this.#settleFirst();
  }

  #mark(line: WordPressLine, pid: number, at: number): void {
    const { site, words } = line;
    const family = namedFamily(line);
    for (const one of this.#held) {
      if (one.pid !== pid || one.site !== site || Math.abs(at - one.at) > instant) continue;
      one.at = at;
      if (
        family === 0 ||
        one.family !== family ||
        one.d !== words[3] ||
        (family === 6 && (one.a !== words[0] || one.b !== words[1] || one.c !== words[2]))
      )
        one.burst = true;
    }
  }

  #settleFirst(): void {
    const { item, burst } = this.#held.shift()!;
    this.#settle(item, burst);
  }
}

/** What stands at the end of an overlong line is nobody's address. */
const namedFamily = ({ reason, family }: WordPressLine): 0 | 4 | 6 => (reason === 'overlong' ? 0 : family);
