import { createHash } from 'node:crypto';
import {
  type NewRegistration,
  type Page,
  PortcullisError,
  type Registered,
  type Registration,
  type SiteToken,
} from '@portcullis/contracts';
import { type BanStore, type Clock, completeSite, sharedSocketId } from '@portcullis/core';
import { createToken, hashToken } from '../api/token.ts';
import type { Health } from '../health.ts';
import type { RegisteredSite, SiteRegistry } from './registry.ts';
import type { SiteSockets } from './sockets.ts';
import type { UnixNames } from './unix-names.ts';

/** Sites that can be registered by command; the configuration has no bound of its own. */
export const maxRegistrations = 500;
const maxId = 40;

export interface RegistrationsOptions {
  readonly store: BanStore;
  readonly registry: SiteRegistry;
  readonly sockets: SiteSockets;
  readonly names: UnixNames;
  readonly clock: Clock;
  readonly health: Health;
  readonly lastEventAt: (id: string) => number | null;
  /** Reads anew who is registered, and lets nothing of before go on. */
  readonly refresh: () => void;
}

/** What the administrator does about sites. Each change is durable and audited before it holds. */
export class Registrations {
  readonly #options: RegistrationsOptions;

  constructor(options: RegistrationsOptions) {
    this.#options = options;
  }

  list({ limit = 100, cursor }: { limit?: number; cursor?: string }): Page<Registration> {
    const all = this.#options.registry.all.toSorted((one, other) => (one.id < other.id ? -1 : 1));
    const start = cursor === undefined ? 0 : all.findIndex(({ id }) => id > cursor);
    const items = start < 0 ? [] : all.slice(start, start + limit);
    const more = start >= 0 && start + limit < all.length;
    return {
      items: items.map((site) => this.#tell(site)),
      next: more ? items.at(-1)!.id : null,
      total: all.length,
    };
  }

  /** @throws PortcullisError invalid_request, already_registered, configured_site, unknown_user, unavailable */
  async add(actor: string, asked: NewRegistration): Promise<Registered> {
    const { store, registry, sockets, names, clock, refresh } = this.#options;
    const { id = deriveId(asked.domains[0]!), ...settings } = asked;
    const site = completeSite(id, settings);
    this.#refuseTaken(site.id, site.domains);
    if (site.user === null && site.mode === 'isolated') {
      throw new PortcullisError('invalid_request', 'The Unix user of the site is missing.', {
        hint: 'Name the user that runs its PHP with --user; where many sites share one, use --mode shared.',
      });
    }
    if (site.user !== null) await names.user(site.user);
    // While the name was looked up somebody else may have registered the same.
    this.#refuseTaken(site.id, site.domains);
    const token = site.mode === 'shared' ? createToken() : null;
    store.transaction(
      () => {
        store.saveRegistration(site, clock.now());
        if (token !== null) store.saveToken(site.id, hashToken(token), clock.now());
        this.#audit(actor, 'register', `${site.id}: ${site.domains.join(', ')}; ${site.mode}`);
      },
      { durable: true },
    );
    refresh();
    await sockets.sync();
    const registered = registry.get(site.id);
    if (!sockets.isServed(registered)) {
      await this.#drop(site.id);
      const problem = this.#options.health.problems.find(({ code }) => code === 'site_unserved');
      throw new PortcullisError(
        'unavailable',
        problem?.sentence ?? `The socket of ${site.id} cannot be opened.`,
        {
          hint: 'Nothing was registered.',
        },
      );
    }
    return { site: this.#tell(registered), token };
  }

  /** @throws PortcullisError not_found, configured_site */
  async remove(actor: string, id: string): Promise<Registration> {
    const site = this.#options.registry.get(id);
    this.#refuseConfigured(site);
    const told = this.#tell(site);
    this.#options.store.transaction(() => this.#audit(actor, 'unregister', id), { durable: true });
    await this.#drop(id);
    return { ...told, served: false };
  }

  /** @throws PortcullisError not_found, invalid_request */
  issueToken(actor: string, id: string): SiteToken {
    const { store, clock, refresh } = this.#options;
    this.#sharedSite(id);
    const token = createToken();
    store.transaction(
      () => {
        store.saveToken(id, hashToken(token), clock.now());
        this.#audit(actor, 'token', `${id}: issued`);
      },
      { durable: true },
    );
    refresh();
    return { id, token };
  }

  /** @throws PortcullisError not_found, invalid_request */
  revokeToken(actor: string, id: string): Registration {
    const { store, refresh } = this.#options;
    const site = this.#sharedSite(id);
    store.transaction(
      () => {
        store.removeToken(id);
        this.#audit(actor, 'token', `${id}: revoked`);
      },
      { durable: true },
    );
    refresh();
    return this.#tell(site);
  }

  async #drop(id: string): Promise<void> {
    const { store, refresh, sockets } = this.#options;
    store.transaction(() => store.removeRegistration(id), { durable: true });
    refresh();
    await sockets.sync();
  }

  #tell(site: RegisteredSite): Registration {
    const { registry, sockets, lastEventAt } = this.#options;
    const last = lastEventAt(site.id);
    return {
      id: site.id,
      domains: [...site.domains],
      user: site.user,
      mode: site.mode,
      rights: [...site.rights],
      wp: site.wp,
      source: site.source,
      socket: sockets.pathOf(site),
      served: sockets.isServed(site),
      has_token: registry.tokens.has(site.id),
      last_event_at: last === null ? null : new Date(last).toISOString(),
    };
  }

