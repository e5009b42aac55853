import { setTimeout as pause } from 'node:timers/promises';
import {
  type Clock,
  type DeliveryOutcome,
  type DestinationConfig,
  type Outbox,
  planDelivery,
  type Reporter,
} from '@portcullis/core';
import type { Messages } from './next-message.ts';
import type { Pacer } from './pacer.ts';

/** The first wait after a failed attempt, doubled with each, and the longest, in milliseconds. */
const firstWait = 2_000;
const longestWait = 5 * 60_000;
/** However long the place asks to be left alone. */
const longestAsked = 60 * 60_000;
/** Failed attempts in a row until a person is told. */
const toldAfter = 5;
/** How soon what was just written is looked at, in milliseconds. */
const promptly = 200;
/** The longest sleep: quiet hours are by a clock that people set. */
const longestSleep = 60_000;

export interface DeliveryOptions {
  readonly destination: DestinationConfig;
  readonly reporter: Reporter;
  readonly outbox: Outbox;
  readonly messages: Messages;
  readonly pacer: Pacer;
  readonly clock: Clock;
  /** From 0 to 1, 1 excluded. */
  readonly random: () => number;
  /** The minute of the day, by the host's clock. */
  readonly minuteOf: (instant: number) => number;
  /** Told when delivering fails for longer, with a sentence, and with null when it works again. */
  readonly onTrouble: (sentence: string | null) => void;
  /** Told of a message that was dropped, because the place will never take it. */
  readonly onRefused: (sentence: string) => void;
}

/**
 * Carries what waits for one destination, one message at a time. The only place that tries again: with waits that grow, by a
 * random part different, and never before the place wants it. What is delivered is taken out of the outbox afterwards, so a
 * crash between the two sends it twice; nothing else does but an answer that was lost.
 */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #stop = new AbortController();
  #timer: NodeJS.Timeout | null = null;
  #wakeAt = 0;
  #again = false;
  #work: Promise<void> | null = null;
  #failed = 0;
  #notBefore = 0;
  #revoked = false;

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  /** Something may wait. Costs next to nothing where that is known already. */
  wake(): void {
    if (this.#work !== null) this.#again = true;
    else this.#sleep(promptly);
  }

  /** The place is known to take messages: what waits goes there now, even where it was given up. */
  resume(): void {
    if (!this.#revoked && this.#failed === 0) return;
    this.#revoked = false;
    this.#failed = 0;
    this.#notBefore = 0;
    this.#options.onTrouble(null);
    this.wake();
  }

  /** Sends what is due within `grace` milliseconds; then nothing more. */
  async finish(grace: number): Promise<void> {
    const end = this.#options.clock.now() + grace;
    const cut = setTimeout(() => this.#stop.abort(), grace);
    await this.#work;
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (let delay: number | null = 0; delay !== null && this.#options.clock.now() + delay < end; ) {
      await pause(delay, undefined, { signal: this.#stop.signal }).catch(() => {});
      delay = await this.#advance().catch(() => null);
    }
    this.#stop.abort();
    clearTimeout(cut);
  }

  #sleep(delay: number): void {
    if (this.#stop.signal.aborted) return;
    const length = Math.min(delay, longestSleep);
    const at = this.#options.clock.now() + length;
    if (this.#timer !== null && at >= this.#wakeAt) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#wakeAt = at;
    // Nothing that waits keeps the process: it is in the database.
    this.#timer = setTimeout(() => this.#run(), length).unref();
  }

  #run(): void {
    this.#timer = null;
    this.#again = false;
    this.#work = this.#advance()
      .catch((error: unknown) => {
        const { name } = this.#options.destination;
        this.#options.onTrouble(`Reports to [${name}] failed: ${(error as Error).message}`);
        return longestWait;
      })
      .then((delay) => {
        this.#work = null;
        if (this.#again) this.#sleep(promptly);
        if (delay !== null) this.#sleep(delay);
      });
  }

  /** Does what is due. @returns when to go on, in milliseconds; null: when something comes */
  async #advance(): Promise<number | null> {
    const { destination, outbox, messages, pacer, reporter, clock, minuteOf } = this.#options;
    await messages.bound(destination);
    if (this.#revoked) return null;
    while (!this.#stop.signal.aborted) {
      const now = clock.now();
      const { name } = destination;
      const step = planDelivery(outbox.waiting(name), outbox.sent(name), now, minuteOf(now), destination);
      if (step === null) return null;
      if ('at' in step) return step.at - now;
      const wait = Math.max(Math.min(this.#notBefore - now, longestAsked), pacer.wait(reporter.endpoint));
      if (wait > 0) return wait;
      const message = await pacer.take(reporter.endpoint, async () => {
        const next = await messages.next(destination, step.kind, step.upTo);
        return next && { next, outcome: await reporter.send(next, this.#stop.signal) };
      });
      if (message === null) outbox.settle(name, step.kind, step.upTo, null);
      else this.#conclude(step, message.outcome);
      if (this.#revoked) return null;
    }
    return null;
  }

  #conclude(
    { kind, upTo }: { kind: Parameters<Outbox['settle']>[1]; upTo: number },
    outcome: DeliveryOutcome,
  ): void {
    const { destination, outbox, reporter, clock, onTrouble, onRefused } = this.#options;
    const { name } = destination;
    const said = `${outcome.status ?? ''} ${outcome.answer}`.trim();
    if (outcome.result === 'delivered') {
      outbox.settle(name, kind, upTo, clock.now());
      this.#failed = 0;
      onTrouble(null);
    } else if (outcome.result === 'refused') {
      outbox.settle(name, kind, upTo, clock.now());
      onRefused(`${reporter.host} does not take a message for [${name}], and it was dropped: ${said}`);
    } else if (outcome.result === 'revoked') {
      this.#revoked = true;
      onTrouble(
        `Nothing is sent to [${name}] any more: ${reporter.host} answered ${said}. Give it a new webhook, and reload.`,
      );
    } else if (!this.#stop.signal.aborted) {
      this.#failed++;
      this.#notBefore = clock.now() + this.#waitFor(outcome.retryAfter);
      if (this.#failed >= toldAfter)
        onTrouble(`Reports to [${name}] wait: ${this.#failed} attempts failed, the last with: ${said}`);
    }
  }

  #waitFor(asked = 0): number {
    const grown = Math.min(firstWait * 2 ** Math.min(this.#failed - 1, 20), longestWait);
    return Math.max(grown * (0.5 + this.#options.random() / 2), Math.min(asked, longestAsked));
  }
}
