import type { Network } from './address.ts';

const hourMs = 3_600_000;
/** Clients that are remembered of all sources together; beyond it no source's evidence alone bans anybody new this hour. */
const maxRemembered = 1_000_000;

/** A source whose evidence alone bans nobody new for the rest of the hour. */
export interface Exhausted {
  readonly source: number;
  /** Epoch milliseconds, of a full hour. */
  readonly hour: number;
  /** Clients that it was refused since. */
  readonly refused: number;
}

/**
 * How many addresses one source of lines may get banned by its evidence alone in an hour: an IPv4 network counts as many as it has,
 * or a /16 would be one of the 65,536 that make the Internet; an IPv6 network is one client. The hour is by the log's clock (a full one: at the
 * turn of the hour there may be twice as many within 60 minutes). Who was counted is not counted again in that hour.
 */
export class SiteMeasure {
  readonly #most: number;
  readonly #clients = new Map<number, Set<number | string>>();
  /** Addresses taken, by source. */
  readonly #taken = new Map<number, number>();
  readonly #refused = new Map<number, number>();
  #hour = Number.NEGATIVE_INFINITY;
  #remembered = 0;

  /** @param most -1: no limit */
  constructor(most: number) {
    this.#most = most;
  }

  /** Takes one of the source's bans. @returns false where it has none left */
  take(source: number, client: Network, time: number): boolean {
    if (this.#most < 0) return true;
    const hour = Math.floor(time / hourMs);
    // A line that comes late belongs to the hour that is: nobody gains another measure by an old stamp.
    if (hour > this.#hour) this.#begin(hour);
    const clients = this.#clients.getOrInsertComputed(source, () => new Set());
    const key = client.family === 4 ? client.d : client.toString();
    if (clients.has(key)) return true;
    const taken = (this.#taken.get(source) ?? 0) + (client.family === 4 ? 2 ** (32 - client.prefix) : 1);
    if (taken > this.#most || this.#remembered >= maxRemembered) {
      this.#refused.set(source, (this.#refused.get(source) ?? 0) + 1);
      return false;
    }
    clients.add(key);
    this.#taken.set(source, taken);
    this.#remembered++;
    return true;
  }

  /** @param now the hour must not be over */
  exhausted(now: number): Exhausted[] {
    if (now >= (this.#hour + 1) * hourMs) return [];
    return [...this.#refused].map(([source, refused]) => ({ source, hour: this.#hour * hourMs, refused }));
  }

  #begin(hour: number): void {
    this.#hour = hour;
    this.#clients.clear();
    this.#taken.clear();
    this.#refused.clear();
    this.#remembered = 0;
  }
}
