import { PortcullisError } from '@portcullis/contracts';

/** Lets so many through at once, and so many a second from then on. Time is monotonic milliseconds. */
export class Bucket {
  readonly #capacity: number;
  readonly #aSecond: number;
  readonly #now: () => number;
  #level: number;
  #filledAt: number;

  constructor(capacity: number, aSecond: number, now: () => number = () => performance.now()) {
    this.#capacity = capacity;
    this.#aSecond = aSecond;
    this.#now = now;
    this.#level = capacity;
    this.#filledAt = now();
  }

  /** Takes so much if it is there. */
  take(amount: number): boolean {
    this.#fill();
    if (this.#level < amount) return false;
    this.#level -= amount;
    return true;
  }

  /** Takes so much in any case; what is missing must flow in before anything can be taken again. */
  spend(amount: number): void {
    this.#fill();
    this.#level -= amount;
  }

  get isEmpty(): boolean {
    this.#fill();
    return this.#level <= 0;
  }

  /** Until so much will be there, in whole seconds, at least 1. */
  secondsUntil(amount: number): number {
    this.#fill();
    return Math.max(1, Math.ceil((Math.min(amount, this.#capacity) - this.#level) / this.#aSecond));
  }

  #fill(): void {
    const now = this.#now();
    const flowed = ((now - this.#filledAt) / 1000) * this.#aSecond;
    this.#level = Math.min(this.#capacity, this.#level + flowed);
    this.#filledAt = now;
  }
}

/** What one site may take of the daemon. A panel asks for a handful of lists every 15 s and has bursts of bulk actions. */
export const siteLimits = {
  /** Bytes of a request body: ten notes of 500 characters. */
  bodyBytes: 16 * 1024,
  requestsASecond: 50,
  burst: 200,
  /** Requests that are being answered at once. */
  concurrent: 16,
  /** Connections to one socket; the kernel refuses more. A shared socket serves many sites. */
  connections: { site: 64, shared: 512 },
  /** Milliseconds of the daemon's one thread: so many a second, and as many at once as 20 slow lists take. */
  busyMsASecond: 150,
  busyMs: 1_000,
} as const;

/** The same for all sites together, so that many cannot do what one may not. */
const allSites = { busyMsASecond: 500, busyMs: 2_000 } as const;

export const createCommonBudget = (): Bucket => new Bucket(allSites.busyMs, allSites.busyMsASecond);

/** Counts what one site takes, and refuses what is too much. Its memory is a few numbers, whatever is asked. */
export class Throttle {
  readonly #requests = new Bucket(siteLimits.burst, siteLimits.requestsASecond);
  readonly #busy = new Bucket(siteLimits.busyMs, siteLimits.busyMsASecond);
  readonly #common: Bucket;
  #running = 0;

  constructor(common: Bucket) {
    this.#common = common;
  }

  /** @throws PortcullisError rate_limited */
  admit(): void {
    if (this.#running >= siteLimits.concurrent) {
      refuse(`${this.#running} requests of this site are being answered already.`, 1);
    }
    if (!this.#requests.take(1)) {
      refuse(
        `This site asks more than ${siteLimits.requestsASecond} times a second.`,
        this.#requests.secondsUntil(1),
      );
    }
    for (const budget of [this.#busy, this.#common]) {
      if (budget.isEmpty) refuse('What this site asks keeps the daemon too busy.', budget.secondsUntil(1));
    }
  }

  /** Counts a request as running until what it returns is called. */
  begin(): () => void {
    this.#running++;
    let ended = false;
    return () => {
      if (!ended) this.#running--;
      ended = true;
    };
  }

  spend(ms: number): void {
    this.#busy.spend(ms);
    this.#common.spend(ms);
  }
}

export function refuse(sentence: string, seconds: number): never {
  throw new PortcullisError('rate_limited', sentence, { hint: `Try again in ${seconds} s.` });
}
