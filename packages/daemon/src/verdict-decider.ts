import {
  accuse,
  type BanRecord,
  type BanStore,
  banDuration,
  bannedNetworks,
  type Clock,
  type FailureRecord,
  type Innocents,
  type JailConfig,
  type Network,
  shorter,
  type Verdict,
} from '@portcullis/core';
import type { JudgedBan } from './known-good.ts';

export interface VerdictDeciderOptions {
  readonly store: BanStore;
  readonly clock: Clock;
  /** From 0 to 1, 1 excluded. */
  readonly random: () => number;
  readonly jail: (name: string) => JailConfig | undefined;
  readonly innocents: Innocents;
  /**
   * What is known of the client may change the ban of a verdict. `wait`: its failures stay counted. `settled`: they are,
   * without a ban. Left out: nothing is known of anybody.
   */
  readonly judge?: (
    config: JailConfig,
    verdict: Verdict,
    failures: readonly FailureRecord[],
  ) => Pick<JudgedBan, 'verdict' | 'failures' | 'bantime' | 'because'> | 'wait' | 'settled';
}

/** How a verdict's ban is made. */
export type Making = Pick<JudgedBan, 'bantime' | 'because'> & { readonly by?: string | undefined };

/** What a verdict leads to. */
export interface Decision {
  /** What counted of the client up to this failure counts no more. */
  readonly settled: { readonly jail: string; readonly network: Network; readonly failureId: number };
  readonly bans: readonly DecidedBan[];
}

/** A ban that is to be recorded: a new one, or a longer one where there is a current one. */
export interface DecidedBan {
  readonly ban: Pick<BanRecord, 'jail' | 'network' | 'since' | 'until' | 'gentle'>;
  readonly current: BanRecord | undefined;
  readonly config: JailConfig;
  readonly verdict: Verdict;
  readonly failures: readonly FailureRecord[];
  readonly making: Making;
  /** How often the network was banned before. */
  readonly earlier: number;
  /** In milliseconds; null: for ever. */
  readonly bantime: number | null;
  /** When it was decided. */
  readonly at: number;
}

/** Decides what the jails' verdicts lead to, by what the store remembers. Inside the transaction in which that is recorded. */
export class VerdictDecider {
  readonly #options: VerdictDeciderOptions;

  constructor(options: VerdictDeciderOptions) {
    this.#options = options;
  }

  /** @returns null where nothing is to be recorded */
  decide(verdict: Verdict): Decision | null {
    const { store, jail, innocents } = this.#options;
    const config = jail(verdict.jail);
    if (config === undefined) return null;
    const accused = accuse(config, verdict, store.failuresById(verdict.failureIds), innocents);
    // Only what the verdict rests on: lines behind it, in the same chunk too, count towards the next one.
    const failureId = verdict.together?.settled ?? Math.max(...verdict.failureIds);
    const settled = { jail: verdict.jail, network: verdict.network, failureId };
    if (accused === null) return { settled, bans: [] };
    const plain = { ...accused, bantime: null, because: '' };
    const current = store.banInForce(verdict.jail, verdict.network);
    const judged =
      current !== undefined
        ? plain
        : (this.#options.judge?.(config, accused.verdict, accused.failures) ?? plain);
    if (judged === 'wait') return null;
    return { settled, bans: judged === 'settled' ? [] : this.#bansOf(config, judged, current) };
  }

  /** Of a verdict that was judged and held. */
  decideHeld(verdict: Verdict, making: Making): DecidedBan[] {
    const { store, jail, innocents } = this.#options;
    const config = jail(verdict.jail);
    if (config === undefined) return [];
    const accused = accuse(config, verdict, store.failuresById(verdict.failureIds), innocents);
    if (accused === null) return [];
    return this.#bansOf(config, { ...accused, ...making }, store.banInForce(verdict.jail, verdict.network));
  }

  /** @param current the ban in force of the verdict's network */
  #bansOf(
    config: JailConfig,
    { verdict, failures, ...making }: Pick<JudgedBan, 'verdict' | 'failures'> & Making,
    current: BanRecord | undefined,
  ): DecidedBan[] {
    const { store, random, clock, innocents } = this.#options;
    const { jail } = verdict;
    return bannedNetworks(config, verdict, failures, innocents).map((network) => {
      const inForce = network === verdict.network ? current : store.banInForce(jail, network);
      const earlier = store.timesBanned(network, config.overalljails ? null : jail);
      const usual = banDuration(config, inForce === undefined ? earlier : Math.max(0, earlier - 1), random());
      const bantime = shorter(usual, making.bantime);
      // A stamp ahead of this host's clock must not make a ban last longer.
      const at = clock.now();
      const since = Math.min(verdict.time, at);
      const until = bantime === null ? null : since + bantime;
      const ban = { jail, network, since, until, gentle: making.bantime !== null };
      return { ban, current: inForce, config, verdict, failures, making, earlier, bantime, at };
    });
  }
}
