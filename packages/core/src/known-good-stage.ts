import { type Network, parseNetwork } from './address.ts';
import { isOfOneClient, oneCustomer } from './client-network.ts';
import type { JailConfig } from './config.ts';
import type { Verdict } from './jail.ts';
import { isKnown, judge, type KnownGoodPolicy } from './known-good.ts';
import { type LoginBook, type Logins, loginClient } from './logins.ts';

/** Clients whose failures wait for more, or were let go, at most of each; the oldest is forgotten. */
const maxClients = 10_000;
/** A ban of one client waits for the administrator once in so long, and so long failures that were let go count. */
const day = 86_400_000;

/** What is asked of a failure that a verdict rests on. */
export interface JudgedFailure {
  readonly id: number;
  readonly time: number;
  readonly address: Network;
  readonly site: string;
  readonly count: number;
}

/** A verdict with the failures that waited for it. */
export interface WholeVerdict<F> {
  readonly verdict: Verdict;
  readonly failures: readonly F[];
}

/** What its ban is like. */
export interface JudgedBan<F> extends WholeVerdict<F> {
  readonly act: 'ban' | 'hold';
  /** A gentle ban: at most so long, in milliseconds. Null: as the jail says. */
  readonly bantime: number | null;
  /** Empty: nothing is known of the client. */
  readonly because: string;
}

/** @property act `wait`: the failures stay counted. `let_go`: they are forgotten. */
export type Judged<F> =
  | JudgedBan<F>
  | (WholeVerdict<F> & { readonly act: 'wait' })
  | (WholeVerdict<F> & { readonly act: 'let_go'; readonly because: string });

/** What is known where verdicts are judged: by a daemon from its store, by a replay from what it read. */
export interface KnownGoodSources<F extends JudgedFailure> {
  readonly settings: () => KnownGoodPolicy;
  readonly book: () => LoginBook;
  /** Whether the site that a line names says that one of its administrators works there now. */
  readonly isAtWork: (address: Network, site: string) => boolean;
  /** The registered site that a name in the log belongs to. */
  readonly ownerOf: (site: string) => string | null;
  /** Whether the site that a line names allows the address for itself. */
  readonly isAllowedAt: (site: string, address: Network, now: number) => boolean;
  /** Failures that wait, as far as they are still there. */
  readonly failuresById: (ids: readonly number[]) => readonly F[];
  /** Whether a ban of the network was held since then, and was made in the end. */
  readonly wasHeld: (network: Network, since: number) => boolean;
  readonly timesBanned: (network: Network, jail: string) => number;
}

/** The stage between a jail's verdict and the ban: what successful logins change about it. The same for logs of now and of then. */
export class KnownGoodStage<F extends JudgedFailure> {
  readonly #sources: KnownGoodSources<F>;
  readonly #waiting = new Map<string, readonly number[]>();
  readonly #letGo = new Map<string, { readonly failures: number; readonly since: number }>();

  constructor(sources: KnownGoodSources<F>) {
    this.#sources = sources;
  }

  /**
   * Takes a successful login; cheap, because most are of an hour that is known.
   * @param time NaN: the line does not say, and the login counts for nothing
   * @returns what is new, to be stored
   */
  login(address: Network, site: string, user: string, time: number, now: number): Logins | null {
    const { settings, book } = this.#sources;
    const { enabled, within } = settings();
    if (!enabled || Number.isNaN(time) || time < now - within) return null;
    return book().note(address, site, user, Math.min(time, now), within);
  }

  /** Whether logins make an address known on a site. */
  isKnownAt(address: Network, site: string, now: number): boolean {
    const { settings, book } = this.#sources;
    const policy = settings();
    const logins = policy.enabled ? book().of(address).get(site) : undefined;
    return logins !== undefined && isKnown(policy, logins, now);
  }

  /** Whether somebody in a network of several customers is known, on whatever site. */
  holdsKnown(network: Network, now: number): boolean {
    if (isOfOneClient(network, oneCustomer)) return false;
    const { settings, book } = this.#sources;
    const policy = settings();
    return (
      policy.enabled &&
      book()
        .within(network)
        .some((logins) => isKnown(policy, logins, now))
    );
  }

