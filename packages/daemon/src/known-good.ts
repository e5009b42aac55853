import type { Why } from '@portcullis/contracts';
import {
  type BanStore,
  type Clock,
  type Detector,
  type FailureRecord,
  isKnown,
  type JailConfig,
  judge,
  type KnownGoodPolicy,
  LoginBook,
  type Logins,
  loginClient,
  type Network,
  type Verdict,
} from '@portcullis/core';
import { keyOf } from './enforcer.ts';
import type { KnownGoodTable } from './store/known-good.ts';

/** Clients whose failures wait for more, or were let go, at most of each; the oldest is forgotten. */
const maxWaiting = 10_000;
/** A ban of one client waits for the administrator once in so long, and so long failures that were let go count. */
const day = 86_400_000;

/** A verdict, and what its ban is like. */
export interface JudgedBan {
  readonly act: 'ban' | 'hold';
  readonly verdict: Verdict;
  readonly failures: readonly FailureRecord[];
  /** At most so long, in milliseconds; null: as the jail says. */
  readonly bantime: number | null;
  /** Empty: nothing is known of the client. */
  readonly because: string;
}

/** @property act `wait`: the failures stay counted. `let_go`: they are forgotten. */
export type Judged = JudgedBan | { readonly act: 'wait' | 'let_go' };

export interface KnownGoodOptions {
  readonly table: KnownGoodTable;
  readonly store: Pick<BanStore, 'failuresById' | 'timesBanned' | 'addAudit'>;
  readonly clock: Clock;
  readonly settings: () => KnownGoodPolicy;
  readonly detector: Pick<Detector, 'isAllowedAt'>;
  /** Whether the site that a line names says that one of its administrators works there now. */
  readonly isAtWork: (address: Network, site: string) => boolean;
  /** The registered site that a name in the log belongs to. */
  readonly ownerOf: (site: string) => string | null;
}

/** The stage between a jail's verdict and the ban: what successful logins change about it. */
export class KnownGood {
  readonly #options: KnownGoodOptions;
  /** Read when it is needed: after a start bans are enforced first. */
  #read: LoginBook | null = null;
  #news: Logins[] = [];
  readonly #waiting = new Map<string, readonly number[]>();
  readonly #letGo = new Map<string, { failures: number; readonly since: number }>();

  constructor(options: KnownGoodOptions) {
    this.#options = options;
  }

  get #book(): LoginBook {
    this.#read ??= new LoginBook(this.#options.table.logins());
    return this.#read;
  }

  /** Where the client of an address has logged in, and where that makes it known. */
  describe(address: Network): NonNullable<Why['logins']> {
    const { settings, clock } = this.#options;
    const policy = settings();
    return [...this.#book.of(loginClient(address)).values()].map((logins) => ({
      site: logins.site,
      hours: logins.hours,
      last_hour: new Date(logins.lastHour).toISOString(),
      known: policy.enabled && isKnown(policy, logins, clock.now()),
    }));
  }

  /** Takes a successful login; cheap, because most are of an hour that is known. */
  login(address: Network, site: string, user: string, time: number): void {
    const { settings, clock } = this.#options;
    const { enabled, within } = settings();
    const now = clock.now();
    if (!enabled || time < now - within) return;
    const news = this.#book.note(address, site, user, Math.min(time, now), within);
    if (news !== null) this.#news.push(news);
  }

  /** Stores what logins came to, in the transaction of their lines. */
  save(): void {
    if (this.#news.length === 0) return;
    this.#options.table.saveLogins(this.#news);
    this.#news = [];
  }

  prune(): void {
    const { table, settings, clock } = this.#options;
    const { within } = settings();
    table.pruneLogins(Number.isFinite(within) ? clock.now() - within - 3_600_000 : 0);
  }

  /** What becomes of a verdict. `failures` are those that it names. */
  judge(config: JailConfig, verdict: Verdict, failures: readonly FailureRecord[]): Judged {
    const { settings, isAtWork, clock, table, store, ownerOf } = this.#options;
    const plain = { act: 'ban', verdict, failures, bantime: null, because: '' } as const;
    const policy = settings();
    if (!policy.enabled) return plain;
    const now = clock.now();
    const ofAddress = (address: Network) => this.#book.of(loginClient(address));
    const clients = new Map(
      failures.map(({ address }) => [String(loginClient(address)), ofAddress(address)]),
    );
    const logins = [...clients.values()].flatMap((sites) => [...sites.values()]);
    const sessions = failures.some(({ address, site }) => isAtWork(address, site));
    if (logins.length === 0 && !sessions) return plain;
    const whole = this.#gather(config, verdict, failures);
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
        heldLately: table.wasHeld(verdict.network, now - day),
        letGo: this.#lately(verdict.network, now),
        bannedBefore: store.timesBanned(verdict.network, config.name) > 0,
      },
      now,
    );
    if (judgement.act === 'wait') {
      remember(this.#waiting, keyOf(verdict), whole.verdict.failureIds);
      return judgement;
    }
    this.#waiting.delete(keyOf(verdict));
    if (judgement.act === 'let_go') {
      this.#note(whole.verdict, judgement.because, now);
      return judgement;
    }
    return { ...whole, bantime: policy.bantime, ...judgement };
  }

  /** Forgets failures of a network that wait for more, in one jail or in all. */
  forget(network: Network, jail: string | null): void {
    for (const key of this.#waiting.keys()) {
      const [name, client] = key.split(' ');
      if ((jail === null || jail === name) && (client === String(network) || !network.isSingle))
        this.#waiting.delete(key);
    }
  }

  /** The verdict with the failures that waited for it. */
  #gather(config: JailConfig, verdict: Verdict, failures: readonly FailureRecord[]) {
    const ids = this.#waiting.get(keyOf(verdict));
    if (ids === undefined) return { verdict, failures };
    const { store, detector, clock } = this.#options;
    const since = verdict.time - config.findtime;
    const known = new Set(verdict.failureIds);
    const earlier = store
      .failuresById(ids.filter((id) => !known.has(id)))
      .filter(
        ({ time, site, address }) => time >= since && !detector.isAllowedAt(site, address, clock.now()),
      );
    return {
      verdict: {
        ...verdict,
        failures: verdict.failures + earlier.reduce((sum, { count }) => sum + count, 0),
        failureIds: [...earlier.map(({ id }) => id), ...verdict.failureIds],
        failureCounts: [...earlier.map(({ count }) => count), ...verdict.failureCounts],
      },
      failures: [...earlier, ...failures],
    };
  }

  #lately(network: Network, now: number): number {
    const known = this.#letGo.get(String(network));
    return known === undefined || known.since < now - day ? 0 : known.failures;
  }

  #note({ network, jail, failures }: Verdict, because: string, now: number): void {
    const before = this.#lately(network, now);
    const since = before === 0 ? now : this.#letGo.get(String(network))!.since;
    remember(this.#letGo, String(network), { failures: before + failures, since });
    const at = new Date(now).toISOString();
    const detail = `${failures} failures let go: ${because}`;
    this.#options.store.addAudit({
      at,
      actor: 'daemon',
      action: 'let_go',
      ip: String(network),
      jail,
      detail,
    });
  }
}

/** Sub-sites share the accounts of their site, and so may the names of a registered one. */
function siteOf(name: string, ownerOf: (site: string) => string | null): string {
  const owner = ownerOf(name);
  return owner === null ? `name ${name.split('/')[0]}` : `site ${owner}`;
}

function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > maxWaiting) map.delete(map.keys().next().value!);
}
