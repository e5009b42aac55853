import type { Network } from './address.ts';
import type { JailConfig } from './config.ts';
import type { Detector } from './detector.ts';
import { holdStep } from './hold-step.ts';
import type { Verdict } from './jail.ts';
import type { KnownGoodPolicy } from './known-good.ts';
import { type JudgedBan, type JudgedFailure, KnownGoodStage, type WholeVerdict } from './known-good-stage.ts';
import { LoginBook } from './logins.ts';

/** What a ban that was judged is like. */
export interface ReplayedEvidence {
  readonly failures: number;
  readonly sites: Readonly<Record<string, number>>;
  /** At most so long, in milliseconds; null: as the jail says. */
  readonly bantime: number | null;
  /** Empty: nothing is known of the client. */
  readonly because: string;
  /** What it rests on, the latest; empty where only its network is asked for. */
  readonly rests: readonly JudgedFailure[];
}

/** A ban that waits, for an answer that nobody gives. */
export interface ReplayedHold extends ReplayedEvidence {
  readonly jail: string;
  readonly network: Network;
  readonly since: number;
  readonly until: number;
}

/** Failures that wait for more; of more, those that have waited longest are forgotten. */
const maxWaiting = 100_000;
/** Failures that a hold remembers one by one. */
const maxRests = 2_000;
/** Networks whose ban was held and made; of more, the one of longest ago is forgotten. */
const maxMade = 10_000;

/** What successful logins in a log change about its verdicts, by the log's clock. No administrator is at work, and none answers. */
export class ReplayedKnownGood {
  readonly #policy: KnownGoodPolicy;
  readonly #stage: KnownGoodStage<JudgedFailure>;
  readonly #book = new LoginBook();
  readonly #waiting = new Map<number, JudgedFailure>();
  /** The one that ends first comes first: all wait equally long. */
  readonly #held = new Map<string, ReplayedHold>();
  /** When bans that were made after all began to wait, by network. */
  readonly #made = new Map<string, number>();

  /** @param wasBanned whether a ban of the network in the jail has ended */
  constructor(
    policy: KnownGoodPolicy,
    detector: Detector,
    wasBanned: (network: Network, jail: string) => boolean,
  ) {
    this.#policy = policy;
    this.#stage = new KnownGoodStage({
      settings: () => policy,
      book: () => this.#book,
      isAtWork: () => false,
      ownerOf: (site) => detector.witnesses.ownerOf(site),
      isAllowedAt: (site, address, now) => detector.isAllowedAt(site, address, now),
      failuresById: (ids) => this.#takeWaiting(ids),
      wasHeld: (network, since) => (this.#made.get(String(network)) ?? Number.NEGATIVE_INFINITY) >= since,
      timesBanned: (network, jail) => (wasBanned(network, jail) ? 1 : 0),
    });
  }

  /** Nobody has logged in so far. */
  get isEmpty(): boolean {
    return this.#book.size === 0;
  }

  isKnownAt(address: Network, site: string, now: number): boolean {
    return this.#stage.isKnownAt(address, site, now);
  }

  /** Whether somebody in a network of several customers is known. */
  holdsKnown(network: Network, now: number): boolean {
    return this.#stage.holdsKnown(network, now);
  }

  login(address: Network, site: string, user: string, time: number, now: number): void {
    this.#stage.login(address, site, user, time, now);
  }

  /**
   * @param failures those that the verdict names
   * @returns the ban that is due, or one that waits from now on; null where there is neither
   */
  judge(
    config: JailConfig,
    verdict: Verdict,
    failures: readonly JudgedFailure[],
    now: number,
  ): ReplayedEvidence | ReplayedHold | null {
    const judged = this.#stage.judge(config, verdict, failures, now);
    if (judged.act === 'ban' || judged.act === 'hold') return this.#hold(judged, now);
    if (judged.act === 'wait') {
      for (const failure of judged.failures) remember(this.#waiting, failure.id, failure, maxWaiting);
    }
    return null;
  }

  /** Takes the ban that waited longest, where its end has come by then. */
  takeDue(time: number): ReplayedHold | null {
    if (this.#held.size === 0) return null;
    const held = this.#held.values().next().value!;
    if (held.until > time) return null;
    this.#close(held);
    return { ...held, because: `held, and not answered: ${held.because}` };
  }

  #hold({ act, verdict, failures, bantime, because }: JudgedBan<JudgedFailure>, now: number) {
    const { jail, network } = verdict;
    const key = keyOf(verdict);
    const held = this.#held.get(key);
    const evidence = evidenceOf({ verdict, failures }, bantime, because);
    switch (holdStep(act, held?.failures ?? null, verdict.failures, this.#held.size)) {
      case 'ban':
        return evidence;
      case 'hold': {
        const until = now + this.#policy.holdFor;
        const hold = { ...evidence, jail, network, since: now, until };
        this.#held.set(key, hold);
        return hold;
      }
      case 'add':
        this.#held.set(key, { ...held!, ...sum(held!, evidence) });
        return null;
      case 'end':
        this.#close(held!);
        return {
          ...sum(held!, evidence),
          bantime: bantime ?? this.#policy.bantime,
          because: 'held before, and the failures went on',
        };
    }
  }

  #close(held: ReplayedHold): void {
    this.#held.delete(keyOf(held));
    remember(this.#made, String(held.network), held.since, maxMade);
  }

  #takeWaiting(ids: readonly number[]): JudgedFailure[] {
    const found = ids.map((id) => this.#waiting.get(id)).filter((failure) => failure !== undefined);
    for (const { id } of found) this.#waiting.delete(id);
    return found;
  }
}

export const evidenceOf = (
  { verdict, failures }: WholeVerdict<JudgedFailure>,
  bantime: number | null,
  because: string,
): ReplayedEvidence => ({
  failures: verdict.failures,
  sites: tally(failures),
  bantime,
  because,
  rests: failures,
});

/** Failures by site. */
function tally(failures: Iterable<{ readonly site: string; readonly count: number }>) {
  const sites: Record<string, number> = Object.create(null);
  for (const { site, count } of failures) sites[site] = (sites[site] ?? 0) + count;
  return sites;
}

const keyOf = ({ jail, network }: { readonly jail: string; readonly network: Network }): string =>
  `${jail} ${network}`;

const sum = (one: ReplayedEvidence, other: ReplayedEvidence) => ({
  failures: one.failures + other.failures,
  sites: tally(
    [one, other].flatMap(({ sites }) => Object.entries(sites).map(([site, count]) => ({ site, count }))),
  ),
  rests: [...one.rests, ...other.rests].slice(-maxRests),
});

function remember<K, V>(map: Map<K, V>, key: K, value: V, most: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > most) map.delete(map.keys().next().value!);
}
