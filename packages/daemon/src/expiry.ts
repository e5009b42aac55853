import type { BanStore, Clock } from '@portcullis/core';
import { createClockStep } from './clock-step.ts';
import type { Enforcer } from './enforcer.ts';
import type { Logger } from './log.ts';

/** setTimeout's limit (2^31 - 1 ms); a ban that ends later is looked at again then. */
const maxTimer = 0x7fffffff;
/** Bans that one step ends. */
const step = 5_000;

export interface ExpiryOptions {
  readonly store: BanStore;
  readonly enforcer: Enforcer;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warn'>;
  /** Called before bans are ended: whatever prolongs one must be recorded then. */
  readonly settle: () => void;
}

/** Ends each ban when its real time is over: when somebody sets the clock, the ends move with it. */
export class Expiry {
  readonly #options: ExpiryOptions;
  readonly #clockStep: () => number;
  #timer: NodeJS.Timeout | null = null;
  #stopped = false;

  constructor(options: ExpiryOptions) {
    this.#options = options;
    this.#clockStep = createClockStep(options.clock);
  }

  /** Moves the ends of bans by as much as the clock was set since the last call. */
  followClock(): void {
    const { store, clock, log } = this.#options;
    const set = this.#clockStep();
    if (set === 0) return;
    const bans = store.transaction(() => store.moveBanEnds(set, clock.now() - set));
    log.warn({ seconds: set / 1000, bans }, 'The clock was set; the ends of bans were moved with it.');
  }

  /** Records the end of bans whose time is over, a bounded part at a time. */
  endDue(): void {
    const { store, enforcer, clock, settle } = this.#options;
    this.followClock();
    if (store.bansDue(clock.now(), 1).length > 0) settle();
    for (;;) {
      const due = store.bansDue(clock.now(), step);
      if (due.length === 0) break;
      store.transaction(() => enforcer.end(due, 'expired'));
    }
    this.schedule();
  }

  /** Waits for the next end. To be called whenever that may have changed. */
  schedule(): void {
    const { store, enforcer, clock } = this.#options;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const end = store.nextBanEnd();
    if (end === null || this.#stopped) return;
    const delay = Math.min(Math.max(end - clock.now(), 0) + 1, maxTimer);
    this.#timer = setTimeout(() => {
      this.endDue();
      void enforcer.flush();
    }, delay);
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }
}
