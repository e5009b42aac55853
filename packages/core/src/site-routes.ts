import type { DestinationConfig } from './destinations.ts';
import { parseDomain } from './site-owners.ts';

/** Which names of sites belong to which destination. */
export interface SiteRoutes {
  /** Of each kind at most one place: by id, by name, or by the first pattern that fits. Memory of them is bounded. */
  forSite(name: string): readonly DestinationConfig[];
  /** Names that are asked for from now on may belong to others: a site was registered, or is no longer. */
  forget(): void;
}

/** Names whose routes are remembered; a client chooses them, so they are no end. */
const maxRemembered = 4_096;

/** @param ownerOf the id of the registered site that a name belongs to */
export function createSiteRoutes(
  destinations: readonly DestinationConfig[],
  ownerOf: (name: string) => string | null,
): SiteRoutes {
  const ofSites = destinations.filter(({ site }) => site !== null);
  const patterns = new Map(ofSites.map(({ site }) => [site!, patternOf(site!)]));
  let known = new Map<string, readonly DestinationConfig[]>();

  function find(name: string): DestinationConfig[] {
    const owner = ownerOf(name);
    return (['slack', 'webhook'] as const)
      .map((kind) => {
        const places = ofSites.filter((place) => place.kind === kind);
        return (
          places.find(({ site }) => site === owner) ??
          places.find(({ site }) => site === name || name.startsWith(`${site}/`)) ??
          places.find(({ site }) => site!.includes('*') && patterns.get(site!)!.test(name))
        );
      })
      .filter((place) => place !== undefined);
  }

  return {
    forSite(name) {
      let found = known.get(name);
      if (found === undefined) {
        if (known.size >= maxRemembered) known = new Map();
        // A name that no honest host can have belongs to nobody.
        found = ofSites.length === 0 || parseDomain(name) !== name ? [] : find(name);
        known.set(name, found);
      }
      return found;
    },
    forget() {
      known = new Map();
    },
  };
}

/** A star stands for anything, nothing included; a sub-site belongs to what its host does. */
const patternOf = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .split('*')
      .map((part) => part.replace(/[.\\+?^${}()|[\]-]/g, '\\$&'))
      .join('.*')}(/.*)?$`,
    's',
  );
