import { grown } from './grown.ts';

const NONE = -1;
const initialSize = 1024;

/** What a slot holds, in words of 32 bits: its oldest and its newest failure, and how many events its failures stand for. */
const slotWords = 4;
const LAST = 1;
const TOTAL = 2;

/**
 * What a failure holds: time and id as doubles, then in words of 32 bits how many events it stands for, the tag of its name, who
 * wrote it, and the later failure (or the next free one).
 */
const failureDoubles = 4;
const failureWords = 2 * failureDoubles;
const ID = 1;
const COUNT = 4;
const TAG = 5;
const SOURCE = 6;
const NEXT = 7;

/**
 * The failures of each client, by slot, in the order of their times: linked lists in typed arrays that double. All of a failure is
 * in one line of the processor's cache, because with many clients each step waits for memory.
 */
export class FailureWindows {
  #slots = new Int32Array(initialSize * slotWords);
  /** Failures, as doubles and as words. */
  #doubles = new Float64Array(initialSize * failureDoubles);
  #words = new Int32Array(this.#doubles.buffer);
  #free = NONE;
  #used = 0;
  readonly #onForget: ((failure: number) => void) | null;

  /** @param onForget called with the number of each failure that is forgotten */
  constructor(onForget: ((failure: number) => void) | null = null) {
    this.#onForget = onForget;
  }

