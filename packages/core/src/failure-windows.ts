import { grown } from './grown.ts';

const NONE = -1;
const initialSize = 1024;

/** The failures of each client, by slot, in the order of their times: linked lists in typed arrays that double. */
export class FailureWindows {
  // Per slot: its oldest and its newest failure, and how many events its failures stand for.
  #first = new Int32Array(initialSize);
  #last = new Int32Array(initialSize);
  #total = new Int32Array(initialSize);
  // Per failure; `next` is the later one, or the next free one.
  #time = new Float64Array(initialSize);
  #id = new Float64Array(initialSize);
  #count = new Int32Array(initialSize);
  #tag = new Int32Array(initialSize);
  #source = new Int32Array(initialSize);
  #next = new Int32Array(initialSize);
  #free = NONE;
  #used = 0;
  readonly #onForget: ((failure: number) => void) | null;

  /** @param onForget called with the number of each failure that is forgotten */
  constructor(onForget: ((failure: number) => void) | null = null) {
    this.#onForget = onForget;
  }

  /** Begins an empty window. */
  open(slot: number): void {
    if (slot >= this.#first.length) {
      const size = this.#first.length * 2;
      this.#first = grown(this.#first, size);
      this.#last = grown(this.#last, size);
      this.#total = grown(this.#total, size);
    }
    this.#first[slot] = this.#last[slot] = NONE;
    this.#total[slot] = 0;
  }

  /** The newest failure's time; -Infinity where there is none. */
  newest(slot: number): number {
    const last = this.#last[slot]!;
    return last === NONE ? Number.NEGATIVE_INFINITY : this.#time[last]!;
  }

  /** How many events the failures stand for. */
  total(slot: number): number {
    return this.#total[slot]!;
  }

  /** Puts a failure in its place by time; nearly always that is the end. @returns its number */
  insert(slot: number, time: number, id: number, count: number, tag: number, source: number): number {
    const failure = this.#take();
    this.#source[failure] = source;
    this.#tag[failure] = tag;
    this.#time[failure] = time;
    this.#id[failure] = id;
    this.#count[failure] = count;
    this.#total[slot]! += count;
    const last = this.#last[slot]!;
    if (last === NONE || this.#time[last]! <= time) {
      this.#next[failure] = NONE;
      if (last === NONE) this.#first[slot] = failure;
      else this.#next[last] = failure;
      this.#last[slot] = failure;
      return failure;
    }
    let before = NONE;
    let after = this.#first[slot]!;
    while (this.#time[after]! <= time) {
      before = after;
      after = this.#next[after]!;
    }
    this.#next[failure] = after;
    if (before === NONE) this.#first[slot] = failure;
    else this.#next[before] = failure;
    return failure;
  }

  /** Forgets failures before `since`. */
  expire(slot: number, since: number): void {
    while (this.#first[slot] !== NONE && this.#time[this.#first[slot]!]! < since) this.#dropFirst(slot);
  }

  /** Forgets all failures. */
  clear(slot: number): void {
    while (this.#first[slot] !== NONE) this.#dropFirst(slot);
  }

  /** Forgets the failures with these ids. */
  drop(slot: number, ids: ReadonlySet<number>): void {
    for (const failure of [...this.failures(slot)]) {
      if (ids.has(this.#id[failure]!)) this.remove(slot, failure);
    }
  }

  /** Forgets one failure of the window. */
  remove(slot: number, failure: number): void {
    let before = NONE;
    let at = this.#first[slot]!;
    while (at !== failure) {
      before = at;
      at = this.#next[at]!;
    }
    if (before === NONE) {
      this.#dropFirst(slot);
      return;
    }
    this.#next[before] = this.#next[failure]!;
    if (this.#last[slot] === failure) this.#last[slot] = before;
    this.#release(slot, failure);
  }

  /** The numbers of the failures, oldest first. A number is taken again once its failure is forgotten. */
  *failures(slot: number): Generator<number> {
    for (let failure = this.#first[slot]!; failure !== NONE; failure = this.#next[failure]!) yield failure;
  }

  isEmpty(slot: number): boolean {
    return this.#first[slot] === NONE;
  }

  timeOf(failure: number): number {
    return this.#time[failure]!;
  }

  idOf(failure: number): number {
    return this.#id[failure]!;
  }

  /** How many events a failure stands for. */
  countOf(failure: number): number {
    return this.#count[failure]!;
  }

  sourceOf(failure: number): number {
    return this.#source[failure]!;
  }

  /** Ids, counts and times, oldest first. @param fits which failures, by the tags that they bear; left out: all */
  evidence(
    slot: number,
    fits?: (tag: number) => boolean,
  ): { failureIds: number[]; failureCounts: number[]; failureTimes: number[] } {
    const failureIds: number[] = [];
    const failureCounts: number[] = [];
    const failureTimes: number[] = [];
    for (let failure = this.#first[slot]!; failure !== NONE; failure = this.#next[failure]!) {
      if (fits !== undefined && !fits(this.#tag[failure]!)) continue;
      failureIds.push(this.#id[failure]!);
      failureCounts.push(this.#count[failure]!);
      failureTimes.push(this.#time[failure]!);
    }
    return { failureIds, failureCounts, failureTimes };
  }

  /** The source that all failures have in common; -1 where there are several. */
  soleSource(slot: number): number {
    const first = this.#first[slot]!;
    const source = first === NONE ? -1 : this.#source[first]!;
    for (let failure = first; failure !== NONE; failure = this.#next[failure]!) {
      if (this.#source[failure] !== source) return -1;
    }
    return source;
  }

  /** Forgets the oldest failures, and of the last one what is too much, until they stand for at most so many events. */
  trim(slot: number, most: number): void {
    while (this.#total[slot]! > most && this.#first[slot] !== this.#last[slot]) this.#dropFirst(slot);
    const surplus = this.#total[slot]! - most;
    if (surplus <= 0) return;
    this.#count[this.#first[slot]!]! -= surplus;
    this.#total[slot] = most;
  }

  #dropFirst(slot: number): void {
    const failure = this.#first[slot]!;
    this.#first[slot] = this.#next[failure]!;
    if (this.#first[slot] === NONE) this.#last[slot] = NONE;
    this.#release(slot, failure);
  }

  #release(slot: number, failure: number): void {
    this.#total[slot]! -= this.#count[failure]!;
    this.#next[failure] = this.#free;
    this.#free = failure;
    if (this.#onForget !== null) this.#onForget(failure);
  }

  #take(): number {
    const free = this.#free;
    if (free !== NONE) {
      this.#free = this.#next[free]!;
      return free;
    }
    if (this.#used === this.#time.length) {
      const size = this.#time.length * 2;
      this.#time = grown(this.#time, size);
      this.#id = grown(this.#id, size);
      this.#count = grown(this.#count, size);
      this.#tag = grown(this.#tag, size);
      this.#source = grown(this.#source, size);
      this.#next = grown(this.#next, size);
    }
    return this.#used++;
  }
}