  /** What becomes of a verdict. @param failures those that it names */
  judge(config: JailConfig, verdict: Verdict, failures: readonly F[], now: number): Judged<F> {
    const { settings, book, isAtWork, ownerOf, wasHeld, timesBanned } = this.#sources;
    const plain = { act: 'ban', verdict, failures, bantime: null, because: '' } as const;
    const policy = settings();
    if (!policy.enabled) return plain;
    const sessions = failures.some(({ address, site }) => isAtWork(address, site));
    if (book().size === 0 && !sessions) return plain;
    const ofAddress = (address: Network) => book().of(address);
    const clients = new Map(
      failures.map(({ address }) => [String(loginClient(address)), ofAddress(address)]),
    );
    const logins = [...clients.values()].flatMap((sites) => [...sites.values()]);
    if (logins.length === 0 && !sessions) return plain;
    const whole = this.#gather(config, verdict, failures, now);
    const judgement = judge(
      policy,
      {
        required: Math.min(config.maxretry, verdict.failures),
        failures: whole.failures.map(({ address, site, count }) => ({
          site,
          count,
          logins: ofAddress(address).get(site) ?? null,
          session: isAtWork(address, site),
        })),
        logins,
        sameSite: (one, other) => siteOf(one, ownerOf) === siteOf(other, ownerOf),
        heldLately: wasHeld(verdict.network, now - day),
        letGo: this.#lately(verdict.network, now),
        bannedBefore: timesBanned(verdict.network, config.name) > 0,
      },
      now,
    );
    if (judgement.act === 'wait') {
      remember(this.#waiting, keyOf(verdict), whole.verdict.failureIds);
      return { ...whole, ...judgement };
    }
    this.#waiting.delete(keyOf(verdict));
    if (judgement.act === 'let_go') {
      this.#note(whole.verdict, now);
      return { ...whole, ...judgement };
    }
    return { ...whole, bantime: policy.bantime, ...judgement };
  }

  /** Forgets failures of a network that wait for more, in one jail or in all. */
  forget(network: Network, jail: string | null): void {
    for (const key of this.#waiting.keys()) {
      const [name, client] = key.split(' ');
      const isTouched = client!.includes('/')
        ? parseNetwork(client!)!.overlaps(network)
        : client === String(network) || !network.isSingle;
      if ((jail === null || jail === name) && isTouched) this.#waiting.delete(key);
    }
  }

  /** The verdict with the failures that waited for it. */
  #gather(
    config: JailConfig,
    verdict: Verdict,
    failures: readonly F[],
    now: number,
  ): { verdict: Verdict; failures: readonly F[] } {
    const ids = this.#waiting.get(keyOf(verdict));
    if (ids === undefined) return { verdict, failures };
    const { failuresById, isAllowedAt } = this.#sources;
    const since = verdict.time - config.findtime;
    const known = new Set(verdict.failureIds);
    const earlier = failuresById(ids.filter((id) => !known.has(id))).filter(
      ({ time, site, address }) => time >= since && !isAllowedAt(site, address, now),
    );
    return {
      verdict: {
        ...verdict,
        failures: verdict.failures + earlier.reduce((sum, { count }) => sum + count, 0),
        failureIds: [...earlier.map(({ id }) => id), ...verdict.failureIds],
        failureCounts: [...earlier.map(({ count }) => count), ...verdict.failureCounts],
        failureTimes: [...earlier.map(({ time }) => time), ...verdict.failureTimes],
      },
      failures: [...earlier, ...failures],
    };
  }

  #lately(network: Network, now: number): number {
    const known = this.#letGo.get(String(network));
    return known === undefined || known.since < now - day ? 0 : known.failures;
  }

  #note({ network, failures }: Verdict, now: number): void {
    const before = this.#lately(network, now);
    const since = before === 0 ? now : this.#letGo.get(String(network))!.since;
    remember(this.#letGo, String(network), { failures: before + failures, since });
  }
}

const keyOf = ({ jail, network }: Verdict): string => `${jail} ${network}`;

/** Sub-sites share the accounts of their site, and so may the names of a registered one. */
function siteOf(name: string, ownerOf: (site: string) => string | null): string {
  const owner = ownerOf(name);
  return owner === null ? `name ${name.split('/')[0]}` : `site ${owner}`;
}

function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > maxClients) map.delete(map.keys().next().value!);
}