  /** Begins an empty window. */
  open(slot: number): void {
    const at = slot * slotWords;
    if (at >= this.#slots.length) this.#slots = grown(this.#slots, this.#slots.length * 2);
    this.#slots[at] = this.#slots[at + LAST] = NONE;
    this.#slots[at + TOTAL] = 0;
  }

  /** The newest failure's time; -Infinity where there is none. */
  newest(slot: number): number {
    const last = this.#slots[slot * slotWords + LAST]!;
    return last === NONE ? Number.NEGATIVE_INFINITY : this.timeOf(last);
  }

  /** How many events the failures stand for. */
  total(slot: number): number {
    return this.#slots[slot * slotWords + TOTAL]!;
  }

  /** Puts a failure in its place by time; nearly always that is the end. @returns its number */
  insert(slot: number, time: number, id: number, count: number, tag: number, source: number): number {
    const failure = this.#take();
    const slots = this.#slots;
    const words = this.#words;
    const own = failure * failureWords;
    this.#doubles[failure * failureDoubles] = time;
    this.#doubles[failure * failureDoubles + ID] = id;
    words[own + COUNT] = count;
    words[own + TAG] = tag;
    words[own + SOURCE] = source;
    const at = slot * slotWords;
    slots[at + TOTAL]! += count;
    const last = slots[at + LAST]!;
    if (last === NONE || this.timeOf(last) <= time) {
      words[own + NEXT] = NONE;
      if (last === NONE) slots[at] = failure;
      else words[last * failureWords + NEXT] = failure;
      slots[at + LAST] = failure;
      return failure;
    }
    let before = NONE;
    let after = slots[at]!;
    while (this.timeOf(after) <= time) {
      before = after;
      after = this.#nextOf(after);
    }
    words[own + NEXT] = after;
    if (before === NONE) slots[at] = failure;
    else words[before * failureWords + NEXT] = failure;
    return failure;
  }

  /** Forgets failures before `since`. */
  expire(slot: number, since: number): void {
    for (let first = this.#firstOf(slot); first !== NONE && this.timeOf(first) < since; ) {
      this.#dropFirst(slot);
      first = this.#firstOf(slot);
    }
  }

  /** Forgets all failures. */
  clear(slot: number): void {
    while (!this.isEmpty(slot)) this.#dropFirst(slot);
  }

  /** Forgets the failures with these ids. */
  drop(slot: number, ids: ReadonlySet<number>): void {
    for (const failure of [...this.failures(slot)]) {
      if (ids.has(this.idOf(failure))) this.remove(slot, failure);
    }
  }

  /** Forgets one failure of the window. */
  remove(slot: number, failure: number): void {
    let before = NONE;
    let at = this.#firstOf(slot);
    while (at !== failure) {
      before = at;
      at = this.#nextOf(at);
    }
    if (before === NONE) {
      this.#dropFirst(slot);
      return;
    }
    this.#words[before * failureWords + NEXT] = this.#nextOf(failure);
    const last = slot * slotWords + LAST;
    if (this.#slots[last] === failure) this.#slots[last] = before;
    this.#release(slot, failure);
  }

  /** The numbers of the failures, oldest first. A number is taken again once its failure is forgotten. */
  *failures(slot: number): Generator<number> {
    for (let failure = this.#firstOf(slot); failure !== NONE; failure = this.#nextOf(failure)) yield failure;
  }

  isEmpty(slot: number): boolean {
    return this.#firstOf(slot) === NONE;
  }

  timeOf(failure: number): number {
    return this.#doubles[failure * failureDoubles]!;
  }

  idOf(failure: number): number {
    return this.#doubles[failure * failureDoubles + ID]!;
  }

  /** How many events a failure stands for. */
  countOf(failure: number): number {
    return this.#words[failure * failureWords + COUNT]!;
  }

  sourceOf(failure: number): number {
    return this.#words[failure * failureWords + SOURCE]!;
  }

  /** Ids, counts and times, oldest first. @param fits which failures, by the tags that they bear; left out: all */
  evidence(
    slot: number,
    fits?: (tag: number) => boolean,
  ): { failureIds: number[]; failureCounts: number[]; failureTimes: number[] } {
    const failureIds: number[] = [];
    const failureCounts: number[] = [];
    const failureTimes: number[] = [];
    for (let failure = this.#firstOf(slot); failure !== NONE; failure = this.#nextOf(failure)) {
      if (fits !== undefined && !fits(this.#words[failure * failureWords + TAG]!)) continue;
      failureIds.push(this.idOf(failure));
      failureCounts.push(this.countOf(failure));
      failureTimes.push(this.timeOf(failure));
    }
    return { failureIds, failureCounts, failureTimes };
  }

  /** The source that all failures have in common; -1 where there are several. */
  soleSource(slot: number): number {
    const first = this.#firstOf(slot);
    const source = first === NONE ? -1 : this.sourceOf(first);
    for (let failure = first; failure !== NONE; failure = this.#nextOf(failure)) {
      if (this.sourceOf(failure) !== source) return -1;
    }
    return source;
  }

  /** Forgets the oldest failures, and of the last one what is too much, until they stand for at most so many events. */
  trim(slot: number, most: number): void {
    const at = slot * slotWords;
    while (this.total(slot) > most && this.#slots[at] !== this.#slots[at + LAST]) this.#dropFirst(slot);
    const surplus = this.total(slot) - most;
    if (surplus <= 0) return;
    this.#words[this.#firstOf(slot) * failureWords + COUNT]! -= surplus;
    this.#slots[at + TOTAL] = most;
  }

  #firstOf(slot: number): number {
    return this.#slots[slot * slotWords]!;
  }

  #nextOf(failure: number): number {
    return this.#words[failure * failureWords + NEXT]!;
  }

  #dropFirst(slot: number): void {
    const at = slot * slotWords;
    const failure = this.#slots[at]!;
    const next = this.#nextOf(failure);
    this.#slots[at] = next;
    if (next === NONE) this.#slots[at + LAST] = NONE;
    this.#release(slot, failure);
  }

  #release(slot: number, failure: number): void {
    this.#slots[slot * slotWords + TOTAL]! -= this.countOf(failure);
    this.#words[failure * failureWords + NEXT] = this.#free;
    this.#free = failure;
    if (this.#onForget !== null) this.#onForget(failure);
  }

  #take(): number {
    const free = this.#free;
    if (free !== NONE) {
      this.#free = this.#nextOf(free);
      return free;
    }
    if (this.#used * failureDoubles === this.#doubles.length) {
      this.#doubles = grown(this.#doubles, this.#doubles.length * 2);
      this.#words = new Int32Array(this.#doubles.buffer);
    }
    return this.#used++;
  }
}
