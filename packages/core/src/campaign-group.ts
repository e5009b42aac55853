import type { Campaign } from './campaign.ts';

/** Tells clients apart: an IPv4 address as a number, an IPv6 network as text. */
export type ClientKey = number | string;

/** The clients that were seen last with one thing in common: the name that they tried, or the network that they are in. */
export class CampaignGroup {
  readonly kind: 'user' | 'network' | 'system';
  /** The name, or the network. */
  readonly label: string;
  /** Clients within the window that make a campaign, and how many are remembered. */
  readonly size: number;
  newest = Number.NEGATIVE_INFINITY;
  /** The campaign that it has become part of. */
  campaign: Campaign | null = null;
  /** The `size` that were seen last by their time, whatever order they come in; few enough to be looked through. */
  readonly clients: ClientKey[] = [];
  /** When each of them was seen last. */
  readonly #times: number[] = [];

  constructor(kind: CampaignGroup['kind'], label: string, size: number) {
    this.kind = kind;
    this.label = label;
    this.size = size;
  }

  add(client: ClientKey, time: number): void {
    if (time > this.newest) this.newest = time;
    const { clients } = this;
    const times = this.#times;
    let oldest = 0;
    for (let i = 0; i < clients.length; i++) {
      if (clients[i] === client) {
        if (time > times[i]!) times[i] = time;
        return;
      }
      if (times[i]! < times[oldest]!) oldest = i;
    }
    if (clients.length < this.size) {
      clients.push(client);
      times.push(time);
    } else if (times[oldest]! < time) {
      clients[oldest] = client;
      times[oldest] = time;
    }
  }

  /** Tells it apart from every other. */
  get name(): string {
    return `${this.kind} ${this.label}`;
  }

  /** How many were seen since then, `size` at most. */
  seenSince(since: number): number {
    let seen = 0;
    for (const at of this.#times) if (at >= since) seen++;
    return seen;
  }

  /** When the first of those since then was seen. */
  firstSince(since: number): number {
    let first = this.newest;
    for (const at of this.#times) if (at >= since && at < first) first = at;
    return first;
  }

  /** Whether the campaign that it is part of goes on for it: half of what made one is enough. */
  lasts(since: number): boolean {
    return this.seenSince(since) * 2 >= this.size;
  }
}
