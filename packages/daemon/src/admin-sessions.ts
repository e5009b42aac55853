import type { BanStore, Clock, Network, SitePart } from '@portcullis/core';
import { loginClient, siteActor } from '@portcullis/core';

/** Addresses that one site can name at once; beyond it the one named longest ago goes. */
export const maxSessions = 5;
/** For how long one is believed, in milliseconds: the panel says it again every few minutes. */
export const sessionTime = 15 * 60_000;

export interface AdminSessionsOptions {
  readonly clock: Clock;
  readonly store: Pick<BanStore, 'addAudit'>;
  /** Whether a name in the log is theirs. */
  readonly owns: (part: SitePart, name: string) => boolean;
}

/**
 * From where the administrators of registered sites work, as the sites say. A site may lie, so its word weighs only where
 * bans rest on its own lines, for few addresses and a short time; each is in the audit log. Not kept across restarts.
 */
export class AdminSessions {
  readonly #options: AdminSessionsOptions;
  readonly #bySite = new Map<string, Map<string, { readonly part: SitePart; readonly until: number }>>();

  constructor(options: AdminSessionsOptions) {
    this.#options = options;
  }

  /** @param user the WordPress user that the site claims @returns until when it is believed */
  note(part: SitePart, address: Network, user: string): number {
    const { clock, store } = this.#options;
    const now = clock.now();
    const client = loginClient(address);
    const sessions = this.#bySite.get(siteActor(part)) ?? new Map();
    this.#bySite.set(siteActor(part), sessions);
    const isNew = !this.knows(part, address);
    const until = now + sessionTime;
    sessions.delete(String(client));
    sessions.set(String(client), { part, until });
    if (sessions.size > maxSessions) sessions.delete(sessions.keys().next().value!);
    if (isNew) {
      store.addAudit({
        at: new Date(now).toISOString(),
        actor: siteActor(part),
        action: 'session',
        ip: String(address),
        jail: null,
        detail: user === '' ? '' : `as ${user}`,
      });
    }
    return until;
  }

  /** Whether it is believed already. */
  knows(part: SitePart, address: Network): boolean {
    const session = this.#bySite.get(siteActor(part))?.get(String(loginClient(address)));
    return session !== undefined && session.until > this.#options.clock.now();
  }

  /** Whether the site that a line names says that one of its administrators works there now. */
  isAtWork(address: Network, site: string): boolean {
    if (this.#bySite.size === 0) return false;
    const { clock, owns } = this.#options;
    const client = String(loginClient(address));
    return this.#bySite.values().some((sessions) => {
      const session = sessions.get(client);
      return session !== undefined && session.until > clock.now() && owns(session.part, site);
    });
  }
}
