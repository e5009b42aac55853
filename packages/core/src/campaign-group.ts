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
  /** When each was seen last: the `size` that were seen last by their time, whatever order they come in. */
  readonly #seen = new Map<ClientKey, number>();

  constructor(kind: CampaignGroup['kind'], label: string, size: number) {
    this.kind = kind;
    this.label = label;
    this.size = size;
  }

  get clients(): Iterable<ClientKey> {
    return this.#seen.keys();
  }

  add(client: ClientKey, time: number): void {
    if (time > this.newest) this.newest = time;
    const known = this.#seen.get(client);
    if (known === undefined && this.#seen.size >= this.size && !this.#dropBefore(time)) return;
    if (known === undefined || time > known) this.#seen.set(client, time);
  }

  /** How many were seen since then, `size` at most. */
  seenSince(since: number): number {
    let seen = 0;
    for (const at of this.#seen.values()) if (at >= since) seen++;
    return seen;
  }

  /** When the first of those since then was seen. */
  firstSince(since: number): number {
    let first = this.newest;
    for (const at of this.#seen.values()) if (at >= since && at < first) first = at;
    return first;
  }

  /** Whether the campaign that it is part of goes on for it: half of what made one is enough. */
  lasts(since: number): boolean {
    return this.seenSince(since) * 2 >= this.size;
  }

  /** Makes room by forgetting the client seen longest ago, if that was before `time`. */
  #dropBefore(time: number): boolean {
    let oldest: ClientKey | undefined;
    let at = time;
    for (const [client, seen] of this.#seen) {
      if (seen >= at) continue;
      at = seen;
      oldest = client;
    }
    return oldest !== undefined && this.#seen.delete(oldest);
  }
}
