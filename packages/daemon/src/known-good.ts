import type { Why } from '@portcullis/contracts';
import {
  type BanStore,
  type Clock,
  type JudgedBan as CoreJudgedBan,
  type Detector,
  type FailureRecord,
  isKnown,
  type JailConfig,
  type Judged,
  type KnownGoodPolicy,
  KnownGoodStage,
  LoginBook,
  type Logins,
  type Network,
  type Verdict,
} from '@portcullis/core';
import type { KnownGoodTable } from './store/known-good.ts';

/** A verdict, and what its ban is like. */
export type JudgedBan = CoreJudgedBan<FailureRecord>;

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

/** Successful logins as they are stored, and what they change about a verdict. */
export class KnownGood {
  readonly #options: KnownGoodOptions;
  readonly #stage: KnownGoodStage<FailureRecord>;
  /** Read when it is needed: after a start bans are enforced first. */
  #read: LoginBook | null = null;
  #news: Logins[] = [];

  constructor(options: KnownGoodOptions) {
    const { table, store, settings, detector, isAtWork, ownerOf } = options;
    this.#options = options;
    this.#stage = new KnownGoodStage({
      settings,
      book: () => this.#book,
      isAtWork,
      ownerOf,
      isAllowedAt: (site, address, now) => detector.isAllowedAt(site, address, now),
      failuresById: (ids) => store.failuresById(ids),
      wasHeld: (network, since) => table.wasHeld(network, since),
      timesBanned: (network, jail) => store.timesBanned(network, jail),
    });
  }

  get #book(): LoginBook {
    this.#read ??= new LoginBook(this.#options.table.logins());
    return this.#read;
  }

  /** Where the client of an address has logged in, and where that makes it known. */
  describe(address: Network): NonNullable<Why['logins']> {
    const { settings, clock } = this.#options;
    const policy = settings();
    return [...this.#book.of(address).values()].map((logins) => ({
      site: logins.site,
      hours: logins.hours,
      last_hour: new Date(logins.lastHour).toISOString(),
      known: policy.enabled && isKnown(policy, logins, clock.now()),
    }));
  }

  /** So many failures like this one count as one. */
  factorOf({ address, site }: FailureRecord): number {
    return this.isKnownAt(address, site) ? this.#options.settings().factor : 1;
  }

  /** Whether an address is known on a site. */
  isKnownAt(address: Network, site: string): boolean {
    return this.#stage.isKnownAt(address, site, this.#options.clock.now());
  }

  /** Whether somebody in a network of several customers is known, on whatever site. */
  holdsKnown(network: Network): boolean {
    return this.#stage.holdsKnown(network, this.#options.clock.now());
  }

  /** Takes a successful login. */
  login(address: Network, site: string, user: string, time: number): void {
    const news = this.#stage.login(address, site, user, time, this.#options.clock.now());
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

  /** What becomes of a verdict; what is let go is audited. `failures` are those that it names. */
  judge(config: JailConfig, verdict: Verdict, failures: readonly FailureRecord[]): Judged<FailureRecord> {
    const { clock, store } = this.#options;
    const now = clock.now();
    const judged = this.#stage.judge(config, verdict, failures, now);
    if (judged.act === 'let_go') {
      store.addAudit({
        at: new Date(now).toISOString(),
        actor: 'daemon',
        action: 'let_go',
        ip: String(verdict.network),
        jail: verdict.jail,
        detail: `${judged.verdict.failures} failures let go: ${judged.because}`,
      });
    }
    return judged;
  }

  /** Forgets failures of a network that wait for more, in one jail or in all. */
  forget(network: Network, jail: string | null): void {
    this.#stage.forget(network, jail);
  }
}
