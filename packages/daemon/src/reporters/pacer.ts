import type { Clock } from '@portcullis/core';

/** Between two messages to one webhook, in milliseconds: api.slack.com/docs/rate-limits, one a second. */
const gap = 1_000;
/** How long to wait for another message that is under way. */
const busy = 50;

/** Keeps to one message at a time and one a second for each endpoint, whoever sends there. */
export class Pacer {
  readonly #clock: Clock;
  readonly #freeAt = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns how long to wait, in milliseconds; 0: it is free */
  wait(endpoint: string): number {
    const at = this.#freeAt.get(endpoint) ?? 0;
    // A clock that was set back does not hold anybody for longer.
    return at === Number.POSITIVE_INFINITY ? busy : Math.min(Math.max(0, at - this.#clock.now()), gap);
  }

  /** Sends, while nobody else does. */
  async take<T>(endpoint: string, send: () => Promise<T>): Promise<T> {
    this.#freeAt.set(endpoint, Number.POSITIVE_INFINITY);
    try {
      return await send();
    } finally {
      this.#freeAt.set(endpoint, this.#clock.now() + gap);
    }
  }
}
