import FlatQueue from 'flatqueue';
import { type Network, networkKey } from './address.ts';
import { banDuration, shorter } from './bantime.ts';
import type { JailConfig } from './config.ts';
import { Generations } from './generations.ts';

export interface ReplayedBan {
  readonly jail: string;
  readonly network: Network;
  /** Null: for ever. */
  until: number | null;
}

/** Networks whose earlier bans are remembered, a jail; of more, those banned longest ago count as never banned. */
const maxBanned = 200_000;

/**
 * Bans in force by a log's clock. Those that have ended are forgotten but for their number, which escalation needs, and that
 * they were.
 */
export class ReplayedBans {
  readonly #random: () => number;
  /** By jail and network. */
  readonly #active = new Map<string, Map<number | string, ReplayedBan>>();
  /** How often each network was banned, for jails that escalate. */
  readonly #times = new Map<string, number>();
  readonly #ended = new Map<string, Generations<number | string, true>>();
  /** Bans by their end as it was when they were put in: a longer one is found when that comes. */
  readonly #ends = new FlatQueue<ReplayedBan>();

  /** @param random from 0 to 1, 1 excluded */
  constructor(random: () => number) {
    this.#random = random;
  }

  find(jail: string, network: Network): ReplayedBan | undefined {
    return this.#active.get(jail)?.get(networkKey(network));
  }

  /** @param most at most so long, in milliseconds; null: as the jail says */
  begin(config: JailConfig, network: Network, since: number, most: number | null): ReplayedBan {
    const ban = { jail: config.name, network, until: this.#endOf(config, network, since, false, most) };
    this.#active.getOrInsertComputed(config.name, () => new Map()).set(networkKey(network), ban);
    if (ban.until !== null) this.#ends.push(ban, ban.until);
    return ban;
  }

  /** Never shortens it. @param most as of `begin` */
  prolong(config: JailConfig, ban: ReplayedBan, since: number, most: number | null): void {
    const until = this.#endOf(config, ban.network, since, true, most);
    ban.until = ban.until === null || until === null ? null : Math.max(ban.until, until);
  }

  wasBanned(network: Network, jail: string): boolean {
    return this.#ended.get(jail)?.peek(networkKey(network)) === true;
  }

  /** Ends the bans whose end has come by then, in the order of their ends. */
  end(time: number, ended: (ban: ReplayedBan, end: number) => void): void {
    const ends = this.#ends;
    while ((ends.peekValue() ?? Number.POSITIVE_INFINITY) <= time) {
      const end = ends.peekValue()!;
      const ban = ends.pop()!;
      if (ban.until === null) continue;
      if (ban.until > end) {
        ends.push(ban, ban.until);
        continue;
      }
      const key = networkKey(ban.network);
      this.#active.get(ban.jail)!.delete(key);
      this.#ended.getOrInsertComputed(ban.jail, () => new Generations(maxBanned)).set(key, true);
      ended(ban, end);
    }
  }

  /** When a ban from `since` on ends; escalation counts the bans before it, and not itself when it is prolonged. */
  #endOf(
    config: JailConfig,
    network: Network,
    since: number,
    again: boolean,
    most: number | null,
  ): number | null {
    let earlier = 0;
    if (config.increment) {
      const key = config.overalljails ? network.toString() : `${config.name} ${network}`;
      earlier = this.#times.get(key) ?? 0;
      if (again) earlier = Math.max(0, earlier - 1);
      else this.#times.set(key, earlier + 1);
    }
    const duration = shorter(banDuration(config, earlier, this.#random()), most);
    return duration === null ? null : since + duration;
  }
}
