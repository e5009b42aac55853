import { PortcullisError } from '@portcullis/contracts';
import { type BanStore, type SiteConfig, SiteOwners, type SitePart } from '@portcullis/core';

export type SiteSource = 'config' | 'command';
export interface RegisteredSite extends SiteConfig {
  readonly source: SiteSource;
}

export interface SiteRegistryOptions {
  readonly store: Pick<BanStore, 'registrations' | 'tokens' | 'keepSites'>;
  readonly configured: () => readonly SiteConfig[];
  /** The names that the log shows, and a number that changes with them. */
  readonly seen: { names(): Iterable<string>; readonly version: number };
}

/**
 * The sites that have the panel: the configuration's, and those registered by command. Where both speak of one id or one
 * domain, the configuration holds. Says which names in the log are whose.
 */
export class SiteRegistry {
  owners = new SiteOwners();
  /** The SHA-256 of each site's token. */
  tokens: ReadonlyMap<string, Uint8Array> = new Map();
  readonly #options: SiteRegistryOptions;
  #sites: ReadonlyMap<string, RegisteredSite> = new Map();
  #names: { readonly version: number; readonly bySite: Map<string, string[]> } | null = null;

  constructor(options: SiteRegistryOptions) {
    this.#options = options;
  }

  /** Reads anew who is registered. @returns the ids of sites that are gone or are not what they were */
  refresh(): string[] {
    const { store, configured } = this.#options;
    const before = this.#sites;
    const tokensBefore = this.tokens;
    const stored = store.registrations().map((site) => [site.id, { ...site, source: 'command' }] as const);
    const fixed = configured().map((site) => [site.id, { ...site, source: 'config' }] as const);
    this.#sites = new Map<string, RegisteredSite>([...stored, ...fixed]);
    // An id that somebody else gets later must not open what the one of before had.
    store.keepSites([...this.#sites.keys()]);
    this.tokens = store.tokens();
    this.owners = new SiteOwners(
      [...this.#sites.values()].sort((one, other) => rank(one.source) - rank(other.source)),
    );
    this.#names = null;
    return [...new Set([...before.keys(), ...this.#sites.keys()])].filter(
      (id) =>
        JSON.stringify(before.get(id)) !== JSON.stringify(this.#sites.get(id)) ||
        String(tokensBefore.get(id)) !== String(this.tokens.get(id)),
    );
  }

  get all(): readonly RegisteredSite[] {
    return [...this.#sites.values()];
  }

  find(id: string): RegisteredSite | undefined {
    return this.#sites.get(id);
  }

  /** @throws PortcullisError not_found */
  get(id: string): RegisteredSite {
    const site = this.#sites.get(id);
    if (site !== undefined) return site;
    throw new PortcullisError('not_found', `No site is registered as “${id.slice(0, 100)}”.`, {
      hint: '`portcullis sites` lists those that are.',
    });
  }

  owns({ id, sub }: SitePart, name: string): boolean {
    return this.owners.ownerOf(name) === id && (sub === null || sub === name);
  }

  /** The site or sub-site, with the names in the log that are its own. */
  viewer(part: SitePart): SitePart & { readonly names: readonly string[] } {
    return { ...part, names: part.sub === null ? this.namesOf(part.id) : [part.sub] };
  }

  /** The names in the log that are the site's; its own domains are always among them. */
  namesOf(id: string): readonly string[] {
    const { seen } = this.#options;
    const { version } = seen;
    if (this.#names?.version !== version) this.#names = { version, bySite: this.#namesBySite() };
    return this.#names.bySite.get(id) ?? [];
  }

  #namesBySite(): Map<string, string[]> {
    const bySite = new Map<string, Set<string>>();
    const add = (name: string) => {
      const owner = this.owners.ownerOf(name);
      if (owner === null) return;
      const names = bySite.get(owner);
      if (names === undefined) bySite.set(owner, new Set([name]));
      else names.add(name);
    };
    for (const { domains } of this.#sites.values()) domains.forEach(add);
    for (const name of this.#options.seen.names()) add(name);
    return new Map([...bySite].map(([id, names]) => [id, [...names]]));
  }
}

/** The configuration comes last, so that its domains replace others. */
const rank = (source: SiteSource): number => (source === 'config' ? 1 : 0);