  #refuseTaken(id: string, domains: readonly string[]): void {
    const { registry } = this.#options;
    const known = registry.find(id);
    if (known !== undefined) this.#refuseConfigured(known);
    const remove = (one: string) => `Remove it first: portcullis site remove ${one}`;
    if (known !== undefined) {
      throw new PortcullisError('already_registered', `A site is registered as “${id}” already.`, {
        hint: remove(id),
      });
    }
    if (id === sharedSocketId) {
      throw new PortcullisError('invalid_request', `“${id}” is the name of the shared socket.`, {
        hint: 'Choose another id with --id.',
      });
    }
    for (const domain of domains) {
      const owner = registry.all.find((site) => site.domains.includes(domain));
      if (owner === undefined) continue;
      throw new PortcullisError(
        'already_registered',
        `${domain} belongs to the site “${owner.id}” already.`,
        {
          hint: owner.source === 'config' ? `It stands in [sites.${owner.id}].` : remove(owner.id),
        },
      );
    }
    if (registry.all.filter(({ source }) => source === 'command').length >= maxRegistrations) {
      throw new PortcullisError('invalid_request', `${maxRegistrations} sites are registered already.`);
    }
  }

  #refuseConfigured({ id, source }: RegisteredSite): void {
    if (source !== 'config') return;
    throw new PortcullisError('configured_site', `The site “${id}” is registered in the configuration.`, {
      hint: `Change [sites.${id}] there, then reload: systemctl reload portcullis`,
    });
  }

  #sharedSite(id: string): RegisteredSite {
    const site = this.#options.registry.get(id);
    if (site.mode === 'shared') return site;
    throw new PortcullisError(
      'invalid_request',
      `The site “${id}” has a socket of its own and needs no token.`,
    );
  }

  #audit(actor: string, action: 'register' | 'unregister' | 'token', detail: string): void {
    const at = new Date(this.#options.clock.now()).toISOString();
    this.#options.store.addAudit({ at, actor, action, ip: null, jail: null, detail });
  }
}

/** The domain, as far as a file can be called so; a longer one ends in a part of its hash. */
export function deriveId(domain: string): string {
  const name = domain
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, '-')
    .replace(/^[.-]+|[.-]+$/g, '');
  if (name.length <= maxId && name !== '' && name !== sharedSocketId) return name;
  const hash = createHash('sha256').update(domain).digest('hex').slice(0, 8);
  return `${name.slice(0, maxId - 9).replace(/[.-]+$/, '')}-${hash}`.replace(/^-/, '');
}
