import type { EventType } from '@portcullis/contracts';
import type { Clock } from '@portcullis/core';
import type { DaemonEvent } from './operations.ts';

/** Hands each event to everybody who listens, in order. A listener that throws is not asked again. */
export class EventHub {
  readonly #clock: Clock;
  readonly #listeners = new Set<(event: DaemonEvent) => void>();
  #lastId = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  publish(type: EventType, data: Record<string, unknown>): void {
    const event = { id: ++this.#lastId, type, at: new Date(this.#clock.now()).toISOString(), data };
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch {
        this.#listeners.delete(listener);
      }
    }
  }

  subscribe(listener: (event: DaemonEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
