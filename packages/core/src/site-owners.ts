import { siteDomainPattern } from '@portcullis/contracts';
import { canonicalSite } from './syslog.ts';

/** What says whose a site's name is. */
export interface SiteDomains {
  readonly id: string;
  readonly domains: readonly string[];
}

/** A registered site, or one of its names alone: a sub-site of a network. */
export interface SitePart {
  readonly id: string;
  /** Null: the whole site. */
  readonly sub: string | null;
}

/** How the audit log names it. */
export const siteActor = ({ id, sub }: SitePart): string =>
  sub === null ? `site:${id}` : `site:${id}:${sub}`;

const wellFormed = new RegExp(siteDomainPattern);

/** A domain as it stands in the configuration or a command, spelled as the log's names are; null where it can be none. */
export function parseDomain(text: string): string | null {
  const name = canonicalSite(text.trim());
  return wellFormed.test(name) ? name : null;
}

/**
 * Says which registered site a name in the log belongs to. A domain covers its own name and every path below it, the longest
 * domain wins: with `example.com` and `example.com/shop` registered, `example.com/shop/cart` is the shop's. A name that no
 * honest host can have belongs to nobody: it may be the rest of a line that somebody else's text was put into.
 */
export class SiteOwners {
  readonly #byDomain = new Map<string, string>();

  constructor(sites: Iterable<SiteDomains> = []) {
    for (const { id, domains } of sites) for (const domain of domains) this.#byDomain.set(domain, id);
  }

  get isEmpty(): boolean {
    return this.#byDomain.size === 0;
  }

  ownerOf(site: string): string | null {
    if (!wellFormed.test(site)) return null;
    for (let name = site; ; ) {
      const owner = this.#byDomain.get(name);
      if (owner !== undefined) return owner;
      const slash = name.lastIndexOf('/');
      if (slash < 0) return null;
      name = name.slice(0, slash);
    }
  }
}
